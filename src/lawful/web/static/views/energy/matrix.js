// All runs at a glance: a cell for each law and run, a small line of time where it is broken.

import { at, surface } from "../../lib/canvas.js";
import { h } from "../../lib/dom.js";
import { count, number } from "../../lib/format.js";

const [NAMES, CELL, GAP, BETWEEN, TOP] = [150, 22, 3, 12, 16];
export const STATES = ["not judged", "holds", "broken", "drifts"];

/**
 * @param onpick  onpick(run, time or null): a run was chosen, and where its law breaks
 */
export function matrix(parent, theme, { onpick }) {
  let laws = [], runs = [], given = null, chosen = 0, cells = [];
  const frame = h("div.matrix-frame", { tabIndex: 0, role: "group", "aria-label": "laws by runs" });
  const tip = h("p.soft.matrix-tip");
  parent.append(frame, tip);
  const picture = surface(frame, draw, { className: "matrix", label: "laws by runs" });
  const canvas = picture.canvas;

  const left = () => (canvas.clientWidth < 520 ? 96 : NAMES);
  function shape(width) {
    const each = Math.min(Math.max((width - left() - 8) / Math.max(runs.length, 1), 14), 72);
    const across = Math.max(Math.floor((width - left() - 8) / each), 1);
    return { each, across, bands: Math.ceil(runs.length / across), tall: laws.length * (CELL + GAP) };
  }
  function resize() {
    const { bands, tall } = shape(canvas.clientWidth || 600);
    canvas.style.height = `${bands * (tall + TOP + BETWEEN)}px`;
    picture.redraw();
  }
  const size = new ResizeObserver(() => { if (given) resize(); });
  size.observe(frame);

  function draw(context, width) {
    if (!given) return;
    const c = theme.colours, { each, across, bands, tall } = shape(width);
    cells = [];
    for (let b = 0; b < bands; b++) {
      const top = TOP + b * (tall + TOP + BETWEEN);
      laws.forEach((name, k) => law(context, c, name, top + k * (CELL + GAP)));
      for (let n = 0; n < across && b * across + n < runs.length; n++) {
        const run = b * across + n, x = left() + n * each;
        title(context, c, run, x, each, top);
        laws.forEach((_, k) => cell(context, c, run, k, x, top + k * (CELL + GAP), each - GAP));
        if (run !== chosen) continue;
        context.strokeStyle = c.accent;
        context.lineWidth = 2;
        context.strokeRect(x - 2, top - 2, each - GAP + 4, tall + 1);
      }
    }
  }

  function law(context, c, name, top) {
    context.font = `12px ${c.font}`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillStyle = c.ink;
    let text = name;
    while (text.length > 3 && context.measureText(text).width > left() - 12) text = `${text.slice(0, -2)}…`;
    context.fillText(text, left() - 8, top + CELL / 2);
  }

  function title(context, c, run, x, each, top) {
    context.font = `10.5px ${c.font}`;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    context.fillStyle = run === chosen ? c.ink : c.soft;
    const text = runs[run], room = each - 2;
    // Names that do not fit are left out but for a few, which say where one is.
    if (context.measureText(text).width <= room) context.fillText(text, x + (each - GAP) / 2, top - 5);
    else if (run === chosen) context.fillText(text, x + (each - GAP) / 2, top - 5);
  }

  function cell(context, c, run, k, x, top, wide) {
    const n = runs.length, state = given.state[k * n + run];
    cells.push({ x, top, wide, run, law: k });
    context.fillStyle = state === 0 ? "transparent" : state === 1 ? c.c2 : c.negative;
    context.globalAlpha = state === 1 ? 0.22 : 0.16;
    context.beginPath();
    context.roundRect(x, top, wide, CELL, 3);
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = state === 0 ? c.hair : state === 1 ? c.c2 : c.negative;
    context.lineWidth = 1;
    context.setLineDash(state === 0 ? [2, 2] : []);
    context.stroke();
    context.setLineDash([]);
    if (state === 2) {
      const [begin, end] = [given.begin[k * n + run], given.end[k * n + run]];
      context.save();
      context.clip();
      context.fillStyle = c.negative;
      context.fillRect(x + wide * begin, top, Math.max(wide * (end - begin), 2), CELL);
      context.restore();
    }
    sign(context, c, state, x + wide / 2, top + CELL / 2, Math.min(wide, CELL) / 4);
  }

  /** A sign for each state, beside its colour. */
  function sign(context, c, state, x, y, r) {
    const marks = [[[-r, 0, r, 0]], [[-r, 0, -r / 3, r * 0.8], [-r / 3, r * 0.8, r, -r * 0.8]], [[-r, -r, r, r], [-r, r, r, -r]], [[-r, r * 0.8, r, -r * 0.8], [r, -r * 0.8, r * 0.2, -r * 0.8], [r, -r * 0.8, r, 0]]][state];
    for (const [colour, width] of [[c.panel, 4], [state === 0 ? c.soft : c.ink, 1.8]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      for (const [ax, ay, bx, by] of marks) { context.moveTo(x + ax, y + ay); context.lineTo(x + bx, y + by); }
      context.stroke();
    }
  }

  const words = (run, k) => {
    const n = runs.length, state = given.state[k * n + run], onset = given.onset[k * n + run];
    return `${laws[k]}, run ${runs[run]}: ${STATES[state]}${Number.isFinite(onset) ? ` at t = ${number(onset, 5)}` : ""}`;
  };
  const under = (event) => {
    const [px, py] = at(canvas, event);
    return cells.find(({ x, top, wide }) => px >= x - GAP / 2 && px <= x + wide + GAP / 2 && py >= top - GAP && py <= top + CELL + GAP);
  };
  canvas.addEventListener("pointermove", (event) => {
    const hit = under(event);
    tip.textContent = hit ? words(hit.run, hit.law) : summary();
    canvas.style.cursor = hit ? "pointer" : "default";
  });
  canvas.addEventListener("pointerleave", () => { tip.textContent = summary(); });
  canvas.addEventListener("click", (event) => {
    const hit = under(event);
    if (!hit) return;
    const onset = given.onset[hit.law * runs.length + hit.run];
    onpick(hit.run, Number.isFinite(onset) ? onset : null);
  });

  function summary() {
    if (!given) return "";
    const n = runs.length, left = [];
    laws.forEach((name, k) => {
      let broken = 0;
      for (let r = 0; r < n; r++) if (given.state[k * n + r] > 1) broken++;
      if (broken) left.push(`${name} does not hold in ${count(broken)}`);
    });
    return left.length ? `Of ${count(n)} ${n === 1 ? "run" : "runs"}: ${left.join("; ")}.` : `Every law holds in ${n === 1 ? "the run" : `all ${count(n)} runs`} that could be judged.`;
  }

  return {
    canvas,
    /** @param table  {state, onset, begin, end}, each laws × runs */
    show(names, every, table) {
      [laws, runs, given] = [names, every, table];
      tip.textContent = summary();
      picture.say(summary());
      frame.setAttribute("aria-label", `laws by runs. ${summary()}`);
      resize();
    },
    /** What has become of one run that grows, and between which times it is shown. */
    patch(run, quantities, [first, last]) {
      if (!given || run >= runs.length) return;
      given = Object.fromEntries(["state", "onset", "begin", "end"].map((name) => [name, given[name].slice()]));
      quantities.forEach((q) => {
        const k = laws.indexOf(q.name), at = k * runs.length + run, e = q.excursions[0];
        if (k < 0) return;
        given.state[at] = q.state;
        given.onset[at] = e ? e.start : NaN;
        given.begin[at] = e ? Math.max((e.start - first) / (last - first || 1), 0) : NaN;
        given.end[at] = e ? (e.end - first) / (last - first || 1) : NaN;
      });
      tip.textContent = summary();
      picture.say(summary());
      picture.redraw();
    },
    set chosen(run) { chosen = run; picture.redraw(); },
    /** The next run after this one in which a law does not hold; −1 where there is none. */
    next(from) {
      if (!given) return -1;
      const n = runs.length;
      for (let step = 1; step <= n; step++) {
        const run = (from + step) % n;
        if (laws.some((_, k) => given.state[k * n + run] > 1)) return run;
      }
      return -1;
    },
    redraw: picture.redraw,
    paint() { picture.paint(); return canvas; },
    close() { size.disconnect(); picture.close(); },
  };
}
