// A button that opens a list of links or buttons; closes by Escape and by a press elsewhere.

import { h } from "../lib/dom.js";

export function menu(words, items, { className = "" } = {}) {
  const body = h("div.menu-body", {}, items);
  const summary = h("summary.button", {}, words);
  const element = h(`details.menu${className ? `.${className}` : ""}`, {}, summary, body);
  body.addEventListener("click", (event) => { if (event.target.closest("a, button")) element.open = false; });
  return { element, body };
}

/** Close every open menu but the one that holds `target`; whether one was open. */
export function closeMenus(target = null) {
  const open = [...document.querySelectorAll("details.menu[open]")].filter((m) => !m.contains(target));
  for (const one of open) {
    const within = one.contains(document.activeElement);
    one.open = false;
    if (within) one.querySelector("summary").focus();
  }
  return open.length > 0;
}

document.addEventListener("pointerdown", (event) => closeMenus(event.target));
