// Play, step, reset, dice; where training stands; the timeline; what went wrong, and its remedy.

import { h } from "../../lib/dom.js";
import { count, number, percent } from "../../lib/format.js";

const READ = 9000; // milliseconds that a refusal stays

/** @param act  {play(), step(), reset(), dice(), seek(k), undo(), redo(), remedy(anew)} */
export function bar({ act }) {
  const play = h("button.primary.play", { type: "button", onclick: act.play, title: "Space" }, "▶ Play");
  const step = h("button", { type: "button", onclick: act.step, title: "S" }, "Step");
  const reset = h("button", { type: "button", onclick: act.reset, title: "R: the same first weights again" }, "Reset");
  const seed = h("span.value");
  const dice = h("button", { type: "button", onclick: act.dice, title: "D" }, h("span", { "aria-hidden": "true" }, "⚄"), seed, h("span.unseen", {}, "dice: other first weights"));
  const undo = h("button", { type: "button", onclick: act.undo, title: "Ctrl+Z", "aria-label": "undo the last drag of a weight" }, "↶");
  const redo = h("button", { type: "button", onclick: act.redo, title: "Ctrl+Shift+Z", "aria-label": "redo" }, "↷");
  const facts = ["step", "loss", "accuracy", "held back"].map((name) => {
    const value = h("dd.value");
    return { name, value, element: h("div.fact", {}, h("dt", {}, name), value) };
  });
  const pace = h("span.soft.pace");
  const trouble = h("div.trouble", { role: "alert", hidden: true });
  const element = h("div.bar", {},
    h("div.row.buttons", { role: "group", "aria-label": "training" }, play, step, reset, dice, undo, redo),
    h("dl.facts", {}, facts.map((f) => f.element)), pace);

  const scrub = h("input.scrub", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": "timeline: a moment of the training" });
  const when = h("output.value");
  const live = h("button", { type: "button", onclick: () => act.seek(Number(scrub.max)) }, "now");
  scrub.addEventListener("input", () => { act.seek(Number(scrub.value)); });
  const timeline = h("div.timeline", { role: "group", "aria-label": "timeline" }, h("span.soft", { "aria-hidden": "true" }, "timeline"), scrub, when, live);
  let said = "", until = 0;

  const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };

  return {
    element, timeline, trouble,
    show(frame) {
      const playing = frame.playing ? "❚❚ Pause" : "▶ Play";
      put(play, playing);
      play.setAttribute("aria-pressed", String(frame.playing));
      const m = frame.measures;
      put(facts[0].value, count(frame.step));
      put(facts[1].value, number(m.loss, 4));
      for (const [fact, v] of [[facts[2], m.accuracy], [facts[3], m.validation_accuracy]]) {
        fact.element.hidden = v == null;
        if (v != null) put(fact.value, percent(v));
      }
      put(pace, frame.playing && frame.steps_a_second ? `${count(frame.steps_a_second)} steps a second` : "");
      put(seed, frame.seed == null ? "" : `seed ${frame.seed}`);
      undo.disabled = !frame.undo;
      redo.disabled = !frame.redo;
      this.time(frame.history);
      this.wrong(frame);
    },
    time({ length, at, steps: [first, last] }) {
      const max = Math.max(length - 1, 0), now = at >= max;
      if (Number(scrub.max) !== max) scrub.max = max;
      if (document.activeElement !== scrub || now) scrub.value = at;
      const step = max ? Math.round(first + ((last - first) * at) / max) : first;
      const words = now ? `step ${count(last)}, now` : `step ${count(step)} of ${count(last)}`;
      put(when, words);
      scrub.setAttribute("aria-valuetext", words);
      live.disabled = now;
    },
    wrong({ trouble: text, rate }) {
      if (text === said || (!text && performance.now() < until)) return;
      said = text;
      trouble.hidden = !text;
      if (!text) { trouble.replaceChildren(); return; }
      const less = Number((rate / 10).toPrecision(3));
      trouble.replaceChildren(h("p", {}, text), h("div.row", {},
        h("button.primary", { type: "button", onclick: () => act.remedy(less, true) }, `Begin again at ${less}`),
        h("button", { type: "button", onclick: () => act.remedy(less, false) }, `Go on from the last sound weights at ${less}`)));
    },
    /** What was refused, in words, for a while. */
    refused({ text }, also = null) {
      // It stays long enough to be read, whatever frames come meanwhile.
      [said, until] = [null, performance.now() + READ];
      trouble.hidden = false;
      const away = h("button", { type: "button", onclick: () => { [said, until] = [null, 0]; trouble.hidden = true; } }, "Understood");
      trouble.replaceChildren(h("p", {}, text), h("div.row", {}, also, away));
    },
  };
}
