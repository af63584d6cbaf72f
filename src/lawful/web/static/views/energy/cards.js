// What is watched, one card each: its formula, its verdict in this run, where it breaks.

import { h } from "../../lib/dom.js";
import { formula } from "../../lib/formula.js";
import { count, number, percent } from "../../lib/format.js";

const JUMPS = 8; // buttons at once
const SIGNS = ["–", "✓", "✕", "↗"];
const WORDS = ["not judged", "holds", "broken", "drifts"];
const measured = (v, units, digits = 5) => `${number(v, digits)}${units ? ` ${units}` : ""}`;

/**
 * @param quantity  of the scene
 * @param unit  of the time
 * @param on  whether its curve is shown
 * @param hear  {show(name, on), jump(excursion)}
 */
export function card(quantity, unit, on, hear) {
  const q = quantity, judged = ["law", "leak", "balance"].includes(q.kind);
  const input = h("input", { type: "checkbox", checked: on });
  input.addEventListener("change", () => hear.show(q.name, input.checked));
  return h("article.panel.watched", {},
    h("header.row", {}, h("label", {}, input, h("b", {}, ` ${q.name}`)), judged && verdict(q)),
    q.latex || q.expression ? formula(q.latex, q.expression, { block: true }) : "",
    q.balance ? h("div.source", {}, h("span.soft", {}, "less what comes at the rate "), formula(q.balance.latex, q.balance.expression, { block: true })) : "",
    h("p.soft.sort", {}, q.grade && q.kind !== "balance" ? `${q.sign} ${q.grade}: ${q.meaning}` : q.long_name && q.kind !== "law" ? q.long_name : q.words),
    h("p.soft", {}, `at the start ${measured(q.level, q.units)}`),
    judged && said(q, unit), judged && q.excursions.length > 0 && jumps(q, unit, hear.jump),
    (q.notes ?? []).length > 0 && h("details", {}, h("summary", {}, "What limits the verdict"), q.notes.map((n) => h("p.soft", {}, n))));
}

const verdict = (q) => h(`span.verdict.state-${q.state}`, {}, h("span", { "aria-hidden": "true" }, SIGNS[q.state]), ` ${WORDS[q.state]}`);

/** The verdict in a sentence. */
function said(q, unit) {
  if (!q.judged) return h("p", {}, q.state === 0 && q.count === 0 ? "Not judged: too few samples, or too many to be judged here." : "");
  if (q.state === 1) return h("p", {}, `Within its band; noise ${measured(q.noise, q.units, 2)}.`);
  const parts = [];
  if (q.count) {
    const first = q.excursions[0];
    parts.push(`Broken ${q.count === 1 ? "once" : `${count(q.count)} times`}, first at ${measured(first.start, unit)}`);
    if (q.share != null) parts.push(`by ${percent(q.share, 2)} of its spread between runs`);
  }
  if (q.drifts) parts.push(`${parts.length ? "and it " : "It "}drifts by ${number(q.drift, 2)} [${number(q.drift_low, 2)}, ${number(q.drift_high, 2)}] a unit of time`);
  return h("p", {}, `${parts.join(", ")}.`);
}

function jumps(q, unit, jump) {
  const button = (e, k) => h("button.jump", { type: "button", title: `by ${number(e.peak, 3)} at most, ${number(Math.abs(e.sigmas), 3)} standard deviations`, onclick: () => jump(e) },
    h("span", { "aria-hidden": "true" }, "⚑ "), `${k + 1}: ${measured(e.start, unit, 4)}${e.lasting ? " to the end" : ` to ${number(e.end, 4)}`}`);
  const first = q.excursions.slice(0, JUMPS), more = q.excursions.slice(JUMPS);
  return h("div.jumps", { role: "group", "aria-label": `where ${q.name} breaks` }, first.map((e, k) => button(e, k)),
    more.length > 0 && h("details", {}, h("summary", {}, `${count(more.length)} more`), more.map((e, k) => button(e, k + JUMPS))));
}
