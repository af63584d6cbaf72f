// A height field seen from the side, and where things upon it fall in the picture.
//
//   right = −x sin φ + y cos φ      up = −(x cos φ + y sin φ) sin θ + z cos θ
//
// φ is the azimuth and θ the elevation of a far viewer. Cells are painted from far to near,
// which is exact for a height field; a place is hidden where, on the way to the viewer, the
// ground rises above the ray.

export const HEIGHT = 0.85; // where the base is 2 × 2

export class Relief {
  /** @param heights  side × side, 0 to 1, rows along y */
  constructor(side, heights) { [this.side, this.heights] = [side, heights]; }

  /** The height at a place of the base, −1 to 1 along each side; the rim's beyond it. */
  ground(x, y) {
    const { side, heights } = this, most = side - 1;
    const u = Math.min(Math.max(((x + 1) / 2) * most, 0), most), v = Math.min(Math.max(((y + 1) / 2) * most, 0), most);
    const i = Math.min(Math.floor(v), most - 1), j = Math.min(Math.floor(u), most - 1), p = v - i, q = u - j, k = i * side + j;
    const low = heights[k] * (1 - q) + heights[k + 1] * q, high = heights[k + side] * (1 - q) + heights[k + side + 1] * q;
    return low * (1 - p) + high * p;
  }

  /** Whether the ground hides a place of the base, lifted a little, from the viewer. */
  hidden(x, y, view) {
    const [dx, dy, dz] = [Math.cos(view.azimuth), Math.sin(view.azimuth), Math.tan(view.elevation)];
    const z = HEIGHT * this.ground(x, y) + 0.03;
    for (let way = 0.04; way < 2.9; way += 0.04) {
      const [px, py] = [x + way * dx, y + way * dy];
      if (Math.abs(px) > 1 || Math.abs(py) > 1) return false;
      if (HEIGHT * this.ground(px, py) > z + way * dz) return true;
    }
    return false;
  }
}

/** A viewer and a sheet: places of the base to points of the picture. */
export class View {
  azimuth = (-58 * Math.PI) / 180;
  elevation = (34 * Math.PI) / 180;

  fit(width, height) {
    // Whatever way it is turned, the base's diagonal fits.
    const { elevation: e } = this;
    const tall = 2 * Math.SQRT2 * Math.sin(e) + HEIGHT * Math.cos(e);
    this.scale = Math.min(width / (2 * Math.SQRT2 + 0.1), height / (tall + 0.1));
    this.cx = width / 2;
    this.cy = height / 2 + (this.scale * HEIGHT * Math.cos(e)) / 2;
    [this.s, this.c, this.sin, this.cos] = [Math.sin(this.azimuth), Math.cos(this.azimuth), Math.sin(e), Math.cos(e)];
  }

  /** A point (x, y) of the base at height z (0 to 1) in the picture. */
  place(x, y, z) {
    const along = x * this.c + y * this.s;
    return [this.cx + this.scale * (-x * this.s + y * this.c), this.cy - this.scale * (-along * this.sin + HEIGHT * z * this.cos)];
  }
}

/** Paint a relief; `ramp` is 256 steps of flat RGB from low to high, `paper` an [r, g, b]. */
export function paint(context, relief, view, ramp, line) {
  const { side, heights } = relief;
  const xs = new Float32Array(side * side), ys = new Float32Array(side * side);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      const k = i * side + j;
      [xs[k], ys[k]] = view.place((2 * j) / (side - 1) - 1, (2 * i) / (side - 1) - 1, heights[k]);
    }
  }
  // Far to near: along x and y away from the viewer first.
  const rows = order(side - 1, view.s), columns = order(side - 1, view.c);
  const light = [view.c * 0.35 + view.s * 0.45, view.s * 0.35 - view.c * 0.45, 0.82];
  context.lineJoin = "round";
  context.lineWidth = 0.7;
  for (const i of rows) for (const j of columns) cell(context, relief, i, j, xs, ys, light, ramp);
  if (line) wires(context, side, xs, ys, line);
}

const order = (count, toward) => Array.from({ length: count }, (_, k) => (toward > 0 ? k : count - 1 - k));

function cell(context, { side, heights }, i, j, xs, ys, light, ramp) {
  const a = i * side + j, b = a + 1, d = a + side, e = d + 1;
  const span = 2 / (side - 1);
  const gx = (HEIGHT * (heights[b] + heights[e] - heights[a] - heights[d])) / (2 * span);
  const gy = (HEIGHT * (heights[d] + heights[e] - heights[a] - heights[b])) / (2 * span);
  const shine = (-gx * light[0] - gy * light[1] + light[2]) / Math.hypot(gx, gy, 1);
  const strength = Math.max(0.45, Math.min(1.12, 0.5 + 0.62 * shine));
  const step = 3 * Math.max(0, Math.min(255, Math.round((255 * (heights[a] + heights[b] + heights[d] + heights[e])) / 4)));
  const shade = (v) => Math.round(Math.min(255, v * strength));
  context.fillStyle = context.strokeStyle = `rgb(${shade(ramp[step])}, ${shade(ramp[step + 1])}, ${shade(ramp[step + 2])})`;
  context.beginPath();
  context.moveTo(xs[a], ys[a]);
  context.lineTo(xs[b], ys[b]);
  context.lineTo(xs[e], ys[e]);
  context.lineTo(xs[d], ys[d]);
  context.closePath();
  context.fill();
  context.stroke(); // closes the seam between neighbours
}

/** The rim of the base, so that the square is seen. */
function wires(context, side, xs, ys, line) {
  context.strokeStyle = line;
  context.lineWidth = 1;
  const last = side - 1;
  const edge = (at) => {
    context.beginPath();
    for (let k = 0; k < side; k++) context[k ? "lineTo" : "moveTo"](xs[at(k)], ys[at(k)]);
    context.stroke();
  };
  edge((k) => k);
  edge((k) => last * side + k);
  edge((k) => k * side);
  edge((k) => k * side + last);
}
