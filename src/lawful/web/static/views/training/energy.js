// Where the energy is: U and K and what they were turned into, stacked, step by step. What is
// stacked reaches up to the energy at the start and what was put in since.

import { at, surface } from "../../lib/canvas.js";
import { h } from "../../lib/dom.js";
import { count, number } from "../../lib/format.js";

const LEFT = 58, RIGHT = 14, TOP = 12, BOTTOM = 30;
/** From the ground up; `key` of a moment of the course, how it is called, its colour, its hatch. */
const BANDS = [
  { key: "U", name: "potential U", short: "U", colour: "c0", hatch: 0 },
  { key: "K", name: "kinetic K", short: "K", colour: "c1", hatch: 1 },
  { key: "heat", name: "heat", short: "heat", colour: "c3", hatch: 2 },
  { key: "steps", name: "finite steps", short: "steps", colour: "c2", hatch: 3 },
  { key: "hand", name: "your hand", short: "hand", colour: "c5", hatch: 4 },
];
const WORDS = { U: "potential", K: "kinetic", heat: "heat", steps: "steps", hand: "hand" };

/** @param hear  {seek(step)}: a moment was pointed at and chosen */
export function energy({ parent, course, theme, hear }) {
  const keys = h("dl.bands");
  const values = {};
  for (const band of BANDS) {
    const swatch = h("canvas.swatch", { width: 36, height: 28, "aria-hidden": "true" });
    const value = h("span.value", {}, "–");
    const words = h("dd.soft", {}, "");
    values[band.key] = { swatch, value, words, row: h("div.band", {}, h("dt", {}, swatch, h("span", {}, band.name), value), words) };
    keys.append(values[band.key].row);
  }
  const frame = h("div.chart-frame");
  const plot = surface(frame, draw, { className: "stack", label: "energies, step by step" });
  parent.append(h("div.row.head", {}, h("h3", {}, "Where the energy is")), frame, keys);
  let pointed = null, patterns = {};

  const present = () => (pointed == null ? course.now() : course.at(pointed));

  // ---------------------------------------------------------------- hatches

  /** A band's colour with strokes of its own, so that colour is not the only sign. */
  function hatched(context, band) {
    const tile = h("canvas", { width: 16, height: 16 });
    const inner = tile.getContext("2d"), c = theme.colours;
    inner.fillStyle = c[band.colour];
    inner.fillRect(0, 0, 16, 16);
    inner.strokeStyle = inner.fillStyle = c.panel;
    inner.globalAlpha = 0.42;
    inner.lineWidth = 2;
    const line = (...p) => { inner.beginPath(); inner.moveTo(p[0], p[1]); inner.lineTo(p[2], p[3]); inner.stroke(); };
    if (band.hatch === 1) { for (const x of [-8, 0, 8]) line(x - 2, 18, x + 18, -2); }
    if (band.hatch === 2) { line(0, 4, 16, 4); line(0, 12, 16, 12); }
    if (band.hatch === 3) { for (const [x, y] of [[4, 4], [12, 12]]) { inner.beginPath(); inner.arc(x, y, 2, 0, 7); inner.fill(); } }
    if (band.hatch === 4) { line(4, 0, 4, 16); line(12, 0, 12, 16); }
    const pattern = context.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix([0.5, 0, 0, 0.5, 0, 0]));
    return pattern;
  }

  function restyle() {
    patterns = Object.fromEntries(BANDS.map((band) => [band.key, hatched(plot.context, band)]));
    for (const band of BANDS) {
      const context = values[band.key].swatch.getContext("2d");
      context.clearRect(0, 0, 36, 28);
      const pattern = hatched(context, band);
      pattern.setTransform(new DOMMatrix([1, 0, 0, 1, 0, 0]));
      context.fillStyle = pattern;
      context.beginPath();
      context.roundRect(1, 1, 34, 26, 6);
      context.fill();
    }
    plot.redraw();
  }

  // ---------------------------------------------------------------- the picture

  /** Rows to draw, no more than there are pixels, each with the tops of its bands. */
  function stacked(width) {
    const rows = course.rows, by = Math.max(1, Math.floor(rows / Math.max(width, 60)));
    const found = [];
    const add = (moment) => {
      let top = 0;
      const tops = BANDS.map(({ key }) => (top += Math.max(moment[key], 0)));
      found.push({ step: moment.step, tops, moment });
    };
    for (let k = 0; k < rows; k += by) add(course.at(k));
    if (rows && (rows - 1) % by) add(course.at(rows - 1));
    const live = course.now();
    if (!rows || live.step > found.at(-1).step) add(live);
    return found;
  }

  function scales(width, height, rows) {
    const first = rows[0].step, last = Math.max(rows.at(-1).step, first + 10);
    let most = 1e-12;
    for (const { tops } of rows) most = Math.max(most, tops.at(-1));
    const x = (step) => LEFT + ((step - first) / (last - first)) * (width - LEFT - RIGHT);
    const y = (energy) => height - BOTTOM - (energy / (1.06 * most)) * (height - TOP - BOTTOM);
    return { x, y, most: 1.06 * most, first, last };
  }

  function draw(context, width, height) {
    if (!course.frame) return;
    const rows = stacked(width - LEFT - RIGHT), c = theme.colours, s = scales(width, height, rows);
    axes(context, width, height, s, c);
    context.save();
    context.beginPath();
    context.rect(LEFT, 0, width - LEFT - RIGHT, height - BOTTOM + 1);
    context.clip();
    for (let b = BANDS.length - 1; b >= 0; b--) band(context, rows, b, s, c);
    crest(context, rows, s, c);
    context.restore();
    for (let b = 0; b < BANDS.length; b++) name(context, rows, b, s, c);
    mark(context, width, height, s, c);
  }

  function band(context, rows, b, s, c) {
    context.beginPath();
    context.moveTo(s.x(rows[0].step), s.y(0));
    for (const { step, tops } of rows) context.lineTo(s.x(step), s.y(tops[b]));
    context.lineTo(s.x(rows.at(-1).step), s.y(0));
    context.closePath();
    context.fillStyle = c.panel;
    context.fill();
    context.fillStyle = patterns[BANDS[b].key];
    context.globalAlpha = 0.88;
    context.fill();
    context.globalAlpha = 1;
  }

  /** The line that everything reaches up to. */
  function crest(context, rows, s, c) {
    context.beginPath();
    rows.forEach(({ step, tops }, k) => context[k ? "lineTo" : "moveTo"](s.x(step), s.y(tops.at(-1))));
    context.strokeStyle = c.ink;
    context.lineWidth = 1.6;
    context.stroke();
  }

  /** A band's name where it is thickest. */
  function name(context, rows, b, s, c) {
    let [best, place] = [0, -1];
    for (let k = Math.floor(rows.length * 0.06); k < rows.length * 0.94; k++) {
      const thick = rows[k].tops[b] - (b ? rows[k].tops[b - 1] : 0);
      if (thick > best) [best, place] = [thick, k];
    }
    if (place < 0 || s.y(0) - s.y(best) < 20) return;
    const below = b ? rows[place].tops[b - 1] : 0;
    context.font = `600 12px ${c.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const x = Math.max(LEFT + 24, Math.min(s.x(rows[place].step), s.x(s.last) - 24));
    context.lineWidth = 4;
    context.strokeStyle = c.panel;
    context.lineJoin = "round";
    const y = (s.y(below) + s.y(below + best)) / 2;
    context.strokeText(BANDS[b].short, x, y);
    context.fillStyle = c.ink;
    context.fillText(BANDS[b].short, x, y);
  }

  function axes(context, width, height, s, c) {
    context.font = `11px ${c.font}`;
    context.strokeStyle = c.hair;
    context.fillStyle = c.soft;
    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const tick of ticks(0, s.most, Math.max(2, Math.floor(height / 60)))) {
      const y = Math.round(s.y(tick)) + 0.5;
      context.beginPath(); context.moveTo(LEFT, y); context.lineTo(width - RIGHT, y); context.stroke();
      context.fillText(number(tick, 3), LEFT - 8, y);
    }
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    const steps = ticks(s.first, s.last, Math.max(2, Math.floor(width / 110))).filter((t) => Number.isInteger(t));
    for (const tick of steps) context.fillText(count(tick), s.x(tick), height - BOTTOM + 16);
    context.textAlign = "right";
    context.fillText("step", width - RIGHT, height - 2);
    context.save();
    context.translate(11, height / 2 - 8);
    context.rotate(-Math.PI / 2);
    context.textAlign = "center";
    context.fillText("energy, in units of the loss", 0, 0);
    context.restore();
  }

  /** The moment that is looked at. */
  function mark(context, width, height, s, c) {
    const live = course.recorded || (course.frame.history?.at ?? 0) < (course.frame.history?.length ?? 1) - 1;
    if (pointed == null && !live) return;
    const moment = present(), x = s.x(moment.step);
    context.strokeStyle = c.accent;
    context.lineWidth = 1.5;
    context.setLineDash(pointed == null ? [] : [4, 3]);
    context.beginPath(); context.moveTo(x, TOP - 6); context.lineTo(x, height - BOTTOM); context.stroke();
    context.setLineDash([]);
  }

  // ---------------------------------------------------------------- pointing

  function stepAt(event) {
    const rows = stacked(200), s = scales(plot.canvas.clientWidth, plot.canvas.clientHeight, rows);
    const [x] = at(plot.canvas, event);
    const share = (x - LEFT) / (plot.canvas.clientWidth - LEFT - RIGHT);
    return s.first + share * (s.last - s.first);
  }
  plot.canvas.addEventListener("pointermove", (event) => {
    if (!course.frame || !course.rows) return;
    pointed = course.rowAt(stepAt(event));
    tell();
    plot.redraw();
  });
  plot.canvas.addEventListener("pointerleave", () => { pointed = null; tell(); plot.redraw(); });
  plot.canvas.addEventListener("click", (event) => { if (course.frame && course.rows) hear.seek(stepAt(event)); });

  function tell() {
    if (!course.frame) return;
    const moment = present(), books = pointed == null ? course.recorded || course.frame.books : course.booked(pointed);
    for (const { key } of BANDS) {
      const absent = !books && key !== "U" && key !== "K";
      values[key].value.textContent = absent ? "–" : number(moment[key], 4);
    }
  }

  return {
    fresh() { tell(); plot.redraw(); },
    renew() {
      const { energies = {} } = course.scene.words ?? {};
      for (const { key } of BANDS) values[key].words.textContent = energies[WORDS[key]] ?? "";
      pointed = null;
      restyle();
      tell();
    },
    restyle,
    relabel() {
      const m = course.now();
      plot.say(`energies at step ${m.step}: ${BANDS.map(({ key, name: called }) => `${called} ${number(m[key], 3)}`).join(", ")}`);
    },
    get canvas() { plot.paint(); return plot.canvas; },
    close() { plot.close(); },
  };
}

/** Round numbers from low to high. */
export function ticks(low, high, wanted) {
  const raw = (high - low) / Math.max(wanted, 1), size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((m) => m * size >= raw) * size;
  const found = [];
  for (let t = Math.ceil(low / step) * step; t <= high + 1e-9 * step; t += step) found.push(Number(t.toPrecision(12)));
  return found;
}
