// How it learns: the optimiser, its dials, how many steps go by between two pictures.

import { choice, h, slider } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { worded } from "./state.js";

const FAST = 1100; // beyond the last looks: as fast as it goes
const DIALS = { momentum: "Momentum μ", friction: "Friction γ", temperature: "Temperature T", mass: "Mass m" };

/** @param order  order(name, with) */
export function learning({ net, order }) {
  const optimizer = choice({ words: "Optimiser", options: [], onchange: (name) => order("optimizer", { name }) });
  const words = h("p.soft.words");
  const rate = slider({ low: 1e-4, high: 30, value: 0.03, log: true, words: "Learning rate η", shown: (x) => number(x, 3), oninput: (x) => order("rate", { value: Number(x.toPrecision(3)) }) });
  const speed = slider({
    low: 0.1, high: FAST, value: 2, log: true, words: "Speed",
    shown: (x) => (x >= 1001 ? "as fast as it goes" : x >= 1.5 ? `${Math.round(x)} steps a frame` : x >= 0.75 ? "a step a frame" : `a step every ${Math.round(1 / x)} frames`),
    oninput: (x) => order("speed", { looks: x >= 1001 ? "max" : x >= 0.75 ? Math.round(x) : Number(x.toPrecision(2)) }),
  });
  const dials = Object.fromEntries(Object.entries(DIALS).map(([name, said]) => {
    const one = slider({ low: 0, high: 1, value: 0, words: said, shown: (x) => number(x, 3), oninput: (x) => order(name, { value: Number(x.toPrecision(4)) }) });
    one.element.hidden = true;
    return [name, one];
  }));
  const element = h("section.panel", { "aria-label": "learning" }, h("h3", {}, "Learning"), optimizer.element, words,
    Object.values(dials).map((d) => d.element), speed.element);

  const settle = (one, value) => { if (document.activeElement !== one.input && Math.abs(one.value - value) > 1e-9 * Math.abs(value)) one.value = value; };

  return {
    element,
    rate,
    renew() {
      const { known, limits } = net.scene;
      optimizer.select.replaceChildren(...known.optimizers.map((name) => h("option", { value: name }, worded(name))));
      for (const [name, one] of Object.entries(dials)) {
        const range = limits?.[name];
        if (range) [one.input.min, one.input.max, one.input.step] = [range[0], range[1], (range[1] - range[0]) / 1000];
      }
      this.show(net.frame);
    },
    show(frame) {
      if (optimizer.value !== frame.optimizer && document.activeElement !== optimizer.select) optimizer.value = frame.optimizer;
      const said = net.scene.words?.optimizers?.[frame.optimizer] ?? "";
      if (words.textContent !== said) words.textContent = said;
      const called = net.scene.has && frame.mass != null ? "Time step h" : "Learning rate η";
      const label = rate.element.querySelector("label");
      if (label.textContent !== called) label.textContent = called;
      rate.element.hidden = frame.rate == null;
      if (frame.rate != null) settle(rate, frame.rate);
      settle(speed, frame.speed === "max" ? FAST : frame.speed);
      for (const [name, one] of Object.entries(dials)) {
        one.element.hidden = frame[name] == null;
        if (frame[name] != null) settle(one, frame[name]);
      }
    },
    /** A little more or less, in tens of per cent. */
    nudge(by) {
      const to = Math.max(1e-4, Math.min(30, net.frame.rate * 1.2 ** by));
      rate.value = to;
      order("rate", { value: Number(to.toPrecision(3)) });
    },
  };
}
