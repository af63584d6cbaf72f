// Curves over a shared axis: uPlot, in the theme's colours, with a cursor that others can move.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { number } from "./format.js";

const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

/**
 * @param el  where
 * @param series  [{label, colour: 0…5 or "#…", dash: 0…3, width, scale}]
 * @param x, y  {label, log, whole: ticks at whole numbers alone}
 * @param oncursor  called with the index under the pointer, or null
 * @param overlay  overlay(uplot): draw on top, in canvas pixels
 */
export function chart(el, theme, { series, x = {}, y = {}, height = 220, oncursor, overlay, label = "" }) {
  const holder = document.createElement("div");
  holder.className = "chart";
  holder.setAttribute("role", "img");
  holder.setAttribute("aria-label", label);
  el.append(holder);
  let plot = null, data = [[], ...series.map(() => [])], moving = false;

  const build = () => {
    plot?.destroy();
    const c = theme.colours;
    const axis = (given) => ({
      stroke: c.soft, label: given.label, labelSize: given.label ? 20 : 0, labelFont: `12px ${c.font}`,
      font: `11px ${c.font}`, grid: { stroke: c.hair, width: 1 }, ticks: { stroke: c.hair, width: 1 },
      ...(given.whole ? { incrs: [1, 2, 5, 10, 20, 50, 100, 1000] } : {}),
      values: (_, ticks) => ticks.map((v) => (v == null ? "" : number(v, 3))), size: given.size ?? (given === y ? 62 : 34),
    });
    plot = new uPlot({
      width: Math.max(holder.clientWidth, 120), height,
      legend: { show: series.length > 1 },
      cursor: { drag: { x: true, y: false }, points: { size: 7 } },
      scales: { x: { time: false }, y: { distr: y.log ? 3 : 1, ...(y.range ? { range: y.range } : {}) } },
      axes: [axis(x), axis(y)],
      series: [
        { label: x.label ?? "x", value: (_, v) => number(v) },
        ...series.map((s, k) => ({
          label: s.label, stroke: typeof s.colour === "string" ? s.colour : c.palette[s.colour ?? k % 6],
          width: s.width ?? 1.8, dash: DASHES[s.dash ?? 0], points: { show: false }, spanGaps: false,
          value: (_, v) => number(v), fill: s.fill, show: s.show ?? true,
        })),
      ],
      hooks: {
        setCursor: [(u) => { if (!moving) oncursor?.(u.cursor.idx ?? null); }],
        draw: overlay ? [overlay] : [],
      },
    }, data, holder);
  };
  build();
  const size = new ResizeObserver(() => plot.setSize({ width: Math.max(holder.clientWidth, 120), height }));
  size.observe(holder);
  return {
    element: holder,
    get plot() { return plot; },
    get canvas() { return plot.ctx.canvas; },
    set(columns) { data = columns.map(gapped); plot.setData(data); },
    /** Put the cursor over an index without calling anybody back. */
    cursor(index) {
      moving = true;
      const at = data[0]?.[index];
      plot.setCursor({ left: at == null ? -10 : plot.valToPos(at, "x"), top: plot.over.clientHeight / 2 }, false);
      moving = false;
    },
    redraw() { plot.redraw(); },
    say(words) { holder.setAttribute("aria-label", words); },
    rebuild: build, // after the theme has changed
    close() { size.disconnect(); plot.destroy(); holder.remove(); },
  };
}

/** A column with gaps as uPlot knows them: null, where a number is none. */
function gapped(column) {
  return column.some((v) => v != null && !Number.isFinite(v)) ? Array.from(column, (v) => (Number.isFinite(v) ? v : null)) : column;
}
