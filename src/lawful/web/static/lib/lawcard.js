// One law as a card: its formula, how sure it is and why, its constants with their intervals.

import { h } from "./dom.js";
import { formula } from "./formula.js";
import { number, percent } from "./format.js";
import { constantRow } from "./interval.js";

const SHOWN = 8; // constants; more are folded away

/** How many nines R² has; never rounded up to 1. */
export function scored(r2) {
  if (r2 == null || Number.isNaN(r2)) return "–";
  const short = 1 - r2;
  if (short <= 1e-16) return "1";
  return short > 1e-4 ? number(Math.floor(r2 * 1e5) / 1e5, 5) : `1 − ${number(short, 1)}`;
}

/**
 * @param law  of the scene
 * @param onchoose  called where it is to be shown along a run
 */
export function lawCard(law, onchoose) {
  const name = h("button.name", { type: "button", onclick: () => onchoose() }, law.name);
  const card = h("article.law-card.panel", {},
    h("header.row", {}, h("h3", {}, name), badge(law)),
    formula(law.latex, law.expression, { block: true }),
    law.trouble && h("p.trouble", {}, `Not read as a formula, and shown as text: ${law.trouble}`),
    h("p.soft", {}, `${law.grade}: ${law.meaning}.`),
    law.balance && h("div.balance", {}, h("span.soft", {}, "It changes at the rate"), formula(law.balance.latex, law.balance.expression, { block: true })),
    summary(law), h("dl.facts", {}, law.facts.flatMap((f) => [h("dt", {}, f.name), h("dd", {}, h("span.value", {}, f.text), " ", h("span.soft", {}, f.words))])),
    constants(law), law.note && h("p.remark", {}, law.note));
  card.addEventListener("click", (event) => {
    // What can be used or marked inside a card keeps its own click.
    if (!event.target.closest("button, summary, a") && !String(getSelection())) onchoose();
  });
  return {
    element: card, expression: law.expression,
    set chosen(on) { card.classList.toggle("shown", on); name.setAttribute("aria-pressed", String(on)); },
  };
}

export function badge({ sign, grade }) {
  return h("span.grade", { title: grade }, h("span", { "aria-hidden": "true" }, sign), ` ${grade}`);
}

function summary(law) {
  const parts = [
    ["complexity", law.complexity == null ? "–" : String(law.complexity)],
    law.r2 != null && ["R²", scored(law.r2)],
    ["units", law.units || "none"],
    ["spread between runs", number(law.spread, 3)],
  ].filter(Boolean);
  return h("p.summary", {}, parts.map(([word, value]) => h("span", {}, h("span.soft", {}, word), " ", h("span.value", {}, value))));
}

function constants({ name, constants: list }) {
  if (!list.length) return "";
  const table = h("div.scroll", { tabIndex: 0, role: "region", "aria-label": `constants of ${name}` }, h("table.constants", {},
    h("thead", {}, h("tr", {}, ["constant", "value", "interval", "taken as"].map((w) => h("th", { scope: "col" }, w)))),
    h("tbody", {}, list.map(constantRow))));
  return list.length <= SHOWN ? table : h("details", {}, h("summary", {}, `${list.length} constants`), table);
}

/** What is known of the last formula of a search, in a line each. */
export function worth(front) {
  const said = [];
  if (front.r2 != null) said.push(`R² ${scored(front.r2)}${front.r2_of ? ` against the true ${front.r2_of}` : ""}`);
  if (front.exact_form != null) said.push(front.exact_form ? "the exact form of the truth" : "another form than the truth");
  if (front.final.within_total != null) said.push(`${percent(front.final.within_total, 2)} of its variance within runs`);
  return said;
}
