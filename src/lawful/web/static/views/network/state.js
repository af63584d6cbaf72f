// What the view knows of the network: its scene, its newest frame, its curves.
//
//   parameters   W¹ row by row (from, to), b¹, W², b², …      activations   a⁰ a¹ … aᴸ
//   sums         z¹ … zᴸ                                      one flat array each

const LOW = "₀₁₂₃₄₅₆₇₈₉";
const PHI = (z) => 0.5 * (1 + erf(z / Math.SQRT2));

/** What a neuron does with its sum, for the small plot of it. */
export const FUNCTIONS = {
  tanh: Math.tanh,
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
  relu: (z) => Math.max(0, z),
  leaky_relu: (z) => (z > 0 ? z : z / 100),
  gelu: (z) => z * PHI(z),
  linear: (z) => z,
};

// Abramowitz and Stegun 7.1.26, to 1.5e-7: finer than a plot can show.
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - tail * Math.exp(-x * x));
}

export const lowered = (n) => String(n).replace(/\d/g, (d) => LOW[d]);

/** x1 as x₁, pixel_3_4 as pixel 3,4; other names as they are. */
export const pretty = (name) => name
  .replace(/^([A-Za-z])_?(\d{1,3})$/, (_, letter, n) => letter + lowered(n))
  .replace(/^(\w+)_(\d+)_(\d+)$/, "$1 $2,$3");

/** leaky_relu as leaky relu. */
export const worded = (name) => name.replaceAll("_", " ");

export class Net {
  scene = null;
  frame = null;
  layers = [];
  functions = []; // one for each layer after the input
  parameters = null;
  activations = null;
  sums = null;
  curves = { steps: [] };
  #starts = [];

  /** All that stays the same from frame to frame, and the first frame with it. */
  learn(scene) {
    this.scene = scene;
    // In a scene the numbers of the first frame lie over the names of the functions.
    this.functions = scene.look.activations;
    this.layers = scene.layers;
    this.#starts = [0];
    for (const n of this.layers) this.#starts.push(this.#starts.at(-1) + n);
    this.curves = { steps: [] };
    this.frame = null;
    this.follow(scene);
  }

  /** Take a frame; false where it belongs to another scene. */
  follow(frame) {
    const layout = this.scene.layout.at(-1);
    const size = layout.biases[0] + layout.biases[1];
    if (frame.version !== this.scene.version || frame.parameters?.length !== size) return false;
    this.frame = frame;
    [this.parameters, this.activations, this.sums] = [frame.parameters, frame.activations, frame.sums];
    this.#grow(frame);
    return true;
  }

  #grow(frame) {
    const fresh = frame.curve_steps;
    if (!fresh) return;
    const from = frame.curve_from ?? 0;
    if (from === 0) this.curves = { steps: [] };
    if (from > this.curves.steps.length) return;
    const names = Object.keys(frame).filter((key) => key.startsWith("curve_") && key !== "curve_from").map((key) => key.slice(6));
    for (const name of names) {
      const column = (this.curves[name] ??= new Array(from).fill(null));
      column.length = from;
      for (const value of frame[`curve_${name}`]) column.push(Number.isNaN(value) ? null : value);
    }
  }

  get depth() { return this.layers.length; }
  get blocks() { return this.layers.length - 1; }
  get playing() { return this.frame?.playing ?? false; }
  get flat() { return this.layers[0] === 2; }

  /** The side of the picture that the inputs are; 0 where they are none. */
  get pictured() {
    const side = Math.sqrt(this.layers[0]);
    return this.layers[0] > 16 && Number.isInteger(side) ? side : 0;
  }

  /** The two features that vary most: where a cut through many shows something. */
  get widest() {
    const { X } = this.scene, [n, d] = X.shape;
    const spread = Array.from({ length: d }, (_, i) => {
      let sum = 0, square = 0;
      for (let k = 0; k < n; k++) { sum += X[k * d + i]; square += X[k * d + i] ** 2; }
      return [square / n - (sum / n) ** 2, i];
    });
    return spread.sort((a, b) => b[0] - a[0]).slice(0, 2).map(([, i]) => i).sort((a, b) => a - b);
  }

  /** Where the weight from neuron i of layer k to neuron j of the next lies among all parameters. */
  place(k, i, j) { const [start, , columns] = this.scene.layout[k].weights; return start + i * columns + j; }
  biasPlace(k, j) { return this.scene.layout[k].biases[0] + j; }
  weight(k, i, j) { return this.parameters[this.place(k, i, j)]; }
  bias(l, j) { return this.parameters[this.biasPlace(l - 1, j)]; }
  activation(l, i) { return this.activations[this.#starts[l] + i]; }
  sum(l, i) { return this.sums[this.sumPlace(l, i)]; }
  sumPlace(l, i) { return this.#starts[l] - this.layers[0] + i; }

  /** The function of layer l, from 1. */
  functionOf(l) { return this.functions[l - 1]; }

  /** Among all hidden neurons, which one this is. */
  hiddenPlace(l, i) { return this.#starts[l] - this.layers[0] + i; }

  /** How bright an activation is, from −1 to 1. */
  glow(l, i) {
    const a = this.activation(l, i);
    if (!Number.isFinite(a)) return 0;
    const bounded = l > 0 && ["tanh", "sigmoid", "softmax"].includes(this.functionOf(l));
    return bounded ? a : Math.tanh(a / 1.5);
  }

  /** Its name: x₁, h₁·3, or the class it speaks for. */
  nameOf(l, i) {
    if (l === 0) return pretty(this.scene.features[i] ?? `x${i + 1}`);
    if (l < this.blocks) return `h${lowered(l)}·${i + 1}`;
    const { classes } = this.scene;
    if (classes.length && this.layers.at(-1) === classes.length) return classes[i];
    return this.layers.at(-1) === 1 ? "y" : `y${lowered(i + 1)}`;
  }

  /** Its name in full, for a screen reader. */
  longName(l, i) {
    const n = this.layers[l];
    if (l === 0) return `input ${this.scene.features[i] ?? i + 1}`;
    if (l < this.blocks) return `hidden layer ${l}, neuron ${i + 1} of ${n}`;
    return n === 1 ? "output" : `output ${this.nameOf(l, i)}, ${i + 1} of ${n}`;
  }

  /** The layer in words. */
  layerName(l) { return l === 0 ? "input" : l === this.blocks ? "output" : `hidden ${l}`; }

  /** The terms of a neuron's sum, in the order of the layer before. */
  terms(l, j) {
    return Array.from({ length: this.layers[l - 1] }, (_, i) => {
      const [weight, value] = [this.weight(l - 1, i, j), this.activation(l - 1, i)];
      return { i, name: this.nameOf(l - 1, i), weight, value, product: weight * value };
    });
  }

  /** A copy that stands still while training goes on. */
  still() {
    const copy = Object.assign(new Net(), this);
    copy.#starts = this.#starts;
    copy.parameters = this.parameters.slice();
    copy.activations = this.activations.slice();
    copy.sums = this.sums.slice();
    return copy;
  }
}
