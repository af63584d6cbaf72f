// The runs beside a run; on a narrow screen, a drawer.

import { h } from "../lib/dom.js";
import { LIVE as NO_RUN, fragment } from "./address.js";
import { sign } from "./drawings.js";
import { matching, refilled, row, searchField } from "./runs.js";
import { LIVE } from "./views.js";

const MANY = 200;

export class Sidebar {
  #runs;
  #current = { place: null, view: null };
  #key = "";

  /** @param acts  buttons that have no room at the top of a narrow screen */
  constructor(element, runs, notes, acts) {
    [this.element, this.#runs] = [element, runs];
    this.search = searchField("Search runs");
    this.search.addEventListener("input", () => { this.#shown(); notes.say(`${this.list.querySelectorAll("li").length} runs`); });
    this.live = h("ul.rows");
    this.list = h("ul.rows");
    this.none = h("p.soft.nothing", {});
    element.append(
      h("div.side-acts", {}, acts),
      h("nav", { "aria-label": "Live" }, h("h2", {}, "Live"), this.live),
      h("nav.side-runs", { "aria-label": "Runs" }, h("h2", {}, "Runs"), this.search, this.list, this.none));
    // On a narrow screen, a choice closes the drawer.
    element.addEventListener("click", (event) => { if (event.target.closest("a")) this.open = false; });
    runs.on(() => this.#shown());
    this.#shown();
  }

  get open() { return document.body.classList.contains("drawer"); }

  set open(open) {
    if (open === this.open) return;
    document.body.classList.toggle("drawer", open);
    for (const other of document.querySelectorAll("#main, .skip")) other.inert = open;
    this.button?.setAttribute("aria-expanded", String(open));
    if (open) this.element.querySelector("a, input, button")?.focus();
    else if (this.element.contains(document.activeElement)) this.button?.focus();
  }

  /** What is shown now. */
  set current({ place, view }) {
    this.#current = { place, view };
    this.#shown();
    this.element.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest" });
  }

  #shown() {
    const { place, view } = this.#current;
    refilled(this.live, ...LIVE.map((entry) => h("li", {}, h("a.run.short", {
      href: fragment({ place: NO_RUN, views: [entry.views[0]] }), "aria-current": place === NO_RUN && entry.views.includes(view) ? "page" : null,
    }, sign(entry.kind), h("span.run-name", {}, entry.name)))));
    const found = matching(this.#runs.list, this.search.value).slice(0, MANY);
    // A list that has not changed is not made again: what has the focus keeps it.
    const key = JSON.stringify([found, place]);
    if (key === this.#key) return;
    this.#key = key;
    refilled(this.list, ...found.map((run) => h("li", {}, row(run, { short: true, current: run.id === place }))));
    this.none.textContent = found.length ? "" : this.search.value ? `No run holds “${this.search.value}”.` : "None yet.";
  }
}
