// A shape for each class, so that colour is never the only sign.

const SHAPES = ["circle", "triangle", "square", "diamond", "cross", "star", "pentagon", "triangle down", "hexagon", "bar"];

export const shapeName = (kind) => SHAPES[kind % SHAPES.length];

const polygon = (n, turn = -Math.PI / 2, inner = 1) => Array.from({ length: inner < 1 ? 2 * n : n }, (_, k) => {
  const many = inner < 1 ? 2 * n : n, r = inner < 1 && k % 2 ? inner : 1;
  return [r * Math.cos(turn + (2 * Math.PI * k) / many), r * Math.sin(turn + (2 * Math.PI * k) / many)];
});
const CORNERS = [
  null, polygon(3), polygon(4, Math.PI / 4), polygon(4), polygon(4, Math.PI / 4, 0.3), polygon(5, -Math.PI / 2, 0.45),
  polygon(5), polygon(3, Math.PI / 2), polygon(6), [[-0.4, -1], [0.4, -1], [0.4, 1], [-0.4, 1]],
];

/** Draw the sign of a class; a hollow one for what is held back from training. */
export function marker(context, kind, x, y, r, colour, rim, hollow = false) {
  const corners = CORNERS[kind % CORNERS.length], size = corners ? r * 1.22 : r;
  context.beginPath();
  if (!corners) context.arc(x, y, r, 0, 2 * Math.PI);
  else corners.forEach(([u, v], k) => (k ? context.lineTo : context.moveTo).call(context, x + u * size, y + v * size));
  context.closePath();
  context.lineJoin = "round";
  context.fillStyle = hollow ? rim : colour;
  context.fill();
  context.strokeStyle = hollow ? colour : rim;
  context.lineWidth = hollow ? 1.6 : 1.1;
  context.stroke();
}
