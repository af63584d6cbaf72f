// A complex field as pixels: light is its density, colour its phase.
//
//   pixel = dark + (colour of the phase − dark) · √(|ψ|² / peak)

import { circle, shade } from "./cyclic.js";

export const DARK = [16, 18, 24]; // where there is no field, in both themes: light needs a dark ground
const WHITE = [236, 240, 250]; // density alone
const PARTS = new Set(["both", "density", "phase"]);

let ramp = null;
/** The circle of colours, made once. */
export const wheelRamp = () => (ramp ??= circle());

/** A sheet of pixels that a field is written into, and that is drawn at any size. */
export function bitmap() {
  const sheet = document.createElement("canvas");
  const context = sheet.getContext("2d");
  let image = null;

  const sized = (columns, rows) => {
    if (image?.width === columns && image.height === rows) return;
    [sheet.width, sheet.height] = [columns, rows];
    image = context.createImageData(columns, rows);
  };

  return {
    sheet,
    /**
     * Write a field.
     * @param lines  [{density, phase}] rows from the top, or one with all rows of a plane
     * @param part  "both", "density" or "phase"
     * @param peak  the density that is drawn brightest
     * @param upward  whether the first row given is the lowest: an axis that points up
     * @param from  rows from the top that stay dark
     */
    draw({ columns, rows, lines, part = "both", peak, upward = false, from = 0 }) {
      if (!PARTS.has(part)) throw new Error(`part ${part}`);
      sized(columns, rows);
      for (let k = 0; k < from * columns; k++) put(image.data, 4 * k, DARK, 0, 0);
      let row = from;
      for (const { density, phase } of lines) {
        for (let first = 0; first < density.length; first += columns, row++) {
          const to = 4 * columns * (upward ? rows - 1 - row : row);
          written(image.data, to, density, phase, first, columns, part, peak);
        }
      }
      context.putImageData(image, 0, 0);
    },
  };
}

function written(data, to, density, phase, first, columns, part, peak) {
  const colours = wheelRamp();
  for (let k = 0; k < columns; k++) {
    const light = part === "phase" ? 1 : Math.min(Math.sqrt(density[first + k] / peak), 1);
    if (part === "density") put(data, to + 4 * k, WHITE, 0, light);
    else put(data, to + 4 * k, colours, 3 * shade(phase[first + k]), light);
  }
}

function put(data, to, colour, at, light) {
  for (let c = 0; c < 3; c++) data[to + c] = DARK[c] + (colour[at + c] - DARK[c]) * light;
  data[to + 3] = 255;
}

/** The density that is drawn brightest: a little below the largest of some arrays. */
export function brightest(arrays) {
  let most = 1e-12;
  for (const values of arrays) for (const v of values) if (v > most) most = v;
  return 0.9 * most;
}

/** The wheel of phases as a small strip, −π … π, written into a canvas of 256 × 1. */
export function phaseStrip(canvas) {
  [canvas.width, canvas.height] = [256, 1];
  const context = canvas.getContext("2d"), image = context.createImageData(256, 1), colours = wheelRamp();
  for (let k = 0; k < 256; k++) {
    const at = 3 * ((k + 128) & 255);
    image.data.set([colours[at], colours[at + 1], colours[at + 2], 255], 4 * k);
  }
  context.putImageData(image, 0, 0);
}

/**
 * Lines of equal height through a table of numbers, by the marching squares.
 * @returns  flat x0, y0, x1, y1, …: in cells from the first, 0 … columns − 1 and 0 … rows − 1
 */
export function contours(values, rows, columns, level) {
  const lines = [];
  for (let j = 0; j + 1 < rows; j++) {
    for (let i = 0; i + 1 < columns; i++) {
      const corners = [values[j * columns + i], values[j * columns + i + 1], values[(j + 1) * columns + i + 1], values[(j + 1) * columns + i]];
      const crossed = [];
      for (let k = 0; k < 4; k++) {
        const a = corners[k] - level, b = corners[(k + 1) % 4] - level;
        if (a >= 0 !== b >= 0) crossed.push(side(k, i, j, a / (a - b)));
      }
      // A saddle has four crossings: two lines, either way of joining them being as good.
      for (let k = 0; k + 1 < crossed.length; k += 2) lines.push(...crossed[k], ...crossed[k + 1]);
    }
  }
  return Float32Array.from(lines);
}

const side = (k, i, j, t) => [[i + t, j], [i + 1, j + t], [i + 1 - t, j + 1], [i, j + 1 - t]][k];
