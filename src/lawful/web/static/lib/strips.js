// Curves below one another over one axis of time: bands, breaks, gaps, one cursor, one zoom.

import { at, surface } from "./canvas.js";
import { h } from "./dom.js";
import { number } from "./format.js";
import { ticks } from "./space.js";

const LEFT = 64, RIGHT = 14, TOP = 6, FOOT = 40, HEAD = 20;
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
const SIGMAS = 3; // of the noise that the outer band takes in

/** The index of the first of ascending times that is not before t. */
export function firstFrom(time, t) {
  let low = 0, high = time.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time[middle] < t) low = middle + 1; else high = middle;
  }
  return low;
}

/** The index of the time nearest to t; −1 where there is none. */
export function nearestTime(time, t) {
  if (!time.length) return -1;
  const k = firstFrom(time, t);
  return k > 0 && (k === time.length || t - time[k - 1] < time[k] - t) ? k - 1 : k;
}

/**
 * @param oncursor  oncursor(index into the times, or null): where the pointer is
 * @param onzoom  onzoom([from, to] in time, or null for the whole)
 * @param tall  pixels of one row
 */
export function strips(parent, theme, { oncursor = () => {}, onzoom = () => {}, tall = 92, label = "" }) {
  let data = { time: new Float64Array(0), rows: [], x: "", extent: null }, zoom = null, cursor = -1, drag = null;
  const plot = surface(parent, draw, { className: "strips", label });
  const canvas = plot.canvas;

  const extent = () => data.extent ?? [data.time[0] ?? 0, data.time.at(-1) ?? 1];
  const shown = () => {
    const [a, b] = zoom ?? extent();
    return b > a ? [a, b] : [a - 0.5, a + 0.5];
  };

  // ---------------------------------------------------------------- the picture

  function draw(context, width, height) {
    const c = theme.colours, [a, b] = shown();
    const x = (t) => LEFT + ((t - a) / (b - a)) * (width - LEFT - RIGHT);
    const first = Math.max(firstFrom(data.time, a) - 1, 0), last = Math.min(firstFrom(data.time, b) + 1, data.time.length);
    const bottom = TOP + data.rows.length * tall;
    times(context, c, x, a, b, width, bottom);
    data.rows.forEach((row, k) => strip(context, c, row, TOP + k * tall, x, first, last, width));
    if (cursor >= 0) {
      const px = x(data.time[cursor]);
      if (px >= LEFT - 1 && px <= width - RIGHT + 1) line(context, c.accent, 1.4, [px, TOP, px, bottom]);
    }
    if (drag?.moved) {
      context.fillStyle = c.accent;
      context.globalAlpha = 0.18;
      context.fillRect(Math.min(drag.from, drag.to), TOP, Math.abs(drag.to - drag.from), bottom - TOP);
      context.globalAlpha = 1;
    }
  }

  function times(context, c, x, a, b, width, bottom) {
    context.font = `11px ${c.font}`;
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const t of ticks(a, b, Math.max((width - LEFT) / 110, 2))) {
      line(context, c.hair, 1, [x(t), TOP, x(t), bottom]);
      context.fillStyle = c.soft;
      context.fillText(number(t, 5), x(t), bottom + 5);
    }
    context.textAlign = "right";
    context.fillText(data.x, width - RIGHT, bottom + 21);
  }

  function strip(context, c, row, top, x, first, last, width) {
    const bottom = top + tall, ground = bottom - 5, roof = top + HEAD;
    const [low, high] = reach(row, first, last);
    const y = (v) => ground - ((v - low) / (high - low)) * (ground - roof);
    line(context, c.hair, 1, [LEFT, bottom, width - RIGHT, bottom]);
    context.font = `10.5px ${c.font}`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const v of ticks(low, high, (ground - roof) / 17)) {
      line(context, c.hair, 1, [LEFT, y(v), width - RIGHT, y(v)]);
      context.fillStyle = c.soft;
      context.fillText(row.said ? row.said(v) : number(v, 3), LEFT - 6, y(v));
    }
    context.save();
    context.beginPath();
    context.rect(LEFT, top, width - LEFT - RIGHT, tall);
    context.clip();
    if (row.seen != null) shade(context, c.hair, 0.5, x(shown()[0]), top, Math.max(x(row.seen) - LEFT, 0), tall);
    if (row.slack) band(context, c, row, first, last, x, y);
    for (const part of row.stretches ?? []) outside(context, c, part, top, bottom, x);
    for (const level of row.levels ?? []) line(context, c.soft, 1, [LEFT, y(level), width - RIGHT, y(level)], DASHES[1]);
    for (const one of row.lines) curve(context, c, one, first, last, x, y);
    context.restore();
    head(context, c, row, top, width, y, x);
  }

  /** What a row spans: its lines, and the band about them. */
  function reach(row, first, last) {
    if (row.range) return row.range;
    let low = Infinity, high = -Infinity;
    const grow = (v) => { if (v < low) low = v; if (v > high) high = v; };
    for (const one of row.lines) {
      if (one.free) continue;
      const values = one.values;
      for (let k = first; k < last; k++) if (Number.isFinite(values[k])) grow(values[k]);
    }
    if (row.slack && !row.close) {
      for (let k = first; k < last; k += Math.max(1, (last - first) >> 6)) {
        const most = row.slack[k] + SIGMAS * (row.noise?.[k] || 0);
        if (Number.isFinite(most)) { grow(1.15 * most); grow(-1.15 * most); }
      }
    }
    for (const level of row.levels ?? []) grow(level);
    if (!(high >= low)) return [-1, 1];
    const room = (high - low) * 0.06 || Math.abs(high) * 1e-3 || 1e-12;
    return [low - room, high + room];
  }

  /** What a departure may be; and, about it, what noise makes of it. */
  function band(context, c, row, first, last, x, y) {
    const noise = (k) => (Number.isFinite(row.noise?.[k]) ? SIGMAS * row.noise[k] : 0);
    for (const [reach, alpha] of [[(k) => row.slack[k] + noise(k), 0.1], [(k) => row.slack[k], 0.16]]) {
      context.fillStyle = c.c2;
      context.globalAlpha = alpha;
      for (let from = first; from < last;) {
        if (!Number.isFinite(reach(from))) { from++; continue; }
        let to = from;
        context.beginPath();
        for (; to < last && Number.isFinite(reach(to)); to++) context.lineTo(x(data.time[to]), y(reach(to)));
        for (let k = to - 1; k >= from; k--) context.lineTo(x(data.time[k]), y(-reach(k)));
        context.fill();
        from = to;
      }
    }
    context.globalAlpha = 1;
  }

  /** A stretch in which a law was left: tinted, hatched, and flagged where it begins. */
  function outside(context, c, { start, end }, top, bottom, x) {
    const left = x(start), wide = Math.max(x(end) - left, 2);
    shade(context, c.negative, 0.13, left, top, wide, bottom - top);
    context.save();
    context.beginPath();
    context.rect(left, top, wide, bottom - top);
    context.clip();
    context.strokeStyle = c.negative;
    context.globalAlpha = 0.35;
    context.lineWidth = 1;
    context.beginPath();
    const [from, to] = [Math.max(left, 0), Math.min(left + wide, canvas.clientWidth)];
    for (let k = Math.floor((from - tall) / 9) * 9; k < to; k += 9) { context.moveTo(k, bottom); context.lineTo(k + tall, top); }
    context.stroke();
    context.restore();
    line(context, c.negative, 1.6, [left, top + 2, left, bottom]);
    context.fillStyle = c.negative;
    context.beginPath();
    context.moveTo(left, top + 2);
    context.lineTo(left + 9, top + 6.5);
    context.lineTo(left, top + 11);
    context.fill();
  }

  function curve(context, c, one, first, last, x, y) {
    const { values } = one, tint = c[one.colour] ?? one.colour ?? c.c0;
    context.strokeStyle = context.fillStyle = tint;
    context.lineWidth = one.width ?? 1.7;
    context.globalAlpha = one.alpha ?? 1;
    context.lineJoin = "round";
    context.setLineDash(DASHES[one.dash ?? 0]);
    context.beginPath();
    for (let k = first, pen = false; k < last; k++) {
      const good = Number.isFinite(values[k]);
      if (good && !pen && !Number.isFinite(values[k + 1])) context.rect(x(data.time[k]) - 1, y(values[k]) - 1, 2, 2);
      else if (good) context[pen ? "lineTo" : "moveTo"](x(data.time[k]), y(values[k]));
      pen = good;
    }
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  function head(context, c, row, top, width, y, x) {
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.font = `600 12px ${c.font}`;
    context.fillStyle = c.ink;
    context.fillText(row.name, LEFT + 6, top + 11);
    let left = LEFT + 12 + context.measureText(row.name).width;
    context.font = `11.5px ${c.font}`;
    context.fillStyle = c.soft;
    const value = cursor < 0 ? "" : row.value?.(cursor) ?? "";
    const room = width - RIGHT - left - context.measureText(value).width - 14;
    context.fillText(fitted(context, row.words ?? "", room), left, top + 11);
    if (cursor < 0) return;
    context.textAlign = "right";
    context.fillStyle = c.ink;
    context.fillText(value, width - RIGHT - 4, top + 11);
    for (const one of row.lines) {
      const v = one.values[cursor], px = x(data.time[cursor]), py = y(v);
      if (!Number.isFinite(v) || px < LEFT || px > width - RIGHT || py < top + 4 || py > top + tall) continue;
      context.beginPath();
      context.arc(px, py, 3.6, 0, 7);
      context.fillStyle = c[one.colour] ?? one.colour ?? c.c0;
      context.fill();
      context.strokeStyle = c.panel;
      context.lineWidth = 1.5;
      context.stroke();
    }
  }

  // ---------------------------------------------------------------- the pointer

  const timeAt = (px) => {
    const [a, b] = shown();
    return a + ((px - LEFT) / Math.max(canvas.clientWidth - LEFT - RIGHT, 1)) * (b - a);
  };
  const point = (px) => { api.cursor = nearestTime(data.time, timeAt(px)); oncursor(cursor < 0 ? null : cursor); };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const [px] = at(canvas, event);
    canvas.setPointerCapture(event.pointerId);
    drag = { from: px, to: px, moved: false, touch: event.pointerType === "touch" };
    point(px);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [px] = at(canvas, event);
    if (!drag || drag.touch) { if (drag || event.pointerType === "mouse") point(px); return; }
    drag.to = Math.min(Math.max(px, LEFT), canvas.clientWidth - RIGHT);
    drag.moved ||= Math.abs(px - drag.from) > 5;
    if (drag.moved) plot.redraw(); else point(px);
  });
  const up = (event) => {
    const done = drag;
    drag = null;
    if (done?.moved && event.type === "pointerup") {
      api.zoom = [Math.min(timeAt(done.from), timeAt(done.to)), Math.max(timeAt(done.from), timeAt(done.to))];
      onzoom(zoom);
    }
    plot.redraw();
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("dblclick", () => api.whole());

  const api = {
    canvas,
    /** @param given  {time, rows: [{name, words, lines, slack, noise, stretches, levels, seen, value}], x, extent} */
    set(given) {
      data = { ...data, ...given };
      if (cursor >= data.time.length) cursor = -1;
      canvas.style.height = `${TOP + Math.max(data.rows.length, 1) * tall + FOOT}px`;
      plot.redraw();
    },
    get zoom() { return zoom; },
    set zoom(range) { zoom = range && range[1] > range[0] ? range : null; plot.redraw(); },
    get cursor() { return cursor; },
    set cursor(k) { const next = k ?? -1; if (next !== cursor) { cursor = next; plot.redraw(); } },
    /** Nearer about the cursor, or about the middle. */
    nearer(by) {
      const [a, b] = shown(), [low, high] = extent();
      const middle = cursor >= 0 && data.time[cursor] >= a && data.time[cursor] <= b ? data.time[cursor] : (a + b) / 2;
      const next = [Math.max(middle - (middle - a) / by, low), Math.min(middle + (b - middle) / by, high)];
      if (next[0] <= low && next[1] >= high) { api.whole(); return; }
      api.zoom = next;
      onzoom(zoom);
    },
    whole() { if (zoom) { api.zoom = null; onzoom(null); } },
    redraw: plot.redraw,
    say: plot.say,
    paint() { plot.paint(); return canvas; },
    close: plot.close,
  };
  return api;
}

/** Buttons that zoom a set of strips. */
export function zoomButtons(strip, words = "zoom") {
  const button = (text, label, onclick) => h("button", { type: "button", title: label, "aria-label": label, onclick }, text);
  return h("div.row.zooms", { role: "group", "aria-label": words },
    button("+", "zoom in on the cursor", () => strip.nearer(2)), button("−", "zoom out", () => strip.nearer(0.5)),
    button("Whole run", "show the whole run", () => strip.whole()));
}

function line(context, colour, width, [ax, ay, bx, by], dash = []) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.beginPath();
  context.moveTo(ax, ay);
  context.lineTo(bx, by);
  context.stroke();
  context.setLineDash([]);
}

function shade(context, colour, alpha, left, top, width, height) {
  context.globalAlpha = alpha;
  context.fillStyle = colour;
  context.fillRect(left, top, width, height);
  context.globalAlpha = 1;
}

/** As much of a text as there is room for. */
export function fitted(context, text, room) {
  if (room < 12) return "";
  if (context.measureText(text).width <= room) return text;
  let cut = text;
  while (cut && context.measureText(`${cut}…`).width > room) cut = cut.slice(0, -1);
  return cut ? `${cut}…` : "";
}
