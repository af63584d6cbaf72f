// A pass through the network, layer by layer: what flows along the edges, and numbers that
// appear where it arrives.
//
//   forward    aᵏ⁻¹ w  →  z = Σ w a + b  →  a = f(z)         position 0 (input) … L (output)
//   backward   δᴸ = ∂U/∂z  →  ∂U/∂w = a δ,  δᵏ⁻¹ = f′(z) Σ w δ
//
// It shows one moment: numbers are copied when it begins, whatever training does meanwhile.

import { still } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { ends } from "./plan.js";
import { halo } from "./maps.js";
import { short } from "./neurons.js";
import { worded } from "./state.js";

const SECONDS = 1.5; // from layer to layer at speed 1
const ARRIVED = 0.62, SUMMED = 0.8; // of the way: pulses are there, the sum has stood long enough
const LATE = 0.45; // of the way, between the first neuron's start and the last one's
const MOST = 600; // pulses at once

export class Pass {
  kind = null; // "forward", "backward" or null
  running = false;
  speed = 1;
  #at = 0;
  #begun = false;
  #net = null;
  #back = null;
  #last = 0;
  #tick = 0;
  #pulses = new Map();
  #hear;

  /** @param hear  {changed(): draw all again, moved(): draw pulses, arrived(words)} */
  constructor(hear) { this.#hear = hear; }

  get at() { return this.#at; }
  get length() { return this.#net?.blocks ?? 0; }

  /** Begin with the numbers of this moment; `back` is the answer to `backward`. */
  begin(kind, net, back = null) {
    this.end();
    [this.kind, this.#net, this.#back, this.#at, this.#begun] = [kind, net.still(), back, 0, false];
    this.#pulses.clear();
    this.#hear.arrived(this.sentence);
    this.play();
  }

  play() {
    if (!this.kind || this.running) return;
    if (this.#at >= this.length) this.#at = 0;
    else if (still() && this.#begun) { this.step(1); return; }
    this.#begun = true;
    // Who asked for less motion goes from layer to layer by hand.
    if (still()) { this.#hear.changed(); return; }
    this.running = true;
    this.#last = performance.now();
    this.#tick = requestAnimationFrame((now) => this.#run(now));
    this.#hear.changed();
  }

  pause() {
    this.running = false;
    cancelAnimationFrame(this.#tick);
    this.#hear.changed();
  }

  toggle() { if (this.running) this.pause(); else this.play(); }

  /** To the next layer, or the one before. */
  step(by) {
    if (!this.kind) return;
    this.pause();
    const whole = by > 0 ? Math.floor(this.#at + 1e-6) + 1 : Math.ceil(this.#at - 1e-6) - 1;
    this.#to(Math.max(0, Math.min(this.length, whole)));
    this.#hear.changed();
  }

  end() {
    this.running = false;
    cancelAnimationFrame(this.#tick);
    if (!this.kind) return;
    this.kind = null;
    this.#hear.changed();
  }

  #run(now) {
    if (!this.running) return;
    // A picture's time may lie before the moment in which it was asked for.
    const by = (Math.max(0, Math.min(now - this.#last, 200)) / 1000 / SECONDS) * this.speed;
    this.#last = now;
    this.#to(Math.min(this.length, this.#at + by));
    if (this.#at >= this.length) { this.running = false; this.#hear.changed(); return; }
    this.#tick = requestAnimationFrame((next) => this.#run(next));
  }

  #to(at) {
    const before = this.#at;
    this.#at = at;
    const stages = (p) => Math.floor(p) + (p % 1 >= ARRIVED) * 0.3 + (p % 1 >= SUMMED) * 0.3;
    // Between stages only the pulses move, and they have a canvas of their own.
    if (stages(before) === stages(at)) { this.#hear.moved(); return; }
    if (Math.floor(before) !== Math.floor(at)) this.#hear.arrived(this.sentence);
    this.#hear.changed();
  }

  // ------------------------------------------------------------ what the stage asks

  /** The layer's place on the way of this pass. */
  #order(l) { return this.kind === "backward" ? this.length - l : l; }

  /** How much of layer l is seen: 1 where the pass has been, or there is none. */
  seen(l) {
    if (!this.kind) return 1;
    if (this.kind === "backward") return 0.75;
    return this.#at >= l - 1 + SUMMED || l === 0 ? 1 : 0.12;
  }

  /** The number upon neuron i of layer l: its sum first, then what it makes of it. */
  words(l, i, c) {
    if (!this.kind) return null;
    const order = this.#order(l), net = this.#net;
    if (this.kind === "backward") {
      if (l === 0 || (order > 0 && this.#at < order - 1 + ARRIVED)) return null;
      return { text: `δ ${small(this.#back.deltas[net.sumPlace(l, i)])}`, colour: c.accent };
    }
    if (l === 0) return null;
    if (this.#at >= l - 1 + SUMMED) return { text: short(net.activation(l, i)), colour: c.ink };
    if (this.#at >= l - 1 + ARRIVED) return { text: `Σ ${short(net.sum(l, i))}`, colour: c.accent };
    return null;
  }

  /** Whether block k shows its gradient by now. */
  gradient(k) { return this.kind === "backward" && this.#at >= this.#order(k + 1) + ARRIVED; }

  /** −∂U/∂w, on a scale of its own: where the weight wants to go. */
  gradientAt(k, i, j) { return (-2 * this.#back.gradient[this.#net.place(k, i, j)]) / this.#steepest(k); }

  #steepest(k) {
    const [start, n, m] = this.#net.scene.layout[k].weights;
    let most = 1e-12;
    for (let p = start; p < start + n * m; p++) most = Math.max(most, Math.abs(this.#back.gradient[p]));
    return most;
  }

  /** Draw the pulses that are on their way. */
  draw(context, plan, c) {
    const u = this.#at % 1;
    if (!this.kind || still() || u === 0 || u >= ARRIVED) return;
    const k = this.kind === "forward" ? Math.floor(this.#at) : this.length - 1 - Math.floor(this.#at);
    const block = plan.blocks[k];
    if (!block || plan.blocks.length !== this.length) return;
    const t = u / ARRIVED, forward = this.kind === "forward";
    context.save();
    if (block.kind === "matrix") sweep(context, block, forward ? ease(t) : 1 - ease(t), c);
    for (const one of block.kind === "matrix" ? [] : this.#flow(k)) {
      // They set out one neuron after the other, and are all there at the end.
      const [from, many] = forward ? [one.i, block.from.n] : [one.j, block.to.n];
      const gone = Math.max(0, Math.min(1, t * (1 + LATE) - (many > 1 ? (LATE * from) / (many - 1) : 0)));
      if (gone > 0 && gone < 1) pulse(context, block, one, forward ? ease(gone) : 1 - ease(gone), gone, c);
    }
    context.restore();
  }

  /** What flows along the edges of a block: the strongest first. */
  #flow(k) {
    if (!this.#pulses.has(k)) {
      const net = this.#net, found = [];
      for (let i = 0; i < net.layers[k]; i++) {
        for (let j = 0; j < net.layers[k + 1]; j++) {
          const carried = this.kind === "forward" ? net.activation(k, i) : this.#back.deltas[net.sumPlace(k + 1, j)];
          found.push({ i, j, value: net.weight(k, i, j) * carried });
        }
      }
      const most = found.reduce((m, { value }) => Math.max(m, Math.abs(value)), 1e-12);
      for (const one of found) one.size = Math.abs(one.value) / most;
      this.#pulses.set(k, found.sort((a, b) => b.size - a.size).slice(0, MOST).reverse());
    }
    return this.#pulses.get(k);
  }

  /** What happens here, in one sentence. */
  get sentence() {
    if (!this.kind) return "";
    const net = this.#net, l = Math.floor(this.#at), last = l >= this.length;
    return this.kind === "forward" ? forwardSentence(net, l, last) : backwardSentence(net, l, last, this.#back);
  }
}

const ease = (t) => t * t * (3 - 2 * t);
const small = (v) => (Math.abs(v) >= 0.005 || v === 0 ? short(v) : number(v, 1));

function forwardSentence(net, l, last) {
  if (!last) {
    const to = l + 1, name = net.layers[to] === 1 ? "the neuron" : "each neuron";
    return `Layer ${l} of ${net.blocks} is known. Next, in ${net.layerName(to)}, ${name} sums its ${net.layers[l]} `
      + `inputs times their weights, adds its bias, and takes ${worded(net.functionOf(to))} of that.`;
  }
  const answers = Array.from({ length: Math.min(net.layers.at(-1), 4) }, (_, i) => `${net.nameOf(net.blocks, i)} = ${short(net.activation(net.blocks, i))}`);
  const target = net.frame.target;
  const wanted = target ? ` It should have been ${target.slice(0, 4).map(short).join(", ")}${target.length > 4 ? ", …" : ""}.` : "";
  return `The answer: ${answers.join(", ")}${net.layers.at(-1) > 4 ? ", …" : ""}.${wanted}`;
}

function backwardSentence(net, l, last, back) {
  if (last) return "Every edge now shows which way its weight should go: blue and solid up, red and dashed down; the thicker, the more.";
  const from = net.blocks - l;
  if (l === 0) return `The loss of this sample is ${number(back.loss, 3)}. δ = ∂U/∂z says how it changes with the sum of each output.`;
  return `The slopes δ are in ${net.layerName(from)}. Times their weights and the slope of its function, they go back${from > 1 ? ` to ${net.layerName(from - 1)}` : ", to what the weights of the input are told"}.`;
}

function pulse(context, block, { i, j, value, size }, way, t, c) {
  if (size < 0.02) return;
  const [x0, y0, x1, y1] = ends(block, i, j);
  const [x, y] = [x0 + (x1 - x0) * way, y0 + (y1 - y0) * way];
  const r = 2 + 5 * size, fade = Math.min(1, 6 * t, 6 * (1.05 - t));
  context.globalAlpha = fade * (0.25 + 0.75 * size) * (c.dark ? 1 : 0.7);
  const light = halo(c.accent), R = r * 2.6;
  context.drawImage(light, x - R, y - R, 2 * R, 2 * R);
  context.beginPath();
  context.arc(x, y, r * 0.62, 0, 2 * Math.PI);
  // A filled drop adds to the sum, an open ring takes from it.
  if (value >= 0) { context.fillStyle = c.positive; context.fill(); }
  context.strokeStyle = value >= 0 ? c.accent : c.negative;
  context.lineWidth = 1.4;
  context.stroke();
}

/** Through a matrix goes a line of light: column after column is multiplied. */
function sweep(context, block, way, c) {
  const x = block.x0 + (block.x1 - block.x0) * way;
  const inside = x >= block.x && x <= block.x + block.w;
  context.globalAlpha = 0.85;
  const light = halo(c.accent);
  context.drawImage(light, x - 16, block.y - 12, 32, block.h + 24);
  if (!inside) return;
  context.strokeStyle = c.accent;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, block.y - 3);
  context.lineTo(x, block.y + block.h + 3);
  context.stroke();
}

export const SPEEDS = [0.25, 0.5, 1, 2, 4];
