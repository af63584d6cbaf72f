// What a motion moves over: axes of a plane, or a floor with a grid and an upright scale.

import { number } from "../../lib/format.js";
import { ticks } from "../../lib/space.js";

export const MARGIN = { left: 60, right: 16, top: 14, bottom: 44 };

function stroke(context, points) {
  context.beginPath();
  points.forEach(([x, y], k) => context[k ? "lineTo" : "moveTo"](x, y));
  context.stroke();
}

/** Axes with ticks about a flat picture. */
export function plane(context, c, box, ranges, names) {
  const [across, up] = ranges;
  const x = (v) => box.left + ((v - across[0]) / (across[1] - across[0])) * box.width;
  const y = (v) => box.top + box.height - ((v - up[0]) / (up[1] - up[0])) * box.height;
  context.lineWidth = 1;
  context.font = `11px ${c.font}`;
  context.fillStyle = c.soft;
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const v of ticks(...across, Math.max(box.width / 96, 2))) {
    context.strokeStyle = c.hair;
    context.lineWidth = Math.abs(v) < 1e-12 ? 2 : 1;
    stroke(context, [[x(v), box.top], [x(v), box.top + box.height]]);
    context.fillText(number(v, 4), x(v), box.top + box.height + 6);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const v of ticks(...up, Math.max(box.height / 64, 2))) {
    context.lineWidth = Math.abs(v) < 1e-12 ? 2 : 1;
    stroke(context, [[box.left, y(v)], [box.left + box.width, y(v)]]);
    context.fillText(number(v, 4), box.left - 7, y(v));
  }
  context.lineWidth = 1;
  context.fillStyle = c.ink;
  context.font = `12px ${c.font}`;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  context.fillText(names[0], box.left + box.width / 2, box.top + box.height + 37);
  context.save();
  context.translate(13, box.top + box.height / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(names[1], 0, 0);
  context.restore();
}

/** A circle with its middle, for hands that turn. */
export function dial(context, c, spot, radius) {
  context.strokeStyle = c.hair;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(spot[0], spot[1], radius, 0, 7);
  context.stroke();
  for (let k = 0; k < 12; k++) {
    const [s, d] = [Math.sin((k * Math.PI) / 6), Math.cos((k * Math.PI) / 6)], inner = k % 3 ? 0.97 : 0.93;
    stroke(context, [[spot[0] + radius * inner * s, spot[1] + radius * inner * d], [spot[0] + radius * s, spot[1] + radius * d]]);
  }
  context.fillStyle = c.soft;
  context.font = `11px ${c.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const [text, angle] of [["0", 0], ["π/2", Math.PI / 2], ["π", Math.PI], ["−π/2", -Math.PI / 2]]) {
    context.fillText(text, spot[0] + (radius + 18) * Math.sin(angle), spot[1] + (radius + 14) * Math.cos(angle));
  }
  context.beginPath();
  context.arc(spot[0], spot[1], 3, 0, 7);
  context.fill();
}

/**
 * A floor with a grid, and an upright scale at the corner that is leftmost.
 * @param put  put([a, b, c]) of values along the axes to [x, y, depth]
 * @param cube  [[low, high]] of the three axes
 * @param said  said(value, axis): a value as the tick says it
 */
export function floor(context, c, put, cube, names, said) {
  const [across, along, up] = cube, ground = up[0];
  context.lineWidth = 1;
  context.strokeStyle = c.hair;
  const way = (a, b) => Array.from({ length: 9 }, (_, k) => put(a.map((v, n) => v + ((b[n] - v) * k) / 8)));
  const xs = ticks(...across, 5), ys = ticks(...along, 5);
  for (const v of xs) stroke(context, way([v, along[0], ground], [v, along[1], ground]));
  for (const v of ys) stroke(context, way([across[0], v, ground], [across[1], v, ground]));
  const corners = [[across[0], along[0]], [across[1], along[0]], [across[1], along[1]], [across[0], along[1]]];
  for (let k = 0; k < 4; k++) stroke(context, way([...corners[k], ground], [...corners[(k + 1) % 4], ground]));
  const spots = corners.map((corner) => put([...corner, ground]));
  const left = spots.reduce((best, spot, k) => (spot[0] < spots[best][0] ? k : best), 0);
  upright(context, c, put, corners[left], up, names[2], said);
  // The two edges in front carry the other scales.
  const front = spots.reduce((best, spot, k) => (spot[2] > spots[best][2] ? k : best), 0);
  const middle = put([(across[0] + across[1]) / 2, (along[0] + along[1]) / 2, ground]);
  edge(context, c, xs.map((v) => [v, put([v, corners[front][1], ground])]), middle, names[0], (v) => said(v, 0));
  edge(context, c, ys.map((v) => [v, put([corners[front][0], v, ground])]), middle, names[1], (v) => said(v, 1));
}

function upright(context, c, put, corner, [low, high], name, said) {
  const foot = put([...corner, low]), tip = put([...corner, high]);
  stroke(context, [foot, tip]);
  context.fillStyle = c.soft;
  context.font = `11px ${c.font}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const v of ticks(low, high, 4)) {
    const [x, y] = put([...corner, v]);
    stroke(context, [[x - 4, y], [x, y]]);
    context.fillText(said(v, 2), x - 7, y);
  }
  context.fillStyle = c.ink;
  context.font = `12px ${c.font}`;
  context.textAlign = "center";
  context.fillText(name, tip[0], tip[1] - 12);
}

function edge(context, c, marks, middle, name, said) {
  if (!marks.length) return;
  context.fillStyle = c.soft;
  context.font = `11px ${c.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const away = ([x, y], by) => {
    const d = Math.hypot(x - middle[0], y - middle[1]) || 1;
    return [x + ((x - middle[0]) / d) * by, y + ((y - middle[1]) / d) * by];
  };
  for (const [v, spot] of marks) {
    const [x, y] = away(spot, 15);
    context.fillText(said(v), x, y);
  }
  const centre = marks[Math.floor(marks.length / 2)][1], [x, y] = away(centre, 42);
  context.fillStyle = c.ink;
  context.font = `12px ${c.font}`;
  context.fillText(name, x, y);
}
