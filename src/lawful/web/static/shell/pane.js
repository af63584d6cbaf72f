// The place of one view on the page. What goes wrong in a view stays in its place.

import { h } from "../lib/dom.js";
import { sentence } from "./rest.js";
import { TITLES, loaded } from "./views.js";

const BROKEN = "Reload the page. If it stays so, the installation is not whole: install lawful[web] again.";
const FAULT = "What you see may be out of date. Start the view again; if it stays so, reload the page.";

export class Pane {
  #host;
  #page;
  #data;
  #run;
  #links;
  #changed;
  #turn = 0;
  #shown = null; // {name, model, close, cleanup, el, module}
  #notes = h("div.pane-notes");
  #stage = h("div.stage");

  /**
   * @param run  id of the run, or null
   * @param data  the `Shared` of the views of the same data
   * @param links  [{label, href}] further exports, for the views' toolbars
   * @param changed  called with the look when the view has changed it
   */
  constructor({ host, page, data, run, links = [], changed }) {
    [this.#host, this.#page, this.#data, this.#run, this.#links, this.#changed] = [host, page, data, run, links, changed];
    this.element = h("section.pane", {}, this.#notes, this.#stage);
  }

  get view() { return this.#shown?.name ?? null; }

  get look() { return this.#shown?.model.get("look") ?? {}; }

  /** {title, keys} for the help sheet. */
  get keys() {
    return this.#shown && { title: TITLES[this.#shown.name], keys: this.#shown.module.keys ?? [] };
  }

  /** Further exports, once they are known. */
  set links(links) {
    this.#links = links;
    this.#shown?.model.set("links", links);
  }

  /** Show a view; the one before goes when this one is there. */
  async show(name, look = {}) {
    const turn = ++this.#turn;
    this.element.setAttribute("aria-label", TITLES[name] ?? name);
    this.element.setAttribute("aria-busy", "true");
    this.#notes.replaceChildren();
    let module;
    try {
      module = await loaded(name);
    } catch (why) {
      if (turn === this.#turn) this.#failed(name, look, `The view “${TITLES[name] ?? name}” could not be loaded: ${why.message}`, BROKEN);
      return;
    }
    if (turn !== this.#turn) return;
    const before = this.#shown;
    // The new channel opens before the old one ends: what both share goes on meanwhile.
    this.#shown = this.#mounted(name, look, module);
    ended(before);
    this.element.removeAttribute("aria-busy");
  }

  #mounted(name, look, module) {
    const view = module.default?.render ? module.default : module;
    const el = h("div.view");
    // A view measures itself as it is made: it must lie in the page by then.
    this.#stage.append(el);
    const shown = { name, module, el, cleanup: null };
    const line = this.#host.open({
      view: name, run: this.#run, own: { look, links: this.#links }, data: this.#data, page: this.#page,
      saved: (model) => this.#changed?.(model.get("look") ?? {}),
      closed: (why, answered) => {
        if (this.#shown !== shown) return;
        if (answered) this.#note(name, sentence(why), "", this.look);
        else this.#failed(name, this.look, sentence(why), "");
      },
      waiting: (on) => el.classList.toggle("waiting", on),
      reopened: () => { if (this.#shown === shown) this.show(name, this.look); },
    });
    Object.assign(shown, line);
    try {
      const cleanup = view.render({ model: line.model, el });
      Promise.resolve(cleanup).then(
        (f) => { shown.cleanup = f; if (shown.over) f?.(); },
        (why) => this.fault(why),
      );
      return shown;
    } catch (why) {
      line.close();
      el.remove();
      this.#failed(name, look, `The view “${TITLES[name]}” could not be shown: ${why.message}`, BROKEN);
      return null;
    }
  }

  /** A fault inside the view: it is said here, and the page goes on. */
  fault(why) {
    const words = `The view “${TITLES[this.view] ?? ""}” met a fault: ${why?.message ?? why}`;
    this.#note(this.view, words, FAULT, this.look);
  }

  #note(name, words, remedy, look) {
    this.#notes.replaceChildren(h("div.trouble", { role: "alert" }, h("p", {}, words), remedy && h("p.soft", {}, remedy),
      h("button", { type: "button", onclick: () => this.show(name, look) }, "Start the view again")));
  }

  #failed(name, look, words, remedy) {
    ended(this.#shown);
    this.#shown = null;
    this.#stage.replaceChildren();
    this.element.removeAttribute("aria-busy");
    this.#note(name, words, remedy, look);
  }

  close() {
    this.#turn++;
    ended(this.#shown);
    this.#shown = null;
    this.element.remove();
  }
}

function ended(shown) {
  if (!shown || shown.over) return;
  shown.over = true;
  try { shown.cleanup?.(); } catch (why) { reportError(why); }
  shown.close();
  shown.el.remove();
}
