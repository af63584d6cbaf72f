// The runs of the folder: what is there, what matches a search, and how old it is.

import { h } from "../lib/dom.js";
import { sign } from "./drawings.js";
import { asked } from "./rest.js";
import { fragment } from "./address.js";

/** What a kind of run is called here. */
export const KINDS = {
  simulate: "data", discover: "laws", learn: "learning", remember: "memory", train: "network", evaluate: "evaluation",
};
export const kindly = (kind) => KINDS[kind] ?? kind;

/** The list of runs, newest first, and who wants to hear of it. */
export class Runs {
  list = [];
  known = false;
  trouble = null;
  #hear = new Set();
  #asking = null;

  on(hear) {
    this.#hear.add(hear);
    return () => this.#hear.delete(hear);
  }

  find(id) { return this.list.find((run) => run.id === id); }

  /** Look again; several calls at once ask once. */
  refresh() {
    this.#asking ??= this.#refreshed().finally(() => { this.#asking = null; });
    return this.#asking;
  }

  async #refreshed() {
    try {
      const answer = await asked("/api/v1/runs");
      const list = Array.isArray(answer) ? answer : answer.runs ?? [];
      const changed = !this.known || JSON.stringify(list) !== JSON.stringify(this.list) || this.trouble;
      [this.list, this.known, this.trouble] = [list, true, null];
      if (changed) this.#tell();
    } catch (why) {
      this.trouble = why;
      this.#tell();
    }
  }

  #tell() { for (const hear of this.#hear) hear(this); }
}

/** A field to search in. */
export const searchField = (placeholder) => h("input.search", {
  type: "search", placeholder, "aria-label": "search among the runs", autocomplete: "off", spellcheck: false,
});

/** The runs in which every word is found. */
export function matching(list, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return list;
  return list.filter((run) => {
    const all = [run.id, run.name, run.kind, kindly(run.kind), run.sentence].join(" ").toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

const moment = (created) => {
  if (created == null || created === "") return NaN;
  return typeof created === "number" ? 1000 * created : Date.parse(created);
};
const SPANS = [[60, 1, "s"], [3600, 60, "min"], [86400, 3600, "h"], [14 * 86400, 86400, "d"]];

/** How long ago, in short: 3 min; a date where it is long. */
export function age(created, now = Date.now()) {
  const then = moment(created);
  if (!Number.isFinite(then)) return "";
  const passed = Math.max((now - then) / 1000, 0);
  if (passed < 10) return "now";
  const span = SPANS.find(([limit]) => passed < limit);
  if (span) return `${Math.floor(passed / span[1])} ${span[2]} ago`;
  return new Date(then).toLocaleDateString(undefined, { year: "numeric", month: "short", day: "numeric" });
}

/** The age as an element with the whole date. */
export function when(created) {
  const then = moment(created);
  if (!Number.isFinite(then)) return null;
  const date = new Date(then);
  return h("time.age", { dateTime: date.toISOString(), title: date.toLocaleString() }, age(created));
}

/** Bring the ages on the page up to date. */
export function aged() {
  for (const element of document.querySelectorAll("time.age")) element.textContent = age(element.dateTime);
}

/** Put other rows into a list; the link that has the focus keeps it. */
export function refilled(list, ...rows) {
  const href = list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  list.replaceChildren(...rows);
  if (href) [...list.querySelectorAll("a")].find((a) => a.getAttribute("href") === href)?.focus({ preventScroll: true });
}

/** A size in bytes: 1.2 MB. */
export function bytes(n) {
  if (!Number.isFinite(n)) return "";
  if (n < 1000) return `${n} B`;
  const k = Math.min(Math.floor(Math.log10(n) / 3), 4);
  return `${Number((n / 1000 ** k).toPrecision(2))} ${["B", "kB", "MB", "GB", "TB"][k]}`;
}

/** The folders that a run lies in, below the one that is shown: networks/. */
const within = (run) => (run.id.endsWith(`~${run.name}`) ? run.id.slice(0, -run.name.length).replaceAll("~", "/") : "");

/** A run in a list: its sign, name, sentence, age. `short` leaves the sentence out. */
export function row(run, { short = false, current = false } = {}) {
  return h(`a.run${short ? ".short" : ""}`, { href: fragment({ place: run.id }), "aria-current": current ? "page" : null },
    sign(run.kind),
    h("span.run-name", { title: within(run) + run.name }, !short && within(run) && h("span.soft", {}, within(run)), run.name),
    short ? h("span.unseen", {}, `, ${kindly(run.kind)}`) : h("span.run-kind", {}, kindly(run.kind)),
    short || !run.sentence ? null : h("span.run-sentence", {}, run.sentence),
    when(run.created));
}
