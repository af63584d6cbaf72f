// Small maps of numbers as pixels: one ramp of colours, one canvas of tiles.

import { diverging } from "../../lib/theme.js";

/** 256 colours from negative over the ground to positive, as the words of an ImageData. */
export function ramp(colours, middle) {
  const rgb = diverging(colours, middle);
  return Uint32Array.from({ length: 256 }, (_, k) => (255 << 24) | (rgb[3 * k + 2] << 16) | (rgb[3 * k + 1] << 8) | rgb[3 * k]);
}

const bounded = (t) => (t < 0 ? 0 : t > 255 ? 255 : t | 0);

/** Colours of numbers from −scale to scale into `words`; rows of `side` turned over: maps read upward. */
export function coloured(words, values, start, side, ramp, scale) {
  const by = 127.5 / scale;
  for (let row = 0; row < side; row++) {
    const [from, to] = [start + row * side, (side - 1 - row) * side];
    for (let c = 0; c < side; c++) {
      const v = values[from + c];
      words[to + c] = v === v ? ramp[bounded(127.5 + v * by)] : 0; // a gap stays clear
    }
  }
}

/** The largest size of `count` numbers from `start`. */
export function largest(values, start, count) {
  let most = 1e-9;
  for (let k = start; k < start + count; k++) {
    const size = Math.abs(values[k]);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}

/** One canvas with a square tile for each of many maps, drawn from as a whole. */
export class Atlas {
  constructor(count, side) {
    this.side = side;
    this.canvas = document.createElement("canvas");
    this.canvas.width = side;
    this.canvas.height = Math.max(1, count) * side;
    this.context = this.canvas.getContext("2d");
    this.image = this.context.createImageData(side, this.canvas.height);
    this.words = new Uint32Array(this.image.data.buffer);
  }

  /** Numbers of a tile, from −scale to scale. */
  paint(k, values, start, ramp, scale) {
    const size = this.side * this.side;
    coloured(this.words.subarray(k * size, (k + 1) * size), values, start, this.side, ramp, scale);
  }

  /** After all tiles are painted. */
  finish() { this.context.putImageData(this.image, 0, 0); }

  /** A tile in a circle. */
  draw(context, k, x, y, r) {
    context.save();
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.clip();
    // Half a cell is left out at the rim, or the neighbours in the atlas would shine through.
    context.drawImage(this.canvas, 0.5, k * this.side + 0.5, this.side - 1, this.side - 1, x - r, y - r, 2 * r, 2 * r);
    context.restore();
  }
}

const haloes = new Map();
/** A soft round light of one colour, drawn once. */
export function halo(colour) {
  if (!haloes.has(colour)) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 96;
    const context = canvas.getContext("2d");
    const light = context.createRadialGradient(48, 48, 0, 48, 48, 48);
    for (const [at, alpha] of [[0, 1], [0.25, 0.62], [0.5, 0.24], [0.75, 0.06], [1, 0]]) {
      light.addColorStop(at, colour + Math.round(alpha * 255).toString(16).padStart(2, "0"));
    }
    context.fillStyle = light;
    context.fillRect(0, 0, 96, 96);
    haloes.set(colour, canvas);
  }
  return haloes.get(colour);
}
