// The bar of a training: play, step, begin again, other weights, pace, and the way back.

import { h } from "../../lib/dom.js";
import { count, number } from "../../lib/format.js";
import { transport } from "../../lib/transport.js";

const PACES = [["0.1", "slow"], ["1", "1 step a picture"], ["4", "4 steps"], ["20", "20 steps"], ["100", "100 steps"], ["max", "as fast as it goes"]];

/** The bar of a live training. @param hear  {order(name, words)} */
export function liveBar({ course, hear }) {
  const button = (words, label, act, kind = "") => h(`button${kind}`, { type: "button", "aria-label": label, title: label, onclick: act }, words);
  const play = button("▶ Play", "Play (Space)", () => toggle(), ".play.primary");
  const scrub = h("input.scrub", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": "moment of the training" });
  const words = h("output.value.when", {}, "");
  const pace = h("select", { "aria-label": "pace", title: "pace" }, PACES.map(([value, said]) => h("option", { value }, said)));
  scrub.addEventListener("input", () => hear.order("seek", { index: Number(scrub.value) }));
  pace.addEventListener("change", () => hear.order("speed", { looks: pace.value === "max" ? "max" : Number(pace.value) }));
  const toggle = () => hear.order(course.playing ? "pause" : "play");

  return {
    element: h("div.transport", { role: "group", "aria-label": "training" }, play,
      button("Step", "Step: one step (S)", () => hear.order("step")), button("Reset", "Reset: begin again with the same first weights (R)", () => hear.order("reset")),
      button("Dice", "Dice: begin again with other first weights (D)", () => hear.order("dice")), pace, scrub, words),
    toggle,
    step: (by) => {
      const { at, length } = course.frame.history, to = Math.max(0, Math.min(length - 1, at + by));
      if (to !== at) hear.order("seek", { index: to });
    },
    fresh() {
      const { history, playing, step, seed, steps_a_second: pacing, speed } = course.frame;
      play.textContent = playing ? "❚❚ Pause" : "▶ Play";
      play.setAttribute("aria-label", playing ? "Pause (Space)" : "Play (Space)");
      scrub.max = Math.max(0, history.length - 1);
      if (document.activeElement !== scrub || playing) scrub.value = history.at;
      const said = `step ${count(step)}${playing && pacing ? ` · ${count(Number(pacing.toPrecision(2)))} a second` : ` · seed ${seed}`}`;
      words.textContent = said;
      scrub.setAttribute("aria-valuetext", `step ${step}`);
      const nearest = PACES.find(([value]) => value === String(speed));
      if (nearest && document.activeElement !== pace) pace.value = nearest[0];
    },
    close() {},
  };
}

/** The bar of a training that is over. @param show  show(k): a moment of its timeline */
export function recordedBar({ course, show }) {
  const steps = course.scene.timeline_steps ?? course.scene.curve_steps;
  const bar = transport({ length: steps.length, seconds: 12, onseek: show, say: (k) => `step ${count(steps[k])}` });
  bar.put(steps.length - 1);
  return { element: bar.element, toggle: () => bar.toggle(), step: (by) => bar.step(by), put: (k) => bar.put(k), seek: (k) => bar.seek(k), fresh() {}, close: () => bar.close() };
}

/** Numbers of the moment, in a row. */
export function readings({ course }) {
  const said = [["U", "loss", 4], ["K", "kinetic", 3], ["E", "energy", 4], ["right", "accuracy", 3], ["|∇U|", "gradient_norm", 3], ["2K/P", "kinetic_temperature", 3]];
  const titles = { U: "potential energy: the loss", K: "kinetic energy", E: "U + K", right: "share of samples that are right", "|∇U|": "length of the gradient: how steep it is here", "2K/P": "kinetic temperature: twice K over the number of weights; a bath of temperature T brings it to T" };
  const cells = said.map(([name]) => {
    const value = h("dd.value", {}, "–");
    return { value, element: h("div", { title: titles[name] }, h("dt.soft", {}, name), value) };
  });
  return {
    element: h("dl.readings", {}, cells.map(({ element }) => element)),
    fresh() {
      const { measures } = course.frame;
      said.forEach(([name, key, digits], k) => {
        const x = measures[key];
        cells[k].element.hidden = x == null;
        cells[k].value.textContent = name === "right" && x != null ? `${number(100 * x, digits)} %` : number(x, digits);
      });
    },
  };
}
