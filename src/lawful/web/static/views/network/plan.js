// Where everything lies on the stage: layers as columns, and edges or a matrix between two.
//
//   a layer of more than sixteen neurons is a sheet of cells; what leads to it, a matrix

export const WIDE = 16;
const TOP = 40, BOTTOM = 22;

/** Columns and blocks of a network on a stage of this size. */
export function planned(layers, width, height) {
  const narrow = width < 560;
  const [left, right] = narrow ? [46, 52] : [78, 92];
  const gap = (width - left - right) / Math.max(layers.length - 1, 1);
  const tall = height - TOP - BOTTOM;
  const columns = layers.map((n, l) => (n > WIDE ? sheet : row)(n, left + l * gap, gap, tall, l === 0));
  const blocks = layers.slice(1).map((_, k) => block(columns[k], columns[k + 1], tall));
  return { width, height, columns, blocks, narrow, gap };
}

function row(n, x, gap, tall) {
  const pitch = Math.min(84, tall / n);
  const r = Math.max(5, Math.min(25, pitch * 0.4, gap * 0.26));
  const middle = TOP + tall / 2;
  const at = (i) => [x, middle + (i - (n - 1) / 2) * pitch];
  return { n, x, r, wide: false, at, half: r, pitch };
}

/** Cells in a grid: a square of pixels where the inputs are one. */
function sheet(n, x, gap, tall, first) {
  const side = Math.sqrt(n);
  const square = first && Number.isInteger(side);
  const across = square ? side : Math.max(1, Math.ceil(n / Math.floor(tall / 9)));
  const down = Math.ceil(n / across);
  const size = Math.max(2, Math.min(12, tall / down, (gap * (square ? 0.72 : 0.4)) / across));
  const [x0, y0] = [x - (across * size) / 2, TOP + tall / 2 - (down * size) / 2];
  const at = (i) => [x0 + ((i % across) + 0.5) * size, y0 + (Math.floor(i / across) + 0.5) * size];
  return { n, x, r: size / 2, wide: true, at, half: (across * size) / 2, across, down, size, x0, y0 };
}

function block(from, to, tall) {
  const [x0, x1] = [from.x + from.half, to.x - to.half];
  if (!from.wide && !to.wide) return { kind: "edges", from, to, x0, x1 };
  const room = Math.max((x1 - x0) * 0.72, 8);
  const size = Math.min(room / to.n, (tall * 0.9) / from.n, 14);
  // Cells narrower than a pixel still make a picture: it is scaled down.
  const w = Math.max(Math.min(room, size * to.n), Math.min(room, 24));
  const h = Math.max(size * from.n, Math.min(tall * 0.9, 24));
  return { kind: "matrix", from, to, x0, x1, x: (x0 + x1) / 2 - w / 2, y: TOP + tall / 2 - h / 2, w, h };
}

/** The ends of an edge. */
export function ends(block, i, j) {
  const [x0, y0] = block.from.at(i), [x1, y1] = block.to.at(j);
  return [x0 + block.from.r + 1, y0, x1 - block.to.r - 1, y1];
}

/** The weight under a point: {k, i, j}, or null. */
export function weightAt(plan, x, y, reach = 7) {
  for (const [k, one] of plan.blocks.entries()) {
    if (x < one.x0 - 2 || x > one.x1 + 2) continue;
    return one.kind === "matrix" ? cellAt(one, k, x, y) : edgeAt(one, k, x, y, reach);
  }
  return null;
}

function cellAt(one, k, x, y) {
  const [j, i] = [Math.floor(((x - one.x) / one.w) * one.to.n), Math.floor(((y - one.y) / one.h) * one.from.n)];
  return i >= 0 && j >= 0 && i < one.from.n && j < one.to.n ? { k, i, j } : null;
}

function edgeAt(one, k, x, y, reach) {
  let best = null, least = reach;
  for (let i = 0; i < one.from.n; i++) {
    for (let j = 0; j < one.to.n; j++) {
      const [x0, y0, x1, y1] = ends(one, i, j);
      const off = Math.abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / Math.hypot(x1 - x0, y1 - y0);
      if (off < least) [best, least] = [{ k, i, j }, off];
    }
  }
  return best;
}

/** The middle of an edge or of a cell: where its handle stands. */
export function middle(plan, { k, i, j }) {
  const one = plan.blocks[k];
  if (one.kind === "matrix") return [one.x + ((j + 0.5) / one.to.n) * one.w, one.y + ((i + 0.5) / one.from.n) * one.h];
  const [x0, y0, x1, y1] = ends(one, i, j);
  // Not in the very middle, where all edges of a layer cross.
  return [x0 + (x1 - x0) * 0.3, y0 + (y1 - y0) * 0.3];
}
