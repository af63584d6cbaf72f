// How what is known falls or stays as tasks are added: the average, the forgetting, or one task.

import { chart } from "../../lib/chart.js";
import { choice, h } from "../../lib/dom.js";

const AVERAGE = "average over tasks seen", FORGOTTEN = "forgotten on average";

/**
 * @param picked  gives the numbers of the two methods that stand side by side
 * @param curve  what is drawn at first
 * @param onmoment  called with the task under the pointer, or null
 */
export function curves(scene, theme, { picked, curve, onchange, onmoment }) {
  const T = scene.tasks.length, names = scene.methods.map((m) => m.name);
  const options = [AVERAGE, ...(T > 1 ? [FORGOTTEN] : []), ...scene.tasks.map((_, j) => `task ${j + 1}`)];
  let chosen = options.includes(curve) ? curve : AVERAGE, plot = null, drawn = "", until = T - 1;
  const pick = choice({ words: "what is drawn", options, value: chosen, onchange: (v) => { chosen = v; onchange(v); draw(until); } });
  const note = h("p.soft.remark");
  const holder = h("div");
  const element = h("section.panel", { ariaLabel: "curves" }, h("h3", {}, "Task after task"), pick.element, holder, note);

  const table = (mean) => {
    if (chosen === AVERAGE || chosen === FORGOTTEN) {
      const from = chosen === AVERAGE ? scene.averages : scene.forgotten;
      return (m, i) => from[(2 * m + (mean ? 0 : 1)) * T + i];
    }
    const j = Number(chosen.slice(5)) - 1, from = mean ? scene.means : scene.halves;
    return (m, i) => (i < j ? NaN : from[(m * T + i) * T + j]);
  };

  function build() {
    plot?.close();
    const [a, b] = picked();
    plot = chart(holder, theme, {
      series: names.map((label, k) => ({ label, colour: k % 6, dash: Math.floor(k / 6) % 4, width: k === a || k === b ? 3 : 1.1 })),
      x: { label: "tasks learned", whole: true }, y: { label: chosen === FORGOTTEN ? "points" : "accuracy, %" },
      height: 250, oncursor: onmoment, overlay: (u) => { whiskers(u, [a, b]); moment(u); }, label: `${chosen}, by method`,
    });
    const value = table(true);
    plot.set([scene.tasks.map((_, k) => k + 1), ...names.map((_, m) => scene.tasks.map((_, i) => 100 * value(m, i)))]);
  }

  /** The intervals of the two methods that stand side by side. */
  function whiskers(u, pair) {
    const { ctx: context } = u, [value, half] = [table(true), table(false)], ratio = devicePixelRatio;
    context.save();
    context.lineWidth = 1.4 * ratio;
    for (const m of new Set(pair)) {
      context.strokeStyle = theme.colours.palette[m % 6];
      for (let i = 0; i < T; i++) {
        const [v, w] = [value(m, i), half(m, i)];
        if (!Number.isFinite(v) || !Number.isFinite(w) || !w) continue;
        const x = u.valToPos(i + 1, "x", true);
        // An interval may leave the picture: it is cut there, not folded.
        const inside = (p) => Math.min(Math.max(p, u.bbox.top), u.bbox.top + u.bbox.height);
        const [low, high] = [u.valToPos(100 * (v - w), "y", true), u.valToPos(100 * (v + w), "y", true)].map(inside);
        context.beginPath();
        context.moveTo(x, low);
        context.lineTo(x, high);
        for (const y of [low, high]) { context.moveTo(x - 4 * ratio, y); context.lineTo(x + 4 * ratio, y); }
        context.stroke();
      }
    }
    context.restore();
  }

  function moment(u) {
    const { ctx: context, bbox } = u, x = u.valToPos(until + 1, "x", true);
    context.save();
    context.strokeStyle = theme.colours.accent;
    context.lineWidth = 1.5 * devicePixelRatio;
    context.setLineDash([5, 4]);
    context.beginPath();
    context.moveTo(x, bbox.top);
    context.lineTo(x, bbox.top + bbox.height);
    context.stroke();
    context.restore();
  }

  function draw(moment_) {
    until = moment_;
    const wanted = `${picked()} ${chosen}`;
    if (wanted !== drawn) { drawn = wanted; build(); } else plot.redraw();
    const intervals = scene.halves.some(Number.isFinite);
    note.textContent = `${chosen === FORGOTTEN ? "How far each task has fallen below its best, on average over the earlier ones. " : ""}${intervals ? "Bars: 95 % intervals of the two methods above." : ""}`;
  }

  return { element, draw, canvases: () => [plot.canvas], rebuild: () => { drawn = ""; }, close: () => plot?.close() };
}
