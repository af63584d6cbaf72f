// Shares as a table: a cell is a number and a shade. Accuracies after tasks, or images in basins.

import { h } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { mixed } from "../../lib/theme.js";

const WIDE = 20; // columns up to which each cell shows its number
const EXACT = 10; // columns up to which it shows a digit after the point
const ROOMY = 6; // columns up to which it shows its interval, too

/** @param after  rows are moments after which, or else tasks whose images … */
export function matrix(tasks, { after = false, columns = tasks } = {}) {
  const dense = columns.length > EXACT;
  const shown = (v) => (columns.length > EXACT ? String(Math.round(100 * v)) : number(100 * v, 3));
  const head = h("thead", {}, h("tr", {}, h("th", { scope: "col" }, after ? "after" : "image of"),
    columns.map((name, j) => h("th.number", { scope: "col", title: name }, String(j + 1)))));
  const cells = tasks.map(() => columns.map(() => h("td.number")));
  const body = h("tbody", {}, cells.map((row, i) => h("tr", {}, h("th", { scope: "row", title: tasks[i] }, String(i + 1)), row)));
  const caption = h("caption.unseen");
  const element = h("div.scroll", { tabIndex: 0, role: "region", ariaLabel: after ? "accuracy on each task" : "basins that images fall into" },
    h(`table.matrix${dense ? ".dense" : ""}`, {}, caption, head, body));

  /**
   * @param value  value(i, j): a share, NaN for an empty cell
   * @param half  half(i, j): half of its interval, NaN where there is none
   * @param now  the row that is marked, or null
   * @param said  said(i, j): what the cell is about
   */
  function draw({ value, half = () => NaN, now = null, caption: title, said, colours }) {
    caption.textContent = title;
    cells.forEach((row, i) => {
      row[0]?.parentElement.classList.toggle("now", i === now);
      row.forEach((cell, j) => {
        const [v, w] = [value(i, j), half(i, j)];
        const there = Number.isFinite(v), trust = Number.isFinite(w) ? ` ± ${number(100 * w, 2)}` : "";
        const more = trust && columns.length <= ROOMY ? [h("small", {}, trust)] : [];
        const words = columns.length > WIDE ? h("span.unseen", {}, shown(v)) : shown(v);
        cell.replaceChildren(...(there ? [words, ...more] : []));
        cell.title = there ? `${said(i, j)}: ${number(100 * v, 4)}${trust} %` : "";
        shade(cell, there ? v : null, colours);
      });
    });
  }
  return { element, draw };
}

/** Dark to bright with the share; the number's colour keeps its contrast. */
export function shade(cell, v, colours) {
  if (v == null) { cell.style.background = cell.style.color = ""; return; }
  const low = colours.dark ? "#1d2331" : "#eef3fb", high = colours.dark ? "#2a8f74" : "#0b5d4e";
  const rgb = mixed(low, high, Math.min(Math.max(v, 0), 1) ** 1.5);
  const light = [0.2126, 0.7152, 0.0722].reduce((sum, w, k) => sum + w * (rgb[k] / 255) ** 2.2, 0);
  cell.style.background = `rgb(${rgb})`;
  cell.style.color = light > 0.18 ? "#000000" : "#ffffff";
}
