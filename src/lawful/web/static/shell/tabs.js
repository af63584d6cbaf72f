// A row of tabs: one is in the order of Tab, the arrows go from one to the next.

import { h } from "../lib/dom.js";
import { TITLES } from "./views.js";

let count = 0;

/** @param choose  called with the name of the view that is wanted */
export function tabs({ views, label, panel, choose, numbered = true }) {
  panel.id ||= `pane-${++count}`;
  const buttons = views.map((name, k) => h("button.tab", {
    type: "button", role: "tab", id: `${panel.id}-tab-${k}`, "aria-controls": panel.id, tabIndex: -1, "aria-selected": "false",
    title: numbered && k < 8 ? `${TITLES[name]} (${k + 1})` : TITLES[name], onclick: () => choose(name),
  }, TITLES[name]));
  const element = h("div.tabs", { role: "tablist", "aria-label": label }, buttons);
  if (views.length > 1) panel.setAttribute("role", "tabpanel");
  element.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, Home: -buttons.length, End: buttons.length }[event.key];
    if (!by || !buttons.length) return;
    const at = buttons.indexOf(document.activeElement);
    const to = Math.abs(by) > 1 ? (by < 0 ? 0 : buttons.length - 1) : (at + by + buttons.length) % buttons.length;
    event.preventDefault();
    event.stopPropagation();
    buttons[to].focus();
    choose(views[to]);
  });
  return {
    element,
    set view(name) {
      const at = Math.max(views.indexOf(name), 0);
      buttons.forEach((button, k) => {
        button.setAttribute("aria-selected", String(k === at));
        button.tabIndex = k === at ? 0 : -1;
      });
      if (views.length > 1) panel.setAttribute("aria-labelledby", buttons[at].id);
      // On a narrow screen the row scrolls: the chosen tab is in sight.
      buttons[at]?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    },
  };
}
