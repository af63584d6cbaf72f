// A run and its views: one at a time, or two side by side that share a cursor.

import { h } from "../lib/dom.js";
import { copied, saved } from "../lib/toolbar.js";
import { LIVE as NO_RUN, fragment } from "./address.js";
import { menu } from "./menu.js";
import { Shared } from "./model.js";
import { Pane } from "./pane.js";
import { asked, taken } from "./rest.js";
import { bytes, kindly, when } from "./runs.js";
import { tabs } from "./tabs.js";
import { TITLES, known } from "./views.js";

const SOON = 300; // milliseconds: a browser allows only so many changes of the address

export class Place {
  #deps;
  #data;
  #panes = [];
  #tabs = [];
  #looks = new Map(); // of views that were open before, by name
  #timer = 0;
  #closed = false;
  #links = [];

  /**
   * @param entry  the run: {id, name, kind, views, sentence, created, size}; id null where it is live
   * @param deps  {host, page, notes, start}
   */
  constructor(entry, deps) {
    this.entry = entry;
    this.#deps = deps;
    this.views = known(entry.views ?? []);
    this.#data = new Shared({ run: 0, cursor: null, equation: "" });
    this.#data.join({ tell: (key) => { if (key !== "cursor") this.#soon(); } });
    this.#build();
    if (entry.id) this.#exports();
  }

  get id() { return this.entry.id ?? NO_RUN; }

  /** {title, keys} of the open views. */
  get keys() { return this.#panes.map((pane) => pane.keys).filter(Boolean); }

  get title() { return `${this.#panes.map((p) => TITLES[p.wanted]).filter(Boolean).join(" and ")} · ${this.entry.name}`; }

  /** What is shown, for the address. */
  get address() {
    return {
      place: this.id, views: this.#panes.map((p) => p.wanted), looks: this.#panes.map((p) => this.#looks.get(p.wanted) ?? {}),
      run: this.#data.get("run") ?? 0, equation: this.#data.get("equation") ?? "",
    };
  }

  /** Show what an address says. */
  show({ views, looks, run, at, equation }) {
    if (!this.views.length) return;
    const wanted = views.filter((v) => this.views.includes(v));
    if (!wanted.length) wanted.push(this.views[0]);
    this.#data.set("run", run);
    this.#data.set("equation", equation);
    if (at != null) this.#data.set("cursor", at);
    while (this.#panes.length > wanted.length) this.#panes.pop().close();
    this.#tabs.length = Math.min(this.#tabs.length, wanted.length);
    wanted.forEach((name, k) => this.#put(k, name, looks[k] ?? {}));
    this.panes.classList.toggle("two", wanted.length > 1);
    this.#arrange();
    if (this.beside) this.beside.setAttribute("aria-pressed", String(wanted.length > 1));
  }

  /** The view of that number, from 1. */
  choose(number) { if (this.views[number - 1]) this.#go(0, this.views[number - 1]); }

  /** A fault of which only the view's name is known; whether the view is open here. */
  fault(name, why) {
    const pane = this.#panes.find((p) => p.view === name);
    pane?.fault(why);
    return Boolean(pane);
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const pane of this.#panes) pane.close();
    this.#panes = [];
    this.element.remove();
  }

  #build() {
    const { entry } = this;
    this.panes = h("div.panes");
    this.beside = this.views.length > 1 && h("button", {
      type: "button", "aria-pressed": "false", title: "Two views of the same data, with one cursor",
      onclick: () => this.#beside(),
    }, "Side by side");
    const share = h("button", { type: "button", title: "Copy the address of what is shown", onclick: () => this.#share(share) }, "Copy link");
    this.exports = entry.id ? menu("Export", [h("p.soft", {}, "Looking what there is …")], { className: "exports" }) : null;
    const find = entry.kind === "data" && h("button.primary", {
      type: "button", onclick: () => this.#deps.start.open("discover", { data: entry.id }),
    }, "Find its laws");
    const size = bytes(entry.size);
    this.heading = h("h1", { tabIndex: -1 }, entry.name);
    this.element = h("article.place", {},
      h("header.place-head", {},
        h("div.place-words", {}, this.heading,
          h("p.soft", {}, entry.sentence ?? ""),
          entry.id && h("p.place-facts.soft", {}, h("span", {}, kindly(entry.kind)), when(entry.created), size && h("span", {}, size))),
        h("div.place-acts", {}, find, this.beside, share, this.exports?.element)),
      this.panes);
    if (!this.views.length) this.panes.append(h("p.trouble", {}, "There is no view for this kind of run yet."));
  }

  async #exports() {
    let found = [];
    try {
      found = (await asked(`/api/v1/runs/${encodeURIComponent(this.entry.id)}`)).exports ?? [];
    } catch (why) {
      if (!this.#closed) this.exports.body.replaceChildren(h("p.soft", {}, why.message));
      return;
    }
    if (this.#closed) return;
    this.#links = found;
    this.exports.body.replaceChildren(...found.map(({ label, href }) => h("a", {
      href, download: "", onclick: (event) => { event.preventDefault(); this.#save(label, href); },
    }, label)), ...(found.length ? [] : [h("p.soft", {}, "There is nothing to take away.")]));
    for (const pane of this.#panes) pane.links = this.#of(pane.wanted);
  }

  /** Films of a view, for its own toolbar. */
  #of(view) { return this.#links.filter(({ href }) => [`/${view}.gif`, `/${view}.mp4`].some((end) => href.endsWith(end))); }

  /** Some are drawn when they are asked for: it is said while that lasts, and what was refused. */
  async #save(label, href) {
    const drawn = /\/export\/trajectory\.(png|gif|mp4)$/.test(href);
    const words = drawn ? `?run=${this.#data.get("run") ?? 0}&theme=${document.body.dataset.theme}` : "";
    const note = this.#deps.notes.put(`Making “${label}” …`, { progress: true });
    try {
      const { blob, name } = await taken(href + words);
      saved(blob, name || `${this.entry.name}`);
    } catch (why) {
      this.#deps.notes.put(`“${label}”: ${why.message}`, { trouble: true });
    } finally {
      note.close();
    }
  }

  #put(k, name, look) {
    let pane = this.#panes[k];
    if (!pane) {
      pane = new Pane({
        host: this.#deps.host, page: this.#deps.page, data: this.#data, run: this.entry.id, links: this.#of(name),
        changed: (changed) => { this.#looks.set(pane.wanted, changed); this.#soon(); },
      });
      this.#panes[k] = pane;
      this.#tabs[k] = tabs({
        views: this.views, label: k ? "the view beside" : "views", panel: pane.element, numbered: !k,
        choose: (view) => this.#go(k, view),
      });
    }
    this.#tabs[k].view = name;
    const kept = JSON.stringify(this.#looks.get(name) ?? {});
    if (pane.wanted === name && JSON.stringify(look) === kept) return;
    pane.wanted = name;
    this.#looks.set(name, look);
    pane.links = this.#of(name);
    pane.show(name, look);
  }

  #arrange() {
    // Only where one is missing or too many: an element that moves loses its focus and its scroll.
    [...this.panes.children].slice(this.#panes.length).forEach((column) => column.remove());
    this.#panes.forEach((pane, k) => {
      if (this.panes.children[k]) return;
      this.panes.append(h("div.column", {}, this.views.length > 1 && this.#tabs[k].element, pane.element));
    });
  }

  #go(k, view) {
    const views = this.#panes.map((p) => p.wanted);
    views[k] = view;
    location.hash = fragment({ ...this.address, views, looks: views.map((v) => this.#looks.get(v) ?? {}) });
  }

  #beside() {
    const views = this.#panes.map((p) => p.wanted);
    if (views.length > 1) views.pop();
    else views.push(this.views.find((v) => v !== views[0]));
    location.hash = fragment({ ...this.address, views, looks: views.map((v) => this.#looks.get(v) ?? {}) });
  }

  #share(button) {
    const cursor = this.#data.get("cursor");
    copied(`${location.origin}/${fragment({ ...this.address, at: Number.isInteger(cursor) ? cursor : null })}`, button);
    this.#deps.notes.say("the address is copied");
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.#closed && this.#panes.length) history.replaceState(null, "", fragment(this.address));
    }, SOON);
  }
}
