// What it learns from: a data set by name with its settings, or one's own.

import { choice, h, slider } from "../../lib/dom.js";
import { percent } from "../../lib/format.js";
import { ownData } from "./own.js";

/** @param order  order(name, with) */
export function material({ net, theme, order, root }) {
  const name = choice({ words: "Data", options: [], onchange: () => ask() });
  const words = h("p.soft.words");
  const samples = slider({ low: 10, high: 1000, value: 200, log: true, words: "Samples", shown: (x) => String(Math.round(x)), oninput: later });
  const noise = slider({ low: 0, high: 0.5, step: 0.01, value: 0.05, words: "Noise", shown: (x) => percent(x, 2), oninput: later });
  const held = slider({ low: 0, high: 0.5, step: 0.05, value: 0, words: "Held back", shown: (x) => percent(x, 2), oninput: later });
  const fresh = h("button", { type: "button", onclick: () => { seed += 1; ask(); } }, "Draw other samples");
  const own = ownData({ net, theme, order, root });
  const element = h("section.panel", { "aria-label": "data" }, h("h3", {}, "Data"), words, samples.element, noise.element, held.element,
    h("div.row", {}, fresh, h("button", { type: "button", onclick: () => own.open("draw") }, "Draw points …"), h("button", { type: "button", onclick: () => own.open("paste") }, "Paste a table …")));
  let seed = 0, timer = 0;

  // A slider that is dragged would make a data set at every pixel.
  function later() { clearTimeout(timer); timer = setTimeout(ask, 250); }

  function ask() {
    clearTimeout(timer);
    const given = { name: name.value, seed, noise: Number(noise.value.toFixed(2)), validation: Number(held.value.toFixed(2)) };
    if (!samples.element.hidden) given.samples = Math.round(samples.value);
    order("dataset", given);
  }

  return {
    element, name, own,
    renew() {
      const { scene } = net, { recipe } = scene;
      const listed = [...scene.datasets];
      if (!listed.some(([one]) => one === scene.dataset)) listed.unshift([scene.dataset, "your own data"]);
      name.select.replaceChildren(...listed.map(([one]) => h("option", { value: one, selected: one === scene.dataset }, one)));
      const n = scene.X.shape[0];
      words.textContent = `${listed.find(([one]) => one === scene.dataset)[1]}: ${n} samples of ${scene.features.length} features`;
      const made = Boolean(recipe?.name);
      for (const one of [samples, noise, held]) one.element.hidden = !made;
      fresh.hidden = !made;
      noise.element.hidden ||= recipe?.noise == null;
      seed = recipe?.seed ?? 0;
      if (document.activeElement !== samples.input) samples.value = Math.max(10, recipe?.samples ?? n);
      if (document.activeElement !== noise.input) noise.value = recipe?.noise ?? 0;
      if (document.activeElement !== held.input) held.value = scene.validation ?? 0;
    },
    close() { clearTimeout(timer); own.close(); },
  };
}
