// An accuracy matrix as a table: rows are moments, columns tasks; a cell is a number and a shade.

import { h } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { mixed } from "../../lib/theme.js";

const WIDE = 10; // columns up to which each cell says its number

export function matrix(tasks) {
  const head = h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "after"), tasks.map((name, j) => h("th.number", { scope: "col", title: name }, String(j + 1)))));
  const cells = tasks.map(() => tasks.map(() => h("td.number")));
  const body = h("tbody", {}, cells.map((row, i) => h("tr", {}, h("th", { scope: "row", title: tasks[i] }, String(i + 1)), row)));
  const caption = h("caption.unseen");
  const element = h("div.scroll", { tabIndex: 0, role: "region", "aria-label": "accuracy on each task" },
    h(`table.matrix${tasks.length > WIDE ? ".dense" : ""}`, {}, caption, head, body));

  /** value(i, j): accuracy on task j after task i; rows after `until` are still to come. */
  function draw(_, value, until, name, colours) {
    caption.textContent = `accuracy of ${name} on each task, in per cent, after each task`;
    cells.forEach((row, i) => {
      row[0].parentElement.classList.toggle("now", i === until);
      row.forEach((cell, j) => {
        const v = i <= until ? value(i, j) : NaN;
        const there = !Number.isNaN(v);
        cell.textContent = there ? (tasks.length > WIDE ? "" : number(100 * v, 3)) : "";
        cell.title = there ? `${name} on task ${j + 1} after task ${i + 1}: ${number(100 * v, 4)} %` : "";
        if (tasks.length > WIDE && there) cell.setAttribute("aria-label", cell.title);
        else cell.removeAttribute("aria-label");
        shade(cell, there ? v : null, colours);
      });
    });
  }
  return { element, draw };
}

/** Dark to bright with the accuracy; the number's colour keeps its contrast. */
function shade(cell, v, colours) {
  if (v == null) { cell.style.background = cell.style.color = ""; return; }
  const low = colours.dark ? "#1d2331" : "#eef3fb", high = colours.dark ? "#2a8f74" : "#0b5d4e";
  const rgb = mixed(low, high, Math.min(Math.max(v, 0), 1) ** 1.5);
  const light = [0.2126, 0.7152, 0.0722].reduce((sum, w, k) => sum + w * (rgb[k] / 255) ** 2.2, 0);
  cell.style.background = `rgb(${rgb})`;
  cell.style.color = light > 0.18 ? "#10110f" : "#ffffff";
}
