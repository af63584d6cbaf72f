// What the tasks look like, what the basins' attractors are, and which basin an image falls into.

import { h } from "../../lib/dom.js";
import { number } from "../../lib/format.js";

const SIZE = 56;

export function gallery(scene) {
  const [tasks, each, rows, columns] = scene.images.shape;
  const area = rows * columns;
  const cards = Array.from({ length: Math.min(tasks, 20) }, (_, t) => h("figure", {},
    h("div.row.tight", {}, Array.from({ length: Math.min(each, 4) }, (_, k) =>
      image(scene.images.subarray((t * each + k) * area, (t * each + k + 1) * area), columns, rows, `image ${k + 1} of task ${t + 1}`))),
    scene.densities && t < scene.densities.shape[0] && h("div.row.tight.attractor", {},
      image(scene.densities.subarray(t * scene.densities.shape[1] * scene.densities.shape[2], (t + 1) * scene.densities.shape[1] * scene.densities.shape[2]),
        scene.densities.shape[2], scene.densities.shape[1], `density of the attractor of task ${t + 1}`),
      h("span.soft", {}, "attractor |ψ|²")),
    h("figcaption", {}, `${t + 1}: ${scene.tasks[t]}`)));
  return h("section.panel", { "aria-label": "images of the tasks" }, h("h3", {}, "The tasks, as they are seen"), h("div.gallery", {}, cards), fallen(scene));
}

/** Which basin lies deepest for the images of each task: the share of images, by method. */
function fallen(scene) {
  const names = Object.keys(scene).filter((key) => key.startsWith("depths/"));
  if (!names.length) return null;
  return h("div.fallen", {}, h("h3", {}, "Into which basin an unseen image falls"),
    h("p.soft", {}, "Nobody says the task at test: the deepest basin answers. Share of images that fall into their own task's."),
    h("ul", {}, names.map((key) => {
      const [tasks, images, basins] = scene[key].shape;
      let own = 0;
      for (let t = 0; t < tasks; t++) for (let k = 0; k < images; k++) {
        let best = 0;
        const from = (t * images + k) * basins;
        for (let b = 1; b < basins; b++) if (scene[key][from + b] < scene[key][from + best]) best = b;
        own += best === t;
      }
      return h("li", {}, h("strong", {}, key.slice(7)), ` ${number((100 * own) / (tasks * images), 4)} %`);
    })));
}

function image(values, columns, rows, label) {
  const canvas = h("canvas.image", { width: columns, height: rows, role: "img" });
  canvas.setAttribute("aria-label", label);
  canvas.style.width = `${SIZE}px`;
  canvas.style.height = `${Math.round((SIZE * rows) / columns)}px`;
  let most = 1e-12;
  for (const v of values) if (v > most) most = v;
  const context = canvas.getContext("2d");
  const bitmap = context.createImageData(columns, rows);
  values.forEach((v, k) => {
    const light = Math.round(255 * Math.min(Math.max(v / most, 0), 1));
    bitmap.data.set([light, light, light, 255], 4 * k);
  });
  context.putImageData(bitmap, 0, 0);
  return canvas;
}
