// The field as a picture: a plane with its vortices, or a ring along time with its profile.

import { bitmap, brightest, contours, DARK, phaseStrip } from "../../lib/bitmap.js";
import { surface } from "../../lib/canvas.js";
import { h } from "../../lib/dom.js";
import { number } from "../../lib/format.js";

export const ROWS = 240; // moments of a ring that are kept
const PROFILE = 0.24; // share of a ring's picture that its present takes
const LEVELS = [0.15, 0.4, 0.7]; // of V, from its lowest to its highest
const MANY = 60; // vortices beyond which a mark has no room for its sign
const INK = "#ffffff", SHADOW = "rgba(8, 9, 12, 0.7)";

export function picture(holder) {
  const pixels = bitmap();
  let frame = null, mode = "both", history = [], V = null, lines = [], pointer = null, mean = null;
  const face = surface(holder, paint, { className: "field-picture", label: "the field" });
  const strip = h("canvas.wheel", { "aria-hidden": "true" });
  phaseStrip(strip);
  const marksKey = h("span.key", {},
    h("span.mark.plus", { "aria-hidden": "true" }, "+"), "turns left", h("span.mark.minus", { "aria-hidden": "true" }, "−"), "turns right");
  const trapKey = h("span.key", {}, h("span.line", { "aria-hidden": "true" }), "potential V");
  const legend = h("div.legend", {}, h("span.key", {}, "phase −π", strip, "π"), marksKey, trapKey);

  const plane = () => frame.density.shape.length === 2;
  const parts = () => (mode === "beside" ? ["density", "phase"] : [mode]);

  /** Rows of a ring that are new; false where some were missed. */
  function remember(next) {
    if (next.density.shape.length === 2) return true;
    if (next.rows_from === 0) history = [];
    const { row_times: times } = next;
    if (!times) return true;
    const columns = next.density.length;
    const last = history.at(-1);
    if (last && next.rows_from !== last.rank + 1) return false;
    for (let k = 0; k < times.length; k++) {
      history.push({
        rank: next.rows_from + k, t: times[k],
        density: next.row_densities.subarray(k * columns, (k + 1) * columns),
        phase: next.row_phases.subarray(k * columns, (k + 1) * columns),
      });
    }
    if (history.length > ROWS) history = history.slice(-ROWS);
    return true;
  }

  function draw(next, how) {
    [frame, mode] = [next, how];
    [marksKey.hidden, trapKey.hidden] = [!plane(), !V];
    const n = next.vortices ? next.vortices.length / 3 : 0;
    face.say(plane() ? `the field on a plane at time ${number(next.t, 3)}, ${n} vortices` : `the field on a ring, time downward to ${number(next.t, 3)}`);
    face.redraw();
  }

  function paint(context, width, height) {
    if (!frame) return;
    context.fillStyle = `rgb(${DARK})`;
    context.fillRect(0, 0, width, height);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    if (plane()) parts().forEach((part, k) => sheet(context, part, k, width, height));
    else ring(context, width, height);
  }

  // ---------------------------------------------------------------- a plane
  function sheet(context, part, k, width, height) {
    const [rows, columns] = frame.density.shape;
    const size = Math.min(width / parts().length, height), left = k * (width / parts().length), top = (height - size) / 2;
    const peak = brightest([frame.density]);
    // One spike must not make the whole picture blink.
    mean = mean == null || !frame.playing ? peak : mean + 0.1 * (peak - mean);
    pixels.draw({ rows, columns, lines: [frame], part, peak: mean, upward: true });
    context.drawImage(pixels.sheet, left, top, size, size);
    const box = { left, top, size };
    trap(context, box, columns, rows);
    marks(context, box);
    hand(context, box);
    scale(context, box);
    if (parts().length > 1) words(context, part === "density" ? "|ψ|²" : "arg ψ", left + 10, top + 18);
  }

  function trap(context, { left, top, size }, columns, rows) {
    context.strokeStyle = "rgba(255, 255, 255, 0.42)";
    context.lineWidth = 1;
    context.beginPath();
    for (const line of lines) {
      for (let k = 0; k < line.length; k += 4) {
        context.moveTo(left + ((line[k] + 0.5) / columns) * size, top + (1 - (line[k + 1] + 0.5) / rows) * size);
        context.lineTo(left + ((line[k + 2] + 0.5) / columns) * size, top + (1 - (line[k + 3] + 0.5) / rows) * size);
      }
    }
    context.stroke();
  }

  function marks(context, { left, top, size }) {
    const { vortices, length } = frame;
    if (!vortices) return;
    context.font = "bold 12px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    const radius = vortices.length > 3 * MANY ? 3 : 7.5;
    for (let k = 0; k < vortices.length; k += 3) {
      // A grid's first point lies at −L/2, half a cell inside the first pixel.
      const x = left + (vortices[k + 1] / length[1] + 0.5 + 0.5 / frame.density.shape[1]) * size;
      const y = top + (0.5 - vortices[k] / length[0] - 0.5 / frame.density.shape[0]) * size;
      const plus = vortices[k + 2] > 0;
      context.setLineDash(plus ? [] : [2.5, 2]);
      for (const [colour, wide] of [[SHADOW, 4], [INK, 1.7]]) {
        context.strokeStyle = colour;
        context.lineWidth = wide;
        context.beginPath();
        context.arc(x, y, radius, 0, 2 * Math.PI);
        context.stroke();
      }
      if (radius > 4) { context.fillStyle = INK; context.fillText(plus ? "+" : "−", x, y + 0.5); }
    }
    context.setLineDash([]);
  }

  /** Where the stirrer is, and where the keyboard's pointer is. */
  function hand(context, { left, top, size }) {
    if (frame.stirrer) {
      const [x, y] = frame.stirrer;
      context.strokeStyle = INK;
      context.lineWidth = 1.4;
      context.setLineDash([4, 4]);
      context.beginPath();
      context.arc(left + x * size, top + (1 - y) * size, (3 / frame.length[1]) * size, 0, 2 * Math.PI);
      context.stroke();
      context.setLineDash([]);
    }
    if (pointer) cross(context, left + pointer.x * size, top + (1 - pointer.y) * size);
  }

  function scale(context, { left, top, size }) {
    const wide = (10 / frame.length[1]) * size;
    line(context, [left + 12, top + size - 12, left + 12 + wide, top + size - 12], INK, 2);
    words(context, "10", left + 12 + wide + 6, top + size - 12);
  }

  // ---------------------------------------------------------------- a ring
  function ring(context, width, height) {
    const each = parts(), wide = width / each.length, tall = height * (1 - PROFILE);
    const columns = frame.density.shape[0], now = { density: frame.density, phase: frame.phase };
    const peak = brightest([...history.map((row) => row.density), frame.density]);
    const shown = history.length ? history : [now];
    each.forEach((part, k) => {
      pixels.draw({ columns, rows: ROWS, lines: shown, part, peak, from: ROWS - shown.length });
      context.drawImage(pixels.sheet, k * wide, 0, wide, tall);
      if (each.length > 1) words(context, part === "density" ? "|ψ|²" : "arg ψ", k * wide + 10, 16);
    });
    times(context, shown, tall);
    profile(context, width, tall, height, peak);
  }

  function times(context, shown, tall) {
    if (shown.length < 2 || shown[0].t == null) return;
    for (let k = ROWS - 1; k > 0; k -= 60) {
      const row = shown[k - (ROWS - shown.length)];
      if (!row) break;
      const y = ((k + 0.5) / ROWS) * tall;
      line(context, [0, y, 7, y], INK, 1.4);
      words(context, `t = ${number(row.t, 3)}`, 11, Math.min(y, tall - 9));
    }
  }

  function profile(context, width, top, height, peak) {
    const { density, length } = frame, base = height - 18, room = base - top - 10;
    const x = (k) => ((k + 0.5) / density.length) * width, y = (v) => base - Math.min(v, 1.05) * room;
    context.fillStyle = `rgb(${DARK})`;
    context.fillRect(0, top, width, height - top);
    line(context, [0, top, width, top], "rgba(255,255,255,0.25)", 1);
    if (V) curve(context, V, (k) => x(k), (v) => y(0.95 * share(v)), "rgba(255,255,255,0.5)", [5, 4]);
    curve(context, density, (k) => x(k), (v) => y(v / peak), "#8fd0ff", []);
    words(context, "|ψ|² now", 10, top + 14);
    for (const at of [-0.5, -0.25, 0, 0.25, 0.5]) {
      const words_ = number(at * length[0], 3), px = (at + 0.5) * width;
      words(context, words_, px, height - 8, at === -0.5 ? "left" : at === 0.5 ? "right" : "center");
    }
    if (frame.stirrer) line(context, [frame.stirrer[0] * width, top + 4, frame.stirrer[0] * width, base], INK, 1.4, [4, 4]);
    if (pointer) cross(context, pointer.x * width, (top + base) / 2);
  }

  const share = (v) => { const [low, high] = V.range; return (v - low) / (high - low || 1); };

  return {
    element: holder, legend, canvas: face.canvas, draw, remember,
    /** The potential, or null: it is drawn where it is not the same everywhere. */
    set potential(values) {
      V = values ?? null;
      lines = [];
      if (!V) return;
      let low = Infinity, high = -Infinity;
      for (const v of V) { if (v < low) low = v; if (v > high) high = v; }
      V.range = [low, high];
      if (V.shape.length === 2) lines = LEVELS.map((s) => contours(V, V.shape[0], V.shape[1], low + s * (high - low)));
    },
    /** Where the keyboard's pointer is: shares of the picture from its lower left, or null. */
    set pointer(place) { pointer = place; face.redraw(); },
    /** The place of a point of the canvas, in shares from its lower left. */
    place(x, y) {
      const { clientWidth: width, clientHeight: height } = face.canvas, wide = width / parts().length;
      const flat = frame && plane(), size = flat ? Math.min(wide, height) : wide;
      const from = flat ? (height - size) / 2 : 0, tall = flat ? size : height;
      const inside = (v) => Math.min(Math.max(v, 0), 1);
      return { x: inside((x % wide) / size), y: inside(1 - (y - from) / tall) };
    },
    canvases: () => { face.paint(); return [face.canvas]; },
    forget() { history = []; frame = null; mean = null; },
    close() { face.close(); },
  };
}

function line(context, [ax, ay, bx, by], colour, width, dash = []) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.beginPath();
  context.moveTo(ax, ay);
  context.lineTo(bx, by);
  context.stroke();
  context.setLineDash([]);
}

function curve(context, values, x, y, colour, dash) {
  context.strokeStyle = colour;
  context.lineWidth = 1.8;
  context.setLineDash(dash);
  context.beginPath();
  values.forEach((v, k) => context[k ? "lineTo" : "moveTo"](x(k), y(v)));
  context.stroke();
  context.setLineDash([]);
}

function cross(context, x, y) {
  for (const [colour, wide] of [[SHADOW, 4], [INK, 1.6]]) {
    line(context, [x - 9, y, x + 9, y], colour, wide);
    line(context, [x, y - 9, x, y + 9], colour, wide);
  }
}

function words(context, text, x, y, side = "left") {
  context.font = "12px system-ui, sans-serif";
  context.textAlign = side;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3.5;
  context.strokeStyle = SHADOW;
  context.strokeText(text, x, y);
  context.fillStyle = INK;
  context.fillText(text, x, y);
}
