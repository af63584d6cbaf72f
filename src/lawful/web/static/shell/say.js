// What the page says by itself: a line for screen readers, and notes that pass or stay.

import { h } from "../lib/dom.js";

const PASSING = 6000;

/** The page's notes. */
export class Notes {
  #live = h("div.unseen", { role: "status", "aria-live": "polite" });
  #list = h("div.notes", { role: "region", "aria-label": "Notes" });
  #all = h("div", {}, this.#live, this.#list);
  #root;

  constructor(root) {
    this.#root = root;
    root.append(this.#all);
    document.addEventListener("close", () => this.#place(), true);
  }

  /** What is outside an open dialog can be neither pressed nor heard: notes go into it. */
  #place() {
    const there = [...document.querySelectorAll("dialog[open]")].at(-1) ?? this.#root;
    if (this.#all.parentNode !== there) there.append(this.#all);
  }

  /** For screen readers alone. */
  say(words) { this.#place(); this.#live.textContent = words; }

  /**
   * A note.
   * @param trouble  it stays until it is put away, and is said at once
   * @param links  [{label, href}] or [{label, act}]
   */
  put(words, { trouble = false, links = [], progress = false } = {}) {
    this.#place();
    // The same refusal twice is one note.
    for (const other of this.#list.children) if (trouble && other.firstElementChild.textContent === words) other.remove();
    const text = h("p", {}, words);
    const bar = progress ? h("progress", { max: 1, "aria-label": words }) : null;
    const away = () => note.remove();
    const note = h(`div.note${trouble ? ".trouble" : ""}`, { role: trouble ? "alert" : "status" },
      text, bar,
      h("div.note-links", {}, links.map(({ label, href, act }) => (href
        ? h("a", { href, onclick: away }, label)
        : h("button.plain", { type: "button", onclick: () => { act(); } }, label)))),
      h("button.plain.away", { type: "button", "aria-label": "put this note away", onclick: away }, "×"));
    this.#list.append(note);
    let timer = 0;
    if (!trouble && !progress) {
      const wait = () => { timer = setTimeout(away, PASSING); };
      // A note that is being read stays.
      note.addEventListener("pointerenter", () => clearTimeout(timer));
      note.addEventListener("pointerleave", wait);
      note.addEventListener("focusin", () => clearTimeout(timer));
      note.addEventListener("focusout", wait);
      wait();
    }
    return {
      close: away,
      say(said) { text.textContent = said; },
      set share(x) { if (bar) { if (x == null) bar.removeAttribute("value"); else bar.value = x; } },
    };
  }

  /** Put the oldest note away; whether there was one. */
  dismiss() {
    const note = this.#list.firstElementChild;
    note?.remove();
    return Boolean(note);
  }
}
