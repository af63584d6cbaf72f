// Neurons as circles that glow by activation, with what they answer over the plane inside;
// a wide layer as a sheet of cells.

import { number } from "../../lib/format.js";
import { mixed } from "../../lib/theme.js";
import { Atlas, halo, largest, ramp } from "./maps.js";
import { worded } from "./state.js";

const TILE = 16;
export const SERIF = '"Lawful Serif", KaTeX_Main, "Latin Modern Roman", "STIX Two Text", Georgia, serif';
const BOUNDED = ["tanh", "sigmoid", "softmax"];

/** Short enough to stand upon a neuron. */
export const short = (v) => (Number.isFinite(v) && Math.abs(v) < 1e4 ? v.toFixed(2).replace("-", "−") : number(v, 2));

export class Neurons {
  #net;
  #theme;
  #atlas = null;
  #ends = null; // tiles of inputs and outputs
  #ramp = null;

  constructor(net, theme) { [this.#net, this.#theme] = [net, theme]; }

  /** Another scene or theme. */
  renew() {
    const { layers, scene } = this.#net;
    this.#ramp = ramp(this.#theme.colours);
    const hidden = layers.slice(1, -1).reduce((a, b) => a + b, 0);
    this.#atlas = this.#net.frame?.neurons?.length ? new Atlas(hidden, TILE) : null;
    this.#ends = this.#net.flat ? new Atlas(2 + Math.min(layers.at(-1), 10), TILE) : null;
    if (this.#ends) this.#inputs(scene.extent);
  }

  #inputs([x0, x1, y0, y1]) {
    const tile = new Float32Array(TILE * TILE);
    for (const k of [0, 1]) {
      const [low, high] = k ? [y0, y1] : [x0, x1];
      const [middle, half] = [(low + high) / 2, (high - low) / 2];
      for (let n = 0; n < tile.length; n++) {
        const cell = k ? Math.floor(n / TILE) : n % TILE;
        tile[n] = (low + ((cell + 0.5) / TILE) * (high - low) - middle) / half;
      }
      this.#ends.paint(k, tile, 0, this.#ramp, 1.3);
    }
  }

  /** Paint the maps of the newest frame. */
  mapped() {
    const { frame, layers } = this.#net;
    if (this.#atlas && frame.neurons?.length) {
      let k = 0;
      for (let l = 1; l < this.#net.blocks; l++) {
        const bounded = BOUNDED.includes(this.#net.functionOf(l));
        for (let i = 0; i < layers[l]; i++, k++) {
          const start = k * TILE * TILE;
          const scale = bounded ? 1 : largest(frame.neurons, start, TILE * TILE);
          this.#atlas.paint(k, frame.neurons, start, this.#ramp, scale);
        }
      }
      this.#atlas.finish();
    }
    if (this.#ends && frame.boundary) this.#outputs(frame.boundary);
  }

  #outputs(boundary) {
    const side = boundary.shape[1], tile = new Float32Array(TILE * TILE);
    const one = this.#net.functionOf(this.#net.blocks) === "linear";
    const many = Math.min(boundary.shape[0], 10);
    for (let k = 0; k < many; k++) {
      for (let n = 0; n < tile.length; n++) {
        const [row, c] = [Math.floor(n / TILE), n % TILE];
        const v = boundary[k * side * side + Math.floor(((row + 0.5) * side) / TILE) * side + Math.floor(((c + 0.5) * side) / TILE)];
        tile[n] = one ? v : 2 * v - 1;
      }
      this.#ends.paint(2 + k, tile, 0, this.#ramp, one ? largest(tile, 0, tile.length) : 1);
    }
    this.#ends.finish();
  }

  /**
   * Draw all neurons.
   * @param seen  seen(l): how much of layer l a pass has reached, 0 … 1
   * @param words  words(l, i): {text, colour} upon a neuron, or null
   * @param focus  {l, i} that stands out, or null
   */
  draw(context, plan, { seen = () => 1, words = () => null, focus = null } = {}) {
    plan.columns.forEach((column, l) => {
      const light = seen(l);
      if (column.wide) this.#sheet(context, column, l, light, focus);
      else for (let i = 0; i < column.n; i++) this.#one(context, column, l, i, light, focus);
      this.#title(context, plan, column, l);
    });
    this.#names(context, plan, seen);
    this.#said(context, plan, words);
  }

  /** Numbers over the neurons, when all of them are there. */
  #said(context, plan, words) {
    plan.columns.forEach((column, l) => {
      if (column.wide) return;
      for (let i = 0; i < column.n; i++) {
        const one = words(l, i);
        if (one) outlined(context, one.text, ...column.at(i), one.colour, this.#theme.colours, { size: column.r < 13 ? 10 : 12 });
      }
    });
  }

  #one(context, column, l, i, light, focus) {
    const c = this.#theme.colours, [x, y] = column.at(i), r = column.r;
    const g = this.#net.glow(l, i) * light, s = Math.min(1, Math.abs(g));
    const hue = g < 0 ? c.negative : c.positive;
    const here = focus?.l === l && focus?.i === i;
    if (s > 0.03) {
      context.globalAlpha = s * (c.dark ? 0.75 : 0.5);
      const R = r * 2.3;
      context.drawImage(halo(hue), x - R, y - R, 2 * R, 2 * R);
    }
    context.globalAlpha = 1;
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    const [red, green, blue] = mixed(c.panel, hue, s);
    context.fillStyle = `rgb(${red}, ${green}, ${blue})`;
    context.fill();
    this.#map(context, l, i, x, y, r, light);
    context.globalAlpha = 0.35 + 0.65 * Math.max(light * (0.35 + 0.65 * s), here ? 1 : 0);
    context.strokeStyle = here ? c.accent : c.ink;
    context.lineWidth = here ? 2.4 : 1.2;
    // A negative activation has a broken rim, as a negative weight has a broken line.
    context.setLineDash(g < -0.03 ? [3, 2.4] : []);
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  #map(context, l, i, x, y, r, light) {
    const last = this.#net.blocks;
    context.globalAlpha = 0.25 + 0.75 * light;
    if (this.#ends && l === 0) this.#ends.draw(context, i, x, y, r);
    else if (this.#ends && l === last && i < 10) this.#ends.draw(context, 2 + i, x, y, r);
    else if (this.#atlas && l > 0 && l < last) this.#atlas.draw(context, this.#net.hiddenPlace(l, i), x, y, r);
  }

  #sheet(context, column, l, light, focus) {
    const c = this.#theme.colours, size = column.size, colours = this.#ramp;
    for (let i = 0; i < column.n; i++) {
      const [x, y] = column.at(i);
      const word = colours[Math.max(0, Math.min(255, Math.round(127.5 + 127.5 * this.#net.glow(l, i) * light)))];
      context.fillStyle = `rgb(${word & 255}, ${(word >> 8) & 255}, ${(word >> 16) & 255})`;
      context.fillRect(x - size / 2, y - size / 2, size - (size > 5 ? 0.8 : 0), size - (size > 5 ? 0.8 : 0));
    }
    context.strokeStyle = c.hair;
    context.lineWidth = 1;
    context.strokeRect(column.x0 - 1.5, column.y0 - 1.5, column.across * size + 3, column.down * size + 3);
    if (focus?.l !== l) return;
    const [x, y] = column.at(focus.i);
    context.strokeStyle = c.accent;
    context.lineWidth = 2;
    context.strokeRect(x - size / 2 - 1, y - size / 2 - 1, size + 2, size + 2);
  }

  #title(context, plan, column, l) {
    const c = this.#theme.colours;
    const several = plan.gap > 66;
    const name = several ? this.#net.layerName(l) : l === 0 ? "in" : l === this.#net.blocks ? "out" : String(l);
    text(context, name, column.x, 13, c.ink, `13px ${c.font}`, "center");
    const after = l === 0 ? `${column.n}` : several ? `${column.n} ${worded(this.#net.functionOf(l))}` : `${column.n}`;
    text(context, after, column.x, 28, c.soft, `11px ${c.font}`, "center");
  }

  /** What goes in on the left, what comes out on the right, with numbers. */
  #names(context, plan, seen) {
    const net = this.#net;
    const [first, last] = [plan.columns[0], plan.columns.at(-1)];
    const each = (column, l, side) => {
      for (let i = 0; i < column.n; i++) {
        this.#label(context, plan, column, side, i, net.nameOf(l, i), short(net.activation(l, i)));
      }
    };
    if (!first.wide) each(first, 0, -1);
    if (last.wide) return;
    context.globalAlpha = seen(net.blocks);
    each(last, net.blocks, 1);
    context.globalAlpha = 1;
  }

  #label(context, plan, column, side, i, name, value) {
    const c = this.#theme.colours, [x, y] = column.at(i), r = column.r, left = side < 0;
    if (plan.narrow && column.pitch > 2 * r + 26) {
      // No room beside it: above and below.
      text(context, name, x, y - r - 6, c.ink, `italic 14px ${SERIF}`, "center", 84);
      text(context, value, x, y + r + 13, c.soft, `11px ${c.font}`, "center");
      return;
    }
    const from = x + side * (r + 8), align = left ? "right" : "left";
    const room = (left ? from : plan.width - from) - 3;
    if (column.pitch < 30) { text(context, `${name} ${value}`, from, y + 4, c.ink, `11px ${c.font}`, align, room); return; }
    text(context, name, from, y - 1, c.ink, `italic ${plan.narrow ? 13 : 16}px ${SERIF}`, align, room);
    text(context, value, from, y + 13, c.soft, `11px ${c.font}`, align, room);
  }
}

export function text(context, words, x, y, colour, font, align = "left", room = undefined) {
  context.font = font;
  context.fillStyle = colour;
  context.textAlign = align;
  context.textBaseline = "alphabetic";
  context.fillText(words, x, y, room);
}

/** Words that stay readable over lines: with a rim of the ground's colour. */
export function outlined(context, words, x, y, colour, c, { size = 11, alpha = 1, align = "center" } = {}) {
  context.save();
  context.globalAlpha = alpha;
  context.font = `${size}px ${c.font}`;
  context.textAlign = align;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3.5;
  context.strokeStyle = c.paper;
  context.strokeText(words, x, y);
  context.fillStyle = colour;
  context.fillText(words, x, y);
  context.restore();
}
