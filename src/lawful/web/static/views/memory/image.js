// A small image of grey values, as sharp as its pixels.

import { h } from "../../lib/dom.js";

/**
 * @param values  rows from the top
 * @param shape  of the array it is from: the last two are rows and columns
 * @param size  its width on the page
 * @param label  for a screen reader; without one it is decoration
 */
export function picture(values, shape, size, label = "") {
  const [rows, columns] = shape.slice(-2);
  const canvas = h("canvas.image", { width: columns, height: rows });
  if (label) { canvas.setAttribute("role", "img"); canvas.setAttribute("aria-label", label); }
  else canvas.setAttribute("aria-hidden", "true");
  canvas.style.width = `${size}px`;
  canvas.style.height = `${Math.round((size * rows) / columns)}px`;
  let most = 1e-12;
  for (const v of values) if (v > most) most = v;
  const context = canvas.getContext("2d"), bitmap = context.createImageData(columns, rows);
  values.forEach((v, k) => {
    const light = Math.round(255 * Math.min(Math.max(v / most, 0), 1));
    bitmap.data.set([light, light, light, 255], 4 * k);
  });
  context.putImageData(bitmap, 0, 0);
  return canvas;
}
