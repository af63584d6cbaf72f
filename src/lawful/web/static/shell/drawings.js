// The page's own drawings: the mark, a sign for each kind of run, and the three doors.

import { svg } from "../lib/dom.js";

const WAVE = "M3 16c3.2-13 7-13 10.5 0s7.3 13 10.5 0c1.5-6.1 3.1-9.3 5-9.9";

/** The mark: what moves, and what stays. */
export const mark = () => svg("svg.mark", { viewBox: "0 0 32 32", "aria-hidden": "true", fill: "none", "stroke-linecap": "round" },
  svg("path.moves", { d: WAVE, "stroke-width": 2.4 }), svg("path.stays", { d: "M3 16h26", "stroke-width": 3 }));

const dot = (cx, cy, r = 1.5) => svg("circle", { cx, cy, r, fill: "currentColor", stroke: "none" });
const line = (d, className = "") => svg(`path${className ? `.${className}` : ""}`, { d });
const SIGNS = {
  data: () => [line("M3 3v14h14"), dot(7, 13), dot(9.5, 9), dot(13, 10.5), dot(15.5, 5.5)],
  simulate: () => [line("M3 3v14h14"), line("M4 14c2-10 4-10 6-3s4 6 6-5")],
  discover: () => [line("M2.5 10h15", "stays"), line("M3 10c2-8 4.5-8 7 0s5 8 7 0")],
  learn: () => [
    line("M4 6l6-2.5M4 6l6 4M4 6l6 10.5M4 14l6-10.5M4 14l6-4M4 14l6 2.5M10 3.5l6 6.5M10 10h6M10 16.5l6-6.5"),
    dot(4, 6), dot(4, 14), dot(10, 3.5), dot(10, 10), dot(10, 16.5), dot(16, 10),
  ],
  remember: () => [svg("circle", { cx: 10, cy: 10, r: 7.2 }), svg("circle", { cx: 10, cy: 10, r: 4 }), dot(10, 10, 1.3)],
  train: () => [line("M2.5 12c2.5-9 5-9 7.5-2s5 7 7.5-2"), svg("path", { d: "M2.5 14c2.5-9 5-9 7.5-2s5 7 7.5-2", "stroke-dasharray": "1.5 2.5" })],
  network: () => SIGNS.learn(),
  field: () => SIGNS.remember(),
};
const OTHER = () => [svg("circle", { cx: 10, cy: 10, r: 6 })];

/** The sign of a kind of run. */
export const sign = (kind) => svg("svg.kind", {
  viewBox: "0 0 20 20", "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": 1.2,
  "stroke-linecap": "round", "stroke-linejoin": "round",
}, (SIGNS[kind] ?? OTHER)());

const scene = (...parts) => svg("svg.scene", {
  viewBox: "0 0 240 120", "aria-hidden": "true", fill: "none", preserveAspectRatio: "xMidYMid slice",
}, ...parts);

/** A small network: edges by sign and size, neurons that glow by what they answer. */
export function networkScene() {
  const layers = [[38, 82], [24, 48, 72, 96], [24, 48, 72, 96], [60]].map((ys, k) => ys.map((y) => [36 + 56 * k, y]));
  const edges = [];
  layers.slice(1).forEach((to, k) => layers[k].forEach(([x0, y0], i) => to.forEach(([x1, y1], j) => {
    // Weights that look like weights: a fixed, smooth function of the place.
    const w = Math.sin(2.3 * i + 3.7 * j + 1.9 * k);
    const middle = (x0 + x1) / 2;
    edges.push(svg(`path.${w < 0 ? "negative" : "positive"}`, {
      d: `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}`,
      "stroke-width": (0.4 + 2 * Math.abs(w)).toFixed(2), "stroke-opacity": (0.25 + 0.6 * Math.abs(w)).toFixed(2),
      ...(w < 0 ? { "stroke-dasharray": "4 3" } : {}),
    }));
  })));
  // An opaque ground under each: edges end at a neuron.
  const neurons = layers.flat().map(([cx, cy], k) => svg("g.neuron", {}, svg("circle.ground", { cx, cy, r: 7 }),
    svg("circle", { cx, cy, r: 7, "fill-opacity": (0.1 + 0.9 * Math.abs(Math.sin(1.7 * k + 0.6))).toFixed(2) })));
  return scene(...edges, ...neurons);
}

/** Swings of several energies, and the one line that each keeps to. */
export function lawScene() {
  const curve = (k) => {
    const points = [];
    for (let x = 16; x <= 224; x += 4) {
      const t = (x - 16) / 26 + k;
      points.push(`${x} ${(60 - (15 + 9 * k) * Math.sin(t)).toFixed(1)}`);
    }
    return svg("path.swing", { d: `M${points.join("L")}`, "stroke-opacity": 0.9 - 0.25 * k });
  };
  return scene(curve(2), curve(1), curve(0), svg("path.law", { d: "M16 60H224" }), svg("circle.here", { cx: 224, cy: 60, r: 4.5 }));
}

/** Two vortices in a field: lines of equal phase turn around each. */
export function fieldScene() {
  const parts = [];
  for (const [cx, cy, turn] of [[84, 62, 1], [160, 56, -1]]) {
    for (let k = 1; k <= 6; k++) {
      const r = 6.5 * k;
      const from = turn * k * 0.9, to = from + Math.PI * (1.75 - 0.12 * k);
      const at = (a) => `${(cx + r * Math.cos(a)).toFixed(1)} ${(cy + 0.86 * r * Math.sin(a)).toFixed(1)}`;
      parts.push(svg("path.ring", {
        d: `M${at(from)}A${r} ${0.86 * r} 0 ${to - from > Math.PI ? 1 : 0} 1 ${at(to)}`,
        "stroke-opacity": (1.05 - 0.15 * k).toFixed(2), "stroke-width": (2.4 - 0.25 * k).toFixed(2),
      }));
    }
    parts.push(svg(`circle.${turn > 0 ? "here" : "there"}`, { cx, cy, r: 3.5 }));
  }
  return scene(...parts);
}
