// The start page: three doors for a newcomer, and the runs of the folder.

import { h } from "../lib/dom.js";
import { LIVE, fragment } from "./address.js";
import { fieldScene, lawScene, networkScene } from "./drawings.js";
import { matching, refilled, row, searchField } from "./runs.js";

const LEDE = "A pendulum, a planet, a quantum field, a network while it learns: see it move, and see what it keeps.";
const MANY = 60; // rows at first: a folder of thousands stays quick

/** @param deps  {runs, upload, start, jobs, notes} */
export class Home {
  #deps;
  #stop;
  #all = false;

  constructor(deps) {
    this.#deps = deps;
    this.heading = h("h1", { tabIndex: -1 }, "What stays the same in anything that evolves.");
    this.search = searchField("Search");
    this.search.addEventListener("input", () => { this.#all = false; this.#shown(true); });
    this.list = h("div.runs");
    this.element = h("div.home", {},
      h("section.lede", {}, this.heading, h("p", {}, LEDE)),
      this.#doors(),
      h("section.folder", { "aria-label": "Runs" },
        h("div.folder-head", {}, h("h2", {}, "Runs"), this.search),
        this.list));
    this.#stop = deps.runs.on(() => this.#shown());
    this.#shown();
  }

  keys = [];

  close() { this.#stop(); this.element.remove(); }

  #doors() {
    const door = (scene, words, sentence, attributes) => h(`${attributes.href ? "a" : "button"}.door`, attributes,
      scene, h("span.door-name", {}, words), h("span.door-words", {}, sentence));
    return h("nav.doors", { "aria-label": "Where to begin" },
      door(networkScene(), "Watch a network learn",
        "Every weight, every neuron, every step; stop it, turn it back, change it.",
        { href: fragment({ place: LIVE, views: ["network"] }) }),
      door(lawScene(), "Find the laws of your data",
        "Drop a table of measurements here, or choose one: CSV, Parquet, NetCDF.",
        { type: "button", onclick: () => this.#deps.upload.choose() }),
      door(fieldScene(), "Stir a field",
        "A quantum fluid under your pointer: density, phase, and the vortices you leave.",
        { href: fragment({ place: LIVE, views: ["field"] }) }));
  }

  #shown(searched = false) {
    const { runs } = this.#deps;
    if (runs.trouble && !runs.known) {
      this.list.replaceChildren(h("div.trouble", { role: "alert" }, h("p", {}, runs.trouble.message),
        h("button", { type: "button", onclick: () => runs.refresh() }, "Look again")));
      return;
    }
    if (!runs.known) { this.list.replaceChildren(h("p.soft", {}, "Looking into the folder …")); return; }
    const found = matching(runs.list, this.search.value);
    if (searched) this.#deps.notes.say(`${found.length} of ${runs.list.length} runs`);
    if (!found.length) this.list.replaceChildren(this.#none());
    else {
      const shown = this.#all ? found : found.slice(0, MANY);
      const all = () => { this.#all = true; this.#shown(); };
      refilled(this.list, h("ul.rows", {}, shown.map((run) => h("li", {}, row(run)))),
        ...(found.length > shown.length ? [h("button", { type: "button", onclick: all }, `Show all ${found.length}`)] : []),
        ...(this.#own(runs.list) ? [] : [this.#empty()]));
    }
  }

  /** Whether the folder holds anything of the reader's: the planets are always there. */
  #own(list) { return list.some((run) => run.id !== "planets"); }

  #none() {
    if (!this.#deps.runs.list.length) return this.#empty();
    const clear = () => { this.search.value = ""; this.#shown(); this.search.focus(); };
    return h("div.empty", {}, h("p", {}, `No run holds “${this.search.value}”.`),
      h("button", { type: "button", onclick: clear }, "Clear the search"));
  }

  #empty() {
    const start = (command) => () => this.#deps.start.open(command);
    return h("div.empty", {},
      h("p", {}, "There is no run of yours in this folder yet. Drop a file of measurements anywhere on this page, or begin with something known:"),
      h("div.row", {},
        h("button", { type: "button", onclick: start("simulate") }, "Simulate a system"),
        h("button", { type: "button", onclick: () => this.#deps.start.open("discover", { data: "planets" }) }, "Find the planets’ laws"),
        h("button", { type: "button", onclick: start("learn") }, "Let networks learn")));
  }
}
