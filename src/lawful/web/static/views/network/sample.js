// Which sample goes through the network: one of the data, or numbers of one's own.

import { h, slider } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { pretty } from "./state.js";

const FIELDS = 8; // inputs with a field each; more are typed as one row

/** @param order  order(name, with) */
export function sampling({ net, order }) {
  let last = 0;
  const index = slider({
    low: 0, high: 1, step: 1, value: 0, words: "Sample", shown: (k) => (k < 0 ? "your own" : `${Math.round(k) + 1} of ${last + 1}`),
    oninput: (k) => order("sample", { index: Math.round(k) }),
  });
  const fields = h("div.inputs", { role: "group", "aria-label": "input of your own" });
  const target = h("p.soft.target");
  const planes = h("div.planes");
  const hint = h("p.soft");
  const element = h("section.panel", { "aria-label": "sample and input" }, h("h3", {}, "Input"), index.element, fields, target, planes, hint);
  let inputs = [];

  function typed() {
    const values = inputs.length === net.layers[0]
      ? inputs.map((one) => Number(one.value.replace("−", "-")))
      : inputs[0].value.split(/[\s,;]+/).filter(Boolean).map((one) => Number(one.replace("−", "-")));
    if (values.length !== net.layers[0] || !values.every(Number.isFinite)) {
      hint.textContent = `This network takes ${net.layers[0]} numbers; there ${values.length === 1 ? "is" : "are"} ${values.filter(Number.isFinite).length}.`;
      return;
    }
    hint.textContent = "";
    order("input", { values });
  }

  function field(name, long) {
    const input = h("input.number", { type: "text", inputMode: "decimal", "aria-label": long, autocomplete: "off" });
    input.addEventListener("change", typed);
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") typed(); });
    inputs.push(input);
    return h("label.input", {}, h("span", {}, name), input);
  }

  /** Which two features the map is cut along. */
  function cut() {
    const { features, slice } = net.scene;
    if (features.length <= 2) { planes.replaceChildren(); return; }
    const axis = (which) => {
      const select = h("select", { "aria-label": which ? "feature up the map" : "feature along the map" }, features.map((f, k) => h("option", { value: k, selected: k === slice[which] }, f)));
      select.addEventListener("change", () => {
        const pair = [...slice];
        pair[which] = Number(select.value);
        if (pair[0] === pair[1]) pair[1 - which] = slice[which];
        order("slice", { i: pair[0], j: pair[1] });
      });
      return select;
    };
    planes.replaceChildren(h("span.soft", {}, "The map is a cut through this sample along"), axis(0), h("span.soft", {}, "and"), axis(1));
  }

  return {
    element,
    renew() {
      const { scene } = net, n = net.layers[0];
      index.input.max = last = Math.max(scene.X.shape[0] - 1, 0);
      inputs = [];
      fields.replaceChildren(...(n <= FIELDS
        ? scene.features.map((name) => field(pretty(name), `input ${name}`))
        : [field("all", `all ${n} inputs, with commas between them`)]));
      cut();
      hint.textContent = net.layers[0] === 2 ? "Click on the map, or drag, to send any point through." : "";
      this.show(net.frame);
    },
    show(frame) {
      if (!frame.input) return;
      if (document.activeElement !== index.input) index.value = frame.sample;
      else index.input.setAttribute("aria-valuetext", frame.sample < 0 ? "your own" : `${frame.sample + 1}`);
      const own = frame.sample < 0;
      const values = inputs.length === net.layers[0] ? frame.input.map((v) => String(Number(v.toPrecision(4))).replace("-", "−"))
        : [frame.input.map((v) => Number(v.toPrecision(3))).join(", ")];
      inputs.forEach((one, k) => { if (document.activeElement !== one && one.value !== values[k]) one.value = values[k]; });
      const { classes } = net.scene;
      const wanted = own ? "An input of your own: nobody says what is right." : frame.target ? `Target: ${said(frame.target, classes)}` : "";
      if (target.textContent !== wanted) target.textContent = wanted;
    },
    /** So many samples on. */
    nudge(by) {
      const n = net.scene.X.shape[0], now = Math.max(net.frame.sample, 0);
      const to = (now + by + n) % n;
      index.value = to;
      order("sample", { index: to });
    },
  };
}

function said(target, classes) {
  if (classes.length === 2 && target.length === 1) return classes[target[0] > 0.5 ? 1 : 0];
  if (classes.length === target.length) return classes[target.indexOf(Math.max(...target))];
  return target.map((v) => number(v, 3)).join(", ");
}
