// What basins recall: an image falls into the basin of lowest energy, and nobody says its task.

import { choice, h } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { picture } from "./image.js";
import { matrix } from "./matrix.js";
import { way } from "./way.js";

const CARDS = 20; // tasks whose images are shown
const BARS = 12; // basins whose energies are drawn for one image

export function recall(scene, theme, { line, look, keep, say }) {
  const [tasks, each] = scene.images.shape;
  const deep = Object.keys(scene).filter((key) => key.startsWith("energies/")).map((key) => key.slice(9));
  const [t0, k0] = Array.isArray(look.image) ? look.image : [];
  let task = inside(t0, Math.min(tasks, CARDS)), image = inside(k0, each);
  const buttons = [];
  const cards = Array.from({ length: Math.min(tasks, CARDS) }, (_, t) => h("figure", {},
    h("div.row.tight", {}, Array.from({ length: each }, (_, k) => {
      const one = h("button.thumb", { type: "button", ariaPressed: "false", ariaLabel: named(t, k), onclick: () => choose(t, k) },
        picture(part(scene.images, t * each + k), scene.images.shape, 44));
      buttons.push([one, t, k]);
      return one;
    })),
    h("figcaption", {}, `${t + 1}: ${scene.tasks[t]}`)));

  const method = deep.length ? choice({ words: "method", options: deep, value: deep.includes(look.basins) ? look.basins : deep[0], onchange: (v) => { keep({ basins: v }); draw(); } }) : null;
  const seen = h("div.row.recalled"), bars = h("div.bars"), verdict = h("p");
  const shares = method && matrix(scene.tasks.slice(0, scene[`recalled/${deep[0]}`].shape[0]), { columns: scene.tasks.slice(0, scene[`recalled/${deep[0]}`].shape[1]) });
  const passage = scene.fields?.length ? way(scene, theme, { line }) : null;
  const element = h("section.panel.recall", { ariaLabel: "the tasks and what is recalled" },
    h("h3", {}, "The tasks, as they are seen"),
    h("div.gallery", {}, cards),
    method && h("div.grid.fallen", {},
      h("div", {}, h("h3", {}, "Into which basin it falls"), method.element, seen, bars, verdict),
      h("div", {}, h("h3", {}, "Of all test images"), h("p.soft.remark", {}, "Rows: the task an image is of. Columns: the basin that lies deepest for it. Per cent; nobody says the task."), shares.element)),
    passage && passage.element);

  function named(t, k) {
    const label = scene.labels && scene.classes[scene.labels[t * scene.labels.shape[1] + k]];
    return `image ${k + 1} of task ${t + 1}${label ? `, a ${label}` : ""}`;
  }

  function choose(t, k) {
    [task, image] = [t, k];
    keep({ image: [t, k] });
    draw();
    say(`${named(t, k)}. ${verdict.textContent}`);
  }

  function draw() {
    for (const [one, t, k] of buttons) one.ariaPressed = String(t === task && k === image);
    if (method) fall();
    passage?.choose(task, image, named(task, image));
  }

  function fall() {
    const energies = scene[`energies/${method.value}`], [rows, images, basins] = energies.shape;
    const table = scene[`recalled/${method.value}`];
    shares.draw({
      value: (i, j) => table[i * table.shape[1] + j], caption: `share of the test images of each task that fall into each basin of ${method.value}, in per cent`,
      said: (i, j) => `images of task ${i + 1} in basin ${j + 1}`, colours: theme.colours,
    });
    if (task >= rows || image >= images) { seen.replaceChildren(); bars.replaceChildren(); verdict.textContent = "No energies are kept of this image."; return; }
    const from = (task * images + image) * basins, own = energies.subarray(from, from + basins);
    const deepest = own.indexOf(Math.min(...own));
    const density = scene.densities && deepest < scene.densities.shape[0];
    seen.replaceChildren(
      h("figure", {}, picture(part(scene.images, task * each + image), scene.images.shape, 88, named(task, image)), h("figcaption", {}, "the image")),
      h("span.arrow", { "aria-hidden": "true" }, "→"),
      ...(density ? [h("figure", {}, picture(part(scene.densities, deepest), scene.densities.shape, 88, `attractor of basin ${deepest + 1}`), h("figcaption", {}, `attractor |ψ|² of basin ${deepest + 1}`))] : []));
    bars.replaceChildren(...depths(own, deepest));
    const right = deepest === task;
    verdict.textContent = `${right ? "✓" : "✗"} It falls into basin ${deepest + 1}, ${right ? "its own task's" : `not into basin ${task + 1}, its own task's`}.`;
  }

  /** Energies above the lowest, as bars; of many basins those that lie deepest. */
  function depths(own, deepest) {
    const order = [...own.keys()].sort((a, b) => own[a] - own[b]).slice(0, BARS).sort((a, b) => a - b);
    const most = Math.max(...order.map((b) => own[b])) - own[deepest] || 1;
    return order.map((b) => {
      const fill = h(`span.fill${b === deepest ? ".deepest" : ""}`);
      fill.style.width = `${Math.max((100 * (own[b] - own[deepest])) / most, 1)}%`;
      return h("div.bar", {}, h("span", {}, `basin ${b + 1}${b === task ? " (own)" : ""}`), h("span.track", {}, fill),
        h("span.value", {}, b === deepest ? `E = ${number(own[b], 4)}` : `+ ${number(own[b] - own[deepest], 3)}`));
    });
  }

  draw();
  return {
    element, rebuild: () => { if (method) fall(); passage?.rebuild(); },
    canvases: () => passage?.canvases() ?? [], close: () => passage?.close(),
  };
}

const inside = (k, most) => (Number.isInteger(k) && k >= 0 && k < most ? k : 0);

/** The k-th plane of an array whose last two axes are a plane. */
function part(array, k) {
  const [rows, columns] = array.shape.slice(-2);
  return array.subarray(k * rows * columns, (k + 1) * rows * columns);
}
