// One formula along one run, against what it should say; or the difference, magnified.

import { chart } from "./chart.js";
import { h } from "./dom.js";
import { number } from "./format.js";

const TICK = 9; // pixels of a mark at the edge

/**
 * @param oncursor  called with an index into the samples, or null
 */
export function alongRun(el, theme, { oncursor }) {
  const holder = h("div.along"), words = h("p.along-words");
  el.append(holder, words);
  let plot = null, shown = null, magnified = false;

  function build() {
    plot?.close();
    const { name, units, against, time, levels, value, expected, spread } = shown;
    const off = value.map((v, k) => (v - expected[k]) / spread);
    const what = units ? `${name}, ${units}` : name;
    const range = magnified ? spanned(off, 0.15) : spanned([...value, ...expected, ...levels], 0.06);
    plot = chart(holder, theme, {
      label: magnified ? `how far ${name} is from ${against}, in spreads between runs` : `${name} along the run, and ${against}`,
      height: 250, oncursor, x: { label: shown.x }, y: { size: 78, label: magnified ? "difference / spread" : what, range: () => range },
      series: magnified
        ? [{ label: `${name} less ${against}`, colour: 0 }]
        : [{ label: name, colour: 0, width: 2.2 }, { label: against, colour: 1, dash: 1, width: 1.8 }],
      overlay: (u) => { if (!magnified) edges(u, levels, theme.colours); },
    });
    plot.set(magnified ? [Array.from(time), off] : [Array.from(time), Array.from(value), Array.from(expected)]);
    words.replaceChildren(...said(off));
  }

  function said(off) {
    const known = off.filter(Number.isFinite);
    if (!known.length) return ["It has no value along this run."];
    const rms = Math.sqrt(known.reduce((sum, v) => sum + v * v, 0) / known.length);
    const most = known.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const gaps = off.length - known.length;
    return [
      h("b", {}, "off by "), `${number(rms, 2)} of its spread between runs (root mean square), ${number(most, 2)} at most, from ${shown.against}.`,
      shown.levels.length > 1 ? " Marks at the right edge are the levels of other runs." : "",
      gaps ? ` ${gaps} ${gaps === 1 ? "sample is a gap" : "samples are gaps"}.` : "",
    ];
  }

  return {
    /** {name, units, against, time, x, value, expected, levels, spread}; null for nothing. */
    show(given) {
      shown = given;
      holder.hidden = !given;
      if (!given) { words.replaceChildren(); return; }
      build();
    },
    say(text) { words.replaceChildren(text); },
    get magnified() { return magnified; },
    set magnified(on) { magnified = on; if (shown) build(); },
    cursor(index) { plot?.cursor(index); },
    rebuild() { if (shown) build(); },
    get canvases() { return plot && shown ? [plot.canvas] : []; },
    close() { plot?.close(); },
  };
}

/** The range of values with a share to spare; a level line keeps room around it. */
function spanned(values, spare) {
  let low = Infinity, high = -Infinity;
  for (const v of values) if (Number.isFinite(v)) { if (v < low) low = v; if (v > high) high = v; }
  if (!(high >= low)) return [0, 1];
  const room = (high - low) * spare || Math.abs(high) * 0.1 || 1e-12;
  return [low - room, high + room];
}

/** The level of every run, as a mark at the right edge. */
function edges(u, levels, colours) {
  const { ctx, bbox } = u, ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.strokeStyle = colours.c0;
  ctx.globalAlpha = 0.45;
  ctx.lineWidth = ratio;
  for (const level of levels) {
    if (!Number.isFinite(level)) continue;
    const y = u.valToPos(level, "y", true), right = bbox.left + bbox.width;
    ctx.beginPath();
    ctx.moveTo(right - TICK * ratio, y);
    ctx.lineTo(right, y);
    ctx.stroke();
  }
  ctx.restore();
}
