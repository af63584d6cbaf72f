// What a field keeps: how far norm, energy and momentum have gone from where they began.

import { chart } from "../../lib/chart.js";
import { h } from "../../lib/dom.js";

const ROUND_OFF = 2 ** -52; // doubles near 1 are so far apart
const SPAN = [-17, 0.5];

/** log₁₀ of departures, each against the scale of its own quantity; null where there is none. */
export function departures(books, reach) {
  const told = (d) => (d > 0 ? Math.max(Math.log10(d), SPAN[0]) : null);
  const off = (values) => values.map((v) => told(Math.abs(v - values[0]) / (Math.abs(values[0]) || 1)));
  const gone = books.momentum.map((p) => told(Math.hypot(...p.map((v, k) => v - books.momentum[0][k])) / (reach || 1)));
  return [off(books.norm), off(books.energy), gone];
}

export function ledger(theme) {
  const held = { number: -1, t: [], norm: [], energy: [], count: [], momentum: [] };
  const kept = h("div.panel.kept", {}, h("h3", {}, "What it keeps"));
  const note = h("p.soft.remark");
  const counted = h("div.panel.counted", {}, h("h3", {}, "How many vortices"));
  const drift = chart(kept, theme, {
    series: [{ label: "norm", colour: 0 }, { label: "energy", colour: 1, dash: 1 }, { label: "momentum", colour: 2, dash: 2 }],
    x: { label: "time" }, y: { label: "log₁₀ departure", range: SPAN }, height: 190, overlay: (plot) => ground(plot, theme),
    label: "how far norm, energy and momentum have gone from where they began, as shares, on a logarithm",
  });
  kept.append(note);
  const many = chart(counted, theme, {
    series: [{ label: "vortices", colour: 3 }], x: { label: "time" }, y: { whole: true, range: (_, __, most) => [0, Math.max(1.15 * (most ?? 0), 4)] }, height: 130, label: "the number of vortices along time",
  });
  let drawn = 0;

  /** Take a frame's entries; false where some were missed, so that all must be asked for. */
  function take(frame) {
    if (frame.books_from === 0) Object.assign(held, { number: frame.books, t: [], norm: [], energy: [], count: [], momentum: [] });
    if (frame.books !== held.number || frame.books_from !== held.t.length) return false;
    const [rows, axes] = frame.momenta.shape;
    held.t.push(...frame.times);
    held.norm.push(...frame.norms);
    held.energy.push(...frame.energies);
    held.count.push(...frame.counts);
    for (let k = 0; k < rows; k++) held.momentum.push(Array.from(frame.momenta.subarray(k * axes, (k + 1) * axes)));
    return true;
  }

  function draw(frame) {
    // Curves are for the eye: a few times a second while it plays.
    const now = performance.now();
    if (frame.playing && now - drawn < 150) return;
    drawn = now;
    drift.set([held.t, ...departures(held, frame.reach)]);
    counted.hidden = !frame.vortices;
    if (frame.vortices) many.set([held.t, held.count]);
    note.textContent = said(frame);
  }

  return {
    kept, counted, take, draw, held,
    canvases: () => (counted.hidden ? [drift.canvas] : [drift.canvas, many.canvas]),
    rebuild() { drift.rebuild(); many.rebuild(); },
    close() { drift.close(); many.close(); },
  };
}

/** The line below which a departure is the arithmetic's own. */
function ground(plot, theme) {
  const { ctx: context, bbox: box } = plot, y = plot.valToPos(Math.log10(ROUND_OFF), "y", true);
  context.save();
  context.strokeStyle = context.fillStyle = theme.colours.soft;
  context.setLineDash([2, 4]);
  context.beginPath();
  context.moveTo(box.left, y);
  context.lineTo(box.left + box.width, y);
  context.stroke();
  context.font = `${11 * devicePixelRatio}px ${theme.colours.font}`;
  context.textAlign = "right";
  context.textBaseline = "top";
  context.fillText("round-off", box.left + box.width - 4, y + 3);
  context.restore();
}

function said({ keeps, stirrer, stirred, wish }) {
  if (wish.absorb) return "The edge absorbs: norm, energy and momentum leave through it.";
  if (stirrer) return "The stirrer does work: the energy changes, and should.";
  const pushed = keeps.momentum ? "All three are conserved" : "Norm and energy are conserved; V pushes, so momentum need not be";
  return `${pushed}. How far energy departs is the error of a step of order ${wish.order}.${stirred ? " The books began anew when the stirrer let go." : ""}`;
}
