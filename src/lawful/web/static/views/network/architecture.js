// The shape of the network: sizes typed as 2-8-8-1, what each layer does with its sums, and
// how its weights begin.

import { choice, h } from "../../lib/dom.js";
import { worded } from "./state.js";

/** Sizes of a text; null where it is none. */
export function sizes(text) {
  const parts = text.trim().replace(/[–−]/g, "-").split(/\s*[-,\s]\s*/);
  const numbers = parts.map(Number);
  return parts.length >= 2 && parts.every((p) => /^\d{1,5}$/.test(p)) && numbers.every((n) => n > 0) ? numbers : null;
}

export const LOSSES = { squared: "squared error", binary_cross_entropy: "binary cross-entropy", cross_entropy: "cross-entropy" };

/** @param order  order(name, with) */
export function architecture({ net, order }) {
  const typed = h("input.sizes", { type: "text", spellcheck: false, autocomplete: "off", inputMode: "text", maxLength: 60, "aria-label": "sizes of the layers, such as 2-8-8-1", "aria-describedby": "" });
  const why = h("p.why", { role: "status", hidden: true });
  const count = h("span.soft.weights-count");
  const table = h("div.layers");
  const loss = choice({ words: "Loss", options: [], onchange: (name) => order("architecture", { loss: name }) });
  const element = h("section.panel", { "aria-label": "layers" }, h("h3", {}, "Layers"), table, loss.element);

  function build() {
    const wanted = sizes(typed.value);
    if (!wanted) { complain(`“${typed.value.trim()}” is no network: write whole numbers with dashes, such as 2-8-8-1`); return; }
    const [first, last] = [net.layers[0], net.layers.at(-1)];
    if (wanted[0] !== first || wanted.at(-1) !== last) {
      complain(`These data have ${first} ${first === 1 ? "input" : "inputs"} and ${last} ${last === 1 ? "output" : "outputs"}: write ${[first, ...wanted.slice(1, -1), last].join("-")}`);
      return;
    }
    complain("");
    if (wanted.join("-") !== net.layers.join("-")) order("architecture", { layers: wanted.join("-") });
  }

  function complain(words) {
    why.textContent = words;
    why.hidden = !words;
    typed.setAttribute("aria-invalid", String(Boolean(words)));
  }

  typed.addEventListener("change", build);
  typed.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); build(); }
    if (event.key === "Escape") { typed.value = net.layers.join("-"); complain(""); }
  });

  /** One neuron or one layer more or less. */
  function resized(change) {
    const layers = [...net.layers];
    change(layers);
    order("architecture", { layers: layers.join("-") });
  }

  function row(l) {
    const { scene } = net, last = l === net.blocks, n = net.layers[l];
    const names = last ? scene.known.outputs : scene.known.activations;
    const does = h("select", { "aria-label": `activation of ${net.layerName(l)}` }, names.map((name) => h("option", { value: name, selected: name === net.functions[l - 1] }, worded(name))));
    does.addEventListener("change", () => {
      const wanted = [...net.functions];
      wanted[l - 1] = does.value;
      order("architecture", { activations: wanted });
    });
    const begins = h("select", { "aria-label": `first weights of ${net.layerName(l)}` }, scene.known.initializations.map((name) => h("option", { value: name, selected: name === scene.initializations[l - 1] }, worded(name))));
    begins.addEventListener("change", () => {
      const wanted = [...scene.initializations];
      wanted[l - 1] = begins.value;
      order("architecture", { initializations: wanted });
    });
    const stepper = (by, sign) => h("button.small", { type: "button", disabled: n + by < 1, "aria-label": `${by > 0 ? "one more" : "one less"} neuron in ${net.layerName(l)}`, onclick: () => resized((layers) => { layers[l] += by; }) }, sign);
    return h("div.layer", {}, h("span.layer-name", {}, last ? "output" : `hidden ${l}`),
      last ? h("span.layer-size", {}, String(n)) : h("span.layer-size", {}, stepper(-1, "−"), String(n), stepper(1, "+")), does, begins);
  }

  return {
    element, typed, why, count,
    renew() {
      const { scene } = net;
      if (document.activeElement !== typed) typed.value = net.layers.join("-");
      complain("");
      const parameters = scene.layout.at(-1).biases;
      count.textContent = `${parameters[0] + parameters[1]} weights and biases`;
      // The focus stays where it is when the rows are made anew.
      const had = [...table.querySelectorAll("select, button")].indexOf(document.activeElement);
      const more = h("div.row", {},
        h("button.small", { type: "button", onclick: () => resized((layers) => layers.splice(-1, 0, Math.min(layers.at(-2), 8))) }, "+ hidden layer"),
        h("button.small", { type: "button", disabled: net.depth <= 2, onclick: () => resized((layers) => layers.splice(-2, 1)) }, "− hidden layer"));
      table.replaceChildren(h("div.layer.titles", { "aria-hidden": "true" }, h("span"), h("span", {}, "neurons"), h("span", {}, "activation"), h("span", {}, "first weights")),
        ...net.layers.slice(1).map((_, k) => row(k + 1)), more);
      if (had >= 0) table.querySelectorAll("select, button")[had]?.focus();
      loss.select.replaceChildren(...scene.known.losses.map((name) => h("option", { value: name, selected: name === scene.loss }, LOSSES[name] ?? worded(name))));
    },
    complain,
  };
}
