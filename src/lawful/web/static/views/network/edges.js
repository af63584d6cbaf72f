// Weights as lines: colour and dashes tell the sign, thickness tells the size. Between wide
// layers a matrix of coloured cells stands in their place.

import { ends } from "./plan.js";
import { ramp } from "./maps.js";

const LEVELS = 9;
const DASH = [5, 4];

/** How strong a weight looks, from 0 to 1: half way at a weight of one. */
export const strength = (w) => Math.tanh(Math.abs(w) * 0.55);

/**
 * Draw the edges of a block.
 * @param value  value(i, j): the number an edge shows
 * @param colours  of the theme
 * @param lit  lit(i, j): whether an edge stands out, where others are put back
 * @param light  how much of all is seen, 0 … 1
 */
export function drawEdges(context, block, value, colours, { lit = null, light = 1 } = {}) {
  const groups = new Map();
  for (let i = 0; i < block.from.n; i++) {
    for (let j = 0; j < block.to.n; j++) {
      const w = value(i, j);
      if (!Number.isFinite(w)) continue;
      const level = Math.round(strength(w) * LEVELS);
      const key = (lit && !lit(i, j) ? 100 : 0) + (w < 0 ? 50 : 0) + level;
      if (!groups.has(key)) groups.set(key, new Path2D());
      const path = groups.get(key);
      const [x0, y0, x1, y1] = ends(block, i, j);
      path.moveTo(x0, y0);
      path.lineTo(x1, y1);
    }
  }
  context.save();
  if (colours.dark) context.globalCompositeOperation = "lighter";
  for (const [key, path] of groups) stroke(context, path, key, colours, light);
  context.restore();
}

function stroke(context, path, key, colours, light) {
  const back = key >= 100, negative = key % 100 >= 50, s = (key % 50) / LEVELS;
  context.strokeStyle = negative ? colours.negative : colours.positive;
  const alpha = light * (back ? 0.16 : 1);
  if (s > 0.5 && !back) {
    // What is strong shines: a wide faint line under the thin bright one.
    context.globalAlpha = alpha * 0.13 * s;
    context.lineWidth = 4 + 7 * s;
    context.setLineDash([]);
    context.stroke(path);
  }
  context.setLineDash(negative ? DASH : []);
  context.globalAlpha = alpha * (0.16 + 0.8 * s);
  context.lineWidth = 0.5 + 3.1 * s;
  context.stroke(path);
}

/** The matrices of a network, each a small picture that is scaled where it is drawn. */
export class Matrices {
  #pictures = [];
  #ramp;

  constructor(colours) { this.#ramp = ramp(colours); }

  /** Draw the matrix of block k; `value` as for edges. */
  draw(context, k, block, value, colours, { light = 1 } = {}) {
    const { from: { n: rows }, to: { n: columns } } = block;
    const picture = this.#picture(k, rows, columns);
    const { words, values } = picture;
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) values[i * columns + j] = value(i, j);
    let square = 0;
    for (const v of values) if (Number.isFinite(v)) square += v * v;
    const scale = Math.max(1e-9, 2.2 * Math.sqrt(square / values.length));
    const by = 127.5 / scale;
    for (let n = 0; n < values.length; n++) {
      const v = values[n];
      words[n] = v === v ? this.#ramp[Math.max(0, Math.min(255, (127.5 + v * by) | 0))] : 0;
    }
    picture.context.putImageData(picture.image, 0, 0);
    context.save();
    context.globalAlpha = 0.25 + 0.75 * light;
    context.imageSmoothingEnabled = block.w < columns || block.h < rows;
    context.drawImage(picture.canvas, block.x, block.y, block.w, block.h);
    context.globalAlpha = 1;
    context.strokeStyle = colours.hair;
    context.lineWidth = 1;
    context.strokeRect(block.x - 0.5, block.y - 0.5, block.w + 1, block.h + 1);
    this.#signs(context, block, values, by, colours);
    context.restore();
  }

  /** Where there is room a dash says that a weight is negative: colour is not the only sign. */
  #signs(context, block, values, by, colours) {
    const { from: { n: rows }, to: { n: columns } } = block;
    const [w, h] = [block.w / columns, block.h / rows];
    if (w < 5 || h < 4) return;
    context.beginPath();
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        if (values[i * columns + j] * by > -30) continue;
        const [x, y] = [block.x + (j + 0.5) * w, block.y + (i + 0.5) * h];
        context.moveTo(x - w * 0.22, y);
        context.lineTo(x + w * 0.22, y);
      }
    }
    context.strokeStyle = colours.ink;
    context.globalAlpha = 0.7;
    context.stroke();
  }

  #picture(k, rows, columns) {
    const there = this.#pictures[k];
    if (there?.canvas.width === columns && there.canvas.height === rows) return there;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [columns, rows];
    const context = canvas.getContext("2d");
    const image = context.createImageData(columns, rows);
    return (this.#pictures[k] = {
      canvas, context, image, words: new Uint32Array(image.data.buffer), values: new Float32Array(rows * columns),
    });
  }
}
