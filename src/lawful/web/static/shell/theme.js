// Dark or light: by the system until it is chosen, and remembered on this machine.

import { h } from "../lib/dom.js";

const KEY = "lawful-theme";
const ORDER = ["auto", "light", "dark"];
const WORDS = { auto: "as the system", light: "light", dark: "dark" };
const SIGNS = { auto: "◐", light: "○", dark: "●" };

const remembered = () => {
  try {
    const theme = localStorage.getItem(KEY);
    return ORDER.includes(theme) ? theme : "auto";
  } catch {
    return "auto"; // a browser that keeps nothing
  }
};

export const theme = remembered();

/** A button that goes round the themes; `page` is the page's `Shared`. */
export function themeButton(page, said) {
  const sign = h("span.sign", { "aria-hidden": "true" });
  const button = h("button.plain.icon", { type: "button", onclick: () => next() }, sign);
  const shown = () => {
    const now = page.get("theme");
    sign.textContent = SIGNS[now];
    button.setAttribute("aria-label", `colours: ${WORDS[now]}`);
    button.title = `Colours: ${WORDS[now]} (t)`;
  };
  const next = () => {
    const now = ORDER[(ORDER.indexOf(page.get("theme")) + 1) % ORDER.length];
    try { localStorage.setItem(KEY, now); } catch { /* it holds until the page is left */ }
    page.set("theme", now);
    shown();
    said(`colours: ${WORDS[now]}`);
  };
  shown();
  return { element: button, next };
}
