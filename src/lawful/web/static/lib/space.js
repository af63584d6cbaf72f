// Where states lie on a picture: in the plane of two axes, or among three axes that turn.

const SHARE = 0.94; // of a flat picture's box that the points take
const SOLID = 0.56; // of the half of a box that a unit of a turned one takes: its corners stay inside
const LIKE = 4; // ranges that differ by more than that keep scales of their own
const NEAR = 0.14; // how much larger what is near looks

const EDGES = [];
for (let k = 0; k < 3; k++) {
  for (const [p, q] of [[-1, -1], [-1, 1], [1, -1], [1, 1]]) {
    const a = [p, q], b = [p, q];
    a.splice(k, 0, -1);
    b.splice(k, 0, 1);
    EDGES.push([a, b]);
  }
}

export class Space {
  turn = -0.7; // about the vertical, in radians
  tilt = 0.4; // towards the reader
  zoom = 1;
  #middle;
  #reach;

  /**
   * @param columns  two or three arrays: the values along each axis that is shown
   * @param alike  whether the axes of a flat picture have one unit, so that a circle is round
   */
  constructor(columns, { alike = false } = {}) {
    this.alike = alike;
    const ranges = columns.map((values) => {
      let low = Infinity, high = -Infinity;
      for (const v of values) { if (v < low) low = v; if (v > high) high = v; }
      return high > low ? [low, high] : [(low || 0) - 1, (low || 0) + 1];
    });
    this.#middle = ranges.map(([low, high]) => (low + high) / 2);
    this.#reach = ranges.map(([low, high]) => (high - low) / 2);
    // Turned axes share one unit: else turning would bend the cloud.
    if (columns.length === 3) this.#reach.fill(Math.max(...this.#reach));
  }

  get solid() { return this.#middle.length === 3; }

  /** Units of each flat axis from the middle to the edge of the points. */
  #half(box) {
    const [a, b] = this.#reach;
    if (!this.alike || Math.max(a / b, b / a) > LIKE) return [a, b];
    const unit = Math.max(a / box.width, b / box.height);
    return [unit * box.width, unit * box.height];
  }

  /** What a flat picture shows of an axis, from edge to edge. */
  range(k, box) {
    const half = this.#half(box)[k] / this.zoom / SHARE;
    return [this.#middle[k] - half, this.#middle[k] + half];
  }

  /** Fill x, y and depth (larger is nearer) with where values lie in a box. */
  lay(columns, box, x, y, depth) {
    const put = this.#placer(box), [first, second, third] = columns;
    const [m, r] = [this.#middle, this.solid ? this.#reach : this.#half(box)], spot = [0, 0, 0];
    for (let i = 0; i < first.length; i++) {
      put(spot, (first[i] - m[0]) / r[0], (second[i] - m[1]) / r[1], third ? (third[i] - m[2]) / r[2] : 0);
      x[i] = spot[0];
      y[i] = spot[1];
      depth[i] = spot[2];
    }
  }

  /** The cube around a turned picture: edges as [[x, y], [x, y]] (with depth). */
  frame(box) {
    const put = this.#placer(box);
    const corner = (c) => { const spot = [0, 0, 0]; put(spot, ...c); return spot; };
    return EDGES.map(([a, b]) => [corner(a), corner(b)]);
  }

  /** Where the name of axis k stands: by the lowest edge along it; the upright one's on top of the leftmost. */
  tip(k, box) {
    const put = this.#placer(box), ends = [[-1, -1], [-1, 1], [1, -1], [1, 1]];
    const middles = ends.map(([p, q]) => {
      const at = [p, q], spot = [0, 0, 0];
      at.splice(k, 0, k === 2 ? 1 : 0);
      put(spot, ...at.map((v) => 1.12 * v));
      return spot;
    });
    return middles.reduce((a, b) => ((k === 2 ? b[0] < a[0] : b[1] > a[1]) ? b : a));
  }

  #placer(box) {
    const ox = box.left + box.width / 2, oy = box.top + box.height / 2;
    if (!this.solid) {
      const sx = (box.width / 2) * SHARE * this.zoom, sy = (box.height / 2) * SHARE * this.zoom;
      return (spot, u, v) => { spot[0] = ox + u * sx; spot[1] = oy - v * sy; spot[2] = 0; };
    }
    const size = (Math.min(box.width, box.height) / 2) * SOLID * this.zoom;
    const [s, c, st, ct] = [Math.sin(this.turn), Math.cos(this.turn), Math.sin(this.tilt), Math.cos(this.tilt)];
    return (spot, u, v, w) => {
      const across = u * c - v * s, away = u * s + v * c;
      const near = w * st - away * ct, grown = size * (1 + NEAR * near);
      spot[0] = ox + across * grown;
      spot[1] = oy - (w * ct + away * st) * grown;
      spot[2] = near;
    };
  }
}

/** Whether a point lies inside a polygon of [x, y]. */
export function inside(polygon, x, y) {
  let odd = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i], [xj, yj] = polygon[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
  }
  return odd;
}

/** The index of the point nearest to (px, py) within so many pixels, or −1; near ones win. */
export function nearest(x, y, depth, px, py, within, allowed = null) {
  let best = -1, least = within * within, front = -Infinity;
  for (let i = 0; i < x.length; i++) {
    const dx = x[i] - px, dy = y[i] - py, away = dx * dx + dy * dy;
    if (away > within * within || (allowed && !allowed(i))) continue;
    // Of points under the pointer the front one, else the closest.
    const under = away < 9, better = under ? depth[i] > front : front === -Infinity && away < least;
    if (!better) continue;
    best = i;
    if (under) front = depth[i];
    else least = away;
  }
  return best;
}

/** Round steps for an axis from low to high, about so many. */
export function ticks(low, high, about = 6) {
  const rough = (high - low) / about, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((k) => k * power >= rough) * power;
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(k * step);
  return found;
}
