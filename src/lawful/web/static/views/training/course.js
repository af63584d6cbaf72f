// What the view knows of a training: its scene, its newest frame, its curves and its books.
//
//   E = U + K,    U + K + heat + steps + hand = E at the start
//
// where heat, steps and hand are what the ledger's accounts took of E.

/** Accounts of the ledger, gathered into what a reader asks for. */
export const GROUPS = { heat: ["friction", "bath"], steps: ["kick", "curvature"], hand: ["hand"] };
const MEASURED = ["loss", "kinetic", "energy", "accuracy", "gradient_norm"];
const ACCOUNTS = Object.values(GROUPS).flat();

const sound = (x) => (Number.isFinite(x) ? x : 0);

export class Course {
  scene = null;
  frame = null;
  curves = { steps: [] };
  /** Positions upon the plane of the landscape since it was computed. */
  trail = [];

  get recorded() { return this.scene?.recorded ?? false; }
  get playing() { return this.frame?.playing ?? false; }
  get rows() { return this.curves.steps.length; }

  /** Take a scene; the first frame comes with it. */
  learn(scene) {
    this.scene = scene;
    this.curves = { steps: [] };
    this.trail = [];
    this.follow(scene);
  }

  /** Take a frame; false where it belongs to another scene, or rows are missing. */
  follow(frame) {
    if (frame.version !== this.scene.version) return false;
    this.frame = frame;
    return this.#grow(frame);
  }

  #grow(frame) {
    const fresh = frame.curve_steps, from = frame.curve_from ?? 0;
    if (!fresh) return true;
    if (from === 0) this.curves = { steps: [] };
    if (from > this.rows) return false;
    for (const name of ["steps", ...MEASURED, ...ACCOUNTS]) {
      const given = frame[`curve_${name}`];
      if (!given) continue;
      const column = (this.curves[name] ??= new Array(from).fill(NaN));
      column.length = from;
      for (const value of given) column.push(value);
    }
    return true;
  }

  /** The row of the curves at a step, or the last before it. */
  rowAt(step) {
    const { steps } = this.curves;
    let [low, high] = [0, steps.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (steps[middle] <= step) low = middle;
      else high = middle - 1;
    }
    return Math.max(low, 0);
  }

  /** Whether the ledger's books are there at a row. */
  booked(row) { return Number.isFinite(this.curves.kick?.[row] ?? this.curves.friction?.[row]); }

  /** U, K and what E was given off as, at a row. */
  at(row) {
    const { curves } = this;
    const taken = (name) => -GROUPS[name].reduce((sum, account) => sum + sound(curves[account]?.[row]), 0);
    return {
      step: curves.steps[row],
      U: sound(curves.loss?.[row]),
      K: sound(curves.kinetic?.[row]),
      heat: taken("heat"),
      steps: taken("steps"),
      hand: taken("hand"),
    };
  }

  /** The present: the frame's own numbers, which are finer than a row of the curves. */
  now() {
    const { measures = {}, accounts = {}, step } = this.frame;
    const taken = (name) => -GROUPS[name].reduce((sum, account) => sum + sound(accounts[account]), 0);
    return { step, U: sound(measures.loss), K: sound(measures.kinetic), heat: taken("heat"), steps: taken("steps"), hand: taken("hand") };
  }
}
