// All methods at the end: how well, how much forgotten, and what is kept for it.

import { at, surface } from "../../lib/canvas.js";
import { h } from "../../lib/dom.js";
import { count, number } from "../../lib/format.js";

const EDGE = { left: 52, right: 18, top: 16, bottom: 42 };
const NEAR = 18; // pixels within which a press means a point

/**
 * @param picked  gives the numbers of the two methods that stand side by side
 * @param onpick  called with the number of a method that is pressed
 */
export function methods(scene, theme, { picked, onpick }) {
  const all = scene.methods, points = all.map((m, k) => ({ m, k, x: m.parameters, y: m.average.mean, half: m.average.half ?? 0 }))
    .filter((p) => p.x > 0 && p.y != null);
  const spread = ({ mean, half }) => (mean == null ? "–" : `${number(100 * mean, 4)}${half ? ` ± ${number(100 * half, 2)}` : ""}`);
  let places = [];

  const holder = h("div");
  const kept = h("section.panel", { ariaLabel: "accuracy against what is kept" }, h("h3", {}, "What it costs"), holder,
    h("p.soft.remark", {}, "Accuracy at the end against numbers kept; a ring where images are stored beside them. Press a point to look at its method."));
  const face = surface(holder, paint, { height: 310, label: "accuracy at the end against numbers kept, a point for each method; the table says the same" });
  face.canvas.addEventListener("click", (event) => {
    const [x, y] = at(face.canvas, event);
    const near = places.map((p) => ({ ...p, away: Math.hypot(p.px - x, p.py - y) })).sort((a, b) => a.away - b.away)[0];
    if (near && near.away < NEAR) onpick(near.k);
  });

  function paint(context, width, height) {
    if (!points.length) return;
    const c = theme.colours, decades = points.map((p) => Math.log10(p.x));
    const [a, b] = [Math.min(...decades) - 0.25, Math.max(...decades) + 0.45];
    const low = Math.max(Math.min(...points.map((p) => p.y)) - 0.06, 0), high = Math.min(Math.max(...points.map((p) => p.y)) + 0.03, 1.01);
    const x = (v) => EDGE.left + ((Math.log10(v) - a) / (b - a)) * (width - EDGE.left - EDGE.right);
    const y = (v) => height - EDGE.bottom - ((v - low) / (high - low)) * (height - EDGE.top - EDGE.bottom);
    axes(context, c, { a, b, low, high, x, y, width, height });
    places = points.map((p) => ({ ...p, px: x(p.x), py: y(p.y) }));
    const chosen = new Set(picked());
    for (const p of places) mark(context, c, p, chosen.has(p.k), [y(Math.min(p.y + p.half, high)), y(Math.max(p.y - p.half, low))]);
    names(context, c, places, chosen, width);
  }

  return {
    kept, table: table(all, spread), draw: () => face.redraw(), rebuild: () => face.redraw(),
    canvases: () => { face.paint(); return [face.canvas]; }, close: () => face.close(),
  };
}

function axes(context, c, { a, b, low, high, x, y, width, height }) {
  context.font = `11px ${c.font}`;
  context.lineWidth = 1;
  context.textBaseline = "middle";
  const step = high - low > 0.5 ? 0.2 : high - low > 0.2 ? 0.1 : high - low > 0.08 ? 0.02 : 0.01;
  for (let v = Math.ceil(low / step) * step; v <= high + 1e-9; v += step) {
    rule(context, c.hair, EDGE.left, y(v), width - EDGE.right, y(v));
    context.fillStyle = c.soft;
    context.textAlign = "right";
    context.fillText(number(100 * v, 3), EDGE.left - 6, y(v));
  }
  context.textAlign = "center";
  for (let d = Math.floor(a); d <= b; d++) {
    for (const k of b - a > 3 ? [1] : b - a > 1.6 ? [1, 3] : [1, 2, 5]) {
      const v = k * 10 ** d;
      if (Math.log10(v) < a || Math.log10(v) > b) continue;
      rule(context, c.hair, x(v), EDGE.top, x(v), height - EDGE.bottom);
      context.fillStyle = c.soft;
      context.fillText(count(v), x(v), height - EDGE.bottom + 12);
    }
  }
  context.fillText("numbers kept", (EDGE.left + width - EDGE.right) / 2, height - 8);
  context.save();
  context.translate(12, (height - EDGE.bottom + EDGE.top) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText("accuracy, %", 0, 0);
  context.restore();
}

function mark(context, c, p, chosen, [top, bottom]) {
  const tint = c.palette[p.k % 6];
  context.globalAlpha = chosen ? 1 : 0.75;
  if (p.half) {
    rule(context, tint, p.px, top, p.px, bottom);
    for (const end of [top, bottom]) rule(context, tint, p.px - 4, end, p.px + 4, end);
  }
  context.beginPath();
  context.arc(p.px, p.py, chosen ? 6.5 : 4.5, 0, 2 * Math.PI);
  context.fillStyle = tint;
  context.fill();
  if (p.m.stored) {
    context.beginPath();
    context.arc(p.px, p.py, chosen ? 10 : 8, 0, 2 * Math.PI);
    context.strokeStyle = tint;
    context.lineWidth = 1.3;
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** Names beside their points, each moved as little as keeps it clear of the others. */
function names(context, c, places, chosen, width) {
  context.textBaseline = "middle";
  const taken = [];
  for (const p of [...places].sort((a, b) => chosen.has(b.k) - chosen.has(a.k) || a.py - b.py)) {
    context.font = `${chosen.has(p.k) ? "600 " : ""}12px ${c.font}`;
    const wide = context.measureText(p.m.name).width, left = p.px + 14 + wide > width ? p.px - 14 - wide : p.px + 14;
    let y = p.py;
    const free = (v) => taken.every((t) => Math.abs(t.y - v) >= 14 || t.left > left + wide + 4 || t.left + t.wide + 4 < left);
    for (let k = 1; !free(y) && k < 40; k++) y = p.py + (k % 2 ? 1 : -1) * Math.ceil(k / 2) * 7;
    taken.push({ y, left, wide });
    if (Math.abs(y - p.py) > 8) rule(context, c.hair, p.px, p.py, left - 3, y);
    context.textAlign = "left";
    context.fillStyle = chosen.has(p.k) ? c.ink : c.soft;
    context.fillText(p.m.name, left, y);
  }
}

function rule(context, colour, ax, ay, bx, by) {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(ax, ay);
  context.lineTo(bx, by);
  context.stroke();
}

function table(all, spread) {
  const heads = ["method", "accuracy, %", "forgotten, points", "numbers kept", "a task", "images stored"];
  const some = (v) => (v ? count(v) : "–");
  const sorted = [...all].sort((a, b) => (b.average.mean ?? 0) - (a.average.mean ?? 0));
  return h("div.panel.scroll", { tabIndex: 0, role: "region", ariaLabel: "all methods" },
    h("table", {}, h("caption.unseen", {}, "all methods at the end"),
      h("thead", {}, h("tr", {}, heads.map((w, k) => h(k ? "th.number" : "th", { scope: "col" }, w)))),
      h("tbody", {}, sorted.map((m) => h("tr", {}, h("th", { scope: "row" }, m.name), h("td.number", {}, spread(m.average)), h("td.number", {}, spread(m.forgetting)),
        h("td.number", {}, count(m.parameters ?? 0)), h("td.number", {}, some(m.per_task)), h("td.number", {}, some(m.stored)))))));
}
