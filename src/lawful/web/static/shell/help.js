// The help sheet: keys of the page and of the views that are open.

import { h } from "../lib/dom.js";

export const KEYS = [
  ["?", "this sheet"],
  ["/", "search among the runs"],
  ["1 … 8", "the view of that number"],
  ["t", "colours: as the system, light, dark"],
  ["Tab", "from control to control"],
  ["Esc", "close what is open"],
];

/** A dialog of the page: its head with a button to close it, and its body. */
export function sheet(title, { className = "", ...attributes } = {}) {
  const heading = h("h2", { id: `sheet-${title.toLowerCase().replace(/\W+/g, "-")}` }, title);
  const body = h("div.sheet-body");
  const dialog = h(`dialog.sheet${className ? `.${className}` : ""}`, { "aria-labelledby": heading.id, ...attributes },
    h("div.sheet-head", {}, heading, h("button.plain.icon", { type: "button", "aria-label": "close", onclick: () => dialog.close() }, "×")),
    body);
  // A press on what lies behind a dialog means: enough of it.
  dialog.addEventListener("pointerdown", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  return { dialog, body, heading, open() { if (!dialog.open) dialog.showModal(); } };
}

/** @param views  gives [{title, keys}] of the open views */
export function help(views) {
  const { dialog, body, open } = sheet("Keys", { className: "help" });
  const table = (title, keys) => h("section", {}, h("h3", {}, title),
    h("dl.keys", {}, keys.map(([key, does]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, does)]).flat()));
  return {
    open() {
      const open_ = views().filter(({ keys }) => keys?.length);
      body.replaceChildren(...[table("Everywhere", KEYS), ...open_.map(({ title, keys }) => table(title, keys))],
        h("p.soft", {}, "The keys of a view act while it has the focus, or nothing else has."));
      open();
    },
    dialog,
  };
}
