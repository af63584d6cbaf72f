// What the network answers over the plane, where it changes its mind, and the points it
// learns from: a map of 64 × 64 cells, drawn smoothly, the line at one half, and points whose
// shape tells the class.

import { at, surface } from "../../lib/canvas.js";
import { h } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { mixed } from "../../lib/theme.js";
import { isoline } from "./isoline.js";
import { coloured, largest, ramp } from "./maps.js";
import { marker, shapeName } from "./markers.js";
import { pretty } from "./state.js";

const AXIS = 20;

/** @param hear  {input(values)}: a place on the map was chosen */
export function boundary({ parent, net, theme, hear }) {
  const title = h("h3", {}, "Decision boundary");
  const legend = h("div.row.legend");
  const frame = h("div.map");
  const map = surface(frame, draw, { className: "base", label: "the decision boundary" });
  const knob = h("div.knob.place", { tabIndex: 0, role: "slider", "aria-label": "input to the network, on the map: arrows move it", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "50" });
  frame.append(knob);
  parent.append(h("div.row.head", {}, title, legend), frame);
  const picture = h("canvas");
  let context2 = null, words = null, image = null, line = null, colours256 = null, points = null;

  const box = (width, height) => ({ x: AXIS + 8, y: 6, w: width - AXIS - 14, h: height - AXIS - 12 });

  // ---------------------------------------------------------------- the map as pixels

  function mapped() {
    const map = net.frame?.boundary;
    if (!map) { image = null; return; }
    const [many, side] = map.shape;
    if (picture.width !== side || !context2) {
      picture.width = picture.height = side;
      context2 = picture.getContext("2d");
      image = context2.createImageData(side, side);
      words = new Uint32Array(image.data.buffer);
    }
    image ??= context2.createImageData(side, side);
    words = new Uint32Array(image.data.buffer);
    const linear = net.functionOf(net.blocks) === "linear";
    let parts;
    if (many > 1) {
      parts = classes(map, many, side);
    } else if (linear) {
      coloured(words, map, 0, side, colours256, largest(map, 0, side * side));
      parts = [isoline(side, (k) => map[k])];
    } else {
      coloured(words, map.map((v) => 2 * v - 1), 0, side, colours256, 1.35);
      parts = [isoline(side, (k) => map[k] - 0.5)];
    }
    context2.putImageData(image, 0, 0);
    line = { side, parts };
  }

  /** Each cell in the colour of the likeliest class, the paler the less sure; and their borders. */
  function classes(map, many, side) {
    const c = theme.colours, size = side * side;
    const bases = Array.from({ length: many }, (_, k) => mixed(c.palette[k % 6], c.panel, k < 6 ? 0 : 0.45));
    const ground = mixed(c.panel, c.panel, 0);
    const lead = new Float32Array(many * size); // by how much each class is ahead of all others
    const there = new Set();
    for (let n = 0; n < size; n++) {
      let best = 0, most = -Infinity, next = -Infinity;
      for (let k = 0; k < many; k++) {
        const v = map[k * size + n];
        if (v > most) [best, next, most] = [k, most, v];
        else if (v > next) next = v;
      }
      there.add(best);
      for (let k = 0; k < many; k++) lead[k * size + n] = map[k * size + n] - (k === best ? next : most);
      const s = Math.max(0, Math.min(1, 0.15 + 0.5 * ((most - 1 / many) / (1 - 1 / many))));
      const [base, mix] = [bases[best], (p) => Math.round(ground[p] + (base[p] - ground[p]) * s)];
      words[(side - 1 - Math.floor(n / side)) * side + (n % side)] = (255 << 24) | (mix(2) << 16) | (mix(1) << 8) | mix(0);
    }
    return there.size < 2 ? [] : [...there].map((k) => isoline(side, (n) => lead[k * size + n]));
  }

  // ---------------------------------------------------------------- drawing

  function draw(context, width, height) {
    if (!net.frame) return;
    const c = theme.colours, b = box(width, height);
    context.save();
    context.beginPath();
    context.roundRect(b.x, b.y, b.w, b.h, 6);
    context.clip();
    context.fillStyle = c.panel;
    context.fillRect(b.x, b.y, b.w, b.h);
    if (image) {
      context.imageSmoothingEnabled = true;
      context.imageSmoothingQuality = "high";
      context.drawImage(picture, b.x, b.y, b.w, b.h);
      border(context, b, c);
    }
    dotted(context, b, width, height);
    context.restore();
    axes(context, b, c, height);
    chosen(context, b, c);
  }

  function border(context, b, c) {
    const { side, parts } = line;
    const path = new Path2D();
    const [sx, sy] = [b.w / side, b.h / side];
    for (const part of parts) {
      for (let k = 0; k < part.length; k += 4) {
        path.moveTo(b.x + (part[k] + 0.5) * sx, b.y + b.h - (part[k + 1] + 0.5) * sy);
        path.lineTo(b.x + (part[k + 2] + 0.5) * sx, b.y + b.h - (part[k + 3] + 0.5) * sy);
      }
    }
    context.lineCap = "round";
    context.strokeStyle = c.paper;
    context.globalAlpha = 0.55;
    context.lineWidth = 4.5;
    context.stroke(path);
    context.strokeStyle = c.ink;
    context.globalAlpha = 0.95;
    context.lineWidth = 1.7;
    context.stroke(path);
    context.globalAlpha = 1;
  }

  /** The points, drawn once and kept until something of theirs changes. */
  function dotted(context, b, width, height) {
    const { scene } = net, ratio = context.canvas.width / width;
    const key = [scene.version, scene.slice, scene.extent, context.canvas.width, theme.colours.paper].join(" ");
    if (points?.key !== key) {
      const canvas = h("canvas", { width: Math.round(width * ratio), height: Math.round(height * ratio) });
      const inner = canvas.getContext("2d");
      inner.scale(ratio, ratio);
      const { X, labels, held } = scene, n = X.shape[0], d = X.shape[1], [i, j] = scene.slice;
      const size = n > 600 ? 2.6 : n > 150 ? 3.6 : 5;
      for (let k = 0; k < n; k++) {
        const [x, y] = placed(b, X[k * d + i], i === j ? middleOf(scene) : X[k * d + j]);
        const kind = scene.classes.length ? labels[k] : 0;
        marker(inner, kind, x, y, size, colourOf(kind), theme.colours.paper, Boolean(held?.[k]));
      }
      points = { key, canvas };
    }
    context.drawImage(points.canvas, 0, 0, width, height);
  }

  const middleOf = ({ extent: [, , y0, y1] }) => (y0 + y1) / 2;

  function colourOf(kind) {
    const c = theme.colours, two = net.scene.classes.length <= 2;
    return two ? (kind ? c.positive : c.negative) : c.palette[kind % 6];
  }

  function placed(b, u, v) {
    const [x0, x1, y0, y1] = net.scene.extent;
    return [b.x + ((u - x0) / (x1 - x0)) * b.w, b.y + b.h - ((v - y0) / (y1 - y0)) * b.h];
  }

  function axes(context, b, c, height) {
    const [x0, x1, y0, y1] = net.scene.extent, [i, j] = net.scene.slice;
    context.fillStyle = c.soft;
    context.font = `11px ${c.font}`;
    context.textBaseline = "alphabetic";
    const say = (text, x, y, align) => { context.textAlign = align; context.fillText(text, x, y); };
    say(number(x0, 2), b.x, height - 8, "left");
    say(number(x1, 2), b.x + b.w, height - 8, "right");
    say(pretty(net.scene.features[i] ?? "x₁"), b.x + b.w / 2, height - 8, "center");
    context.save();
    context.translate(14, b.y + b.h / 2);
    context.rotate(-Math.PI / 2);
    say(number(y0, 2), -b.h / 2, 4, "left");
    say(number(y1, 2), b.h / 2, 4, "right");
    if (i !== j) say(pretty(net.scene.features[j] ?? "x₂"), 0, 4, "center");
    context.restore();
  }

  /** Where the sample lies that goes through the network. */
  function chosen(context, b, c) {
    const [i, j] = net.scene.slice, input = net.frame.input;
    if (!input) return;
    const [x, y] = placed(b, input[i], i === j ? middleOf(net.scene) : input[j]);
    knob.style.left = `${Math.max(b.x, Math.min(b.x + b.w, x)) - 14}px`;
    knob.style.top = `${Math.max(b.y, Math.min(b.y + b.h, y)) - 14}px`;
    context.strokeStyle = c.paper;
    context.lineWidth = 4.5;
    context.beginPath(); context.arc(x, y, 9, 0, 2 * Math.PI); context.stroke();
    context.strokeStyle = c.accent;
    context.lineWidth = 2.2;
    context.beginPath(); context.arc(x, y, 9, 0, 2 * Math.PI); context.stroke();
  }

  // ---------------------------------------------------------------- choosing an input

  function move(u, v) {
    const [i, j] = net.scene.slice, [x0, x1, y0, y1] = net.scene.extent;
    const values = [...net.frame.input];
    values[j] = Math.max(y0, Math.min(y1, v));
    values[i] = Math.max(x0, Math.min(x1, u));
    hear.input(values.map((x) => Number(x.toPrecision(6))));
  }

  function pointed(event) {
    const [x, y] = at(map.canvas, event), b = box(map.canvas.clientWidth, map.canvas.clientHeight);
    const [x0, x1, y0, y1] = net.scene.extent;
    move(x0 + ((x - b.x) / b.w) * (x1 - x0), y0 + ((b.y + b.h - y) / b.h) * (y1 - y0));
  }

  frame.addEventListener("pointerdown", (event) => {
    if (!net.frame || event.button > 0) return;
    event.preventDefault();
    frame.setPointerCapture(event.pointerId);
    pointed(event);
    const end = () => { frame.removeEventListener("pointermove", pointed); frame.removeEventListener("pointerup", end); frame.removeEventListener("pointercancel", end); };
    frame.addEventListener("pointermove", pointed);
    frame.addEventListener("pointerup", end);
    frame.addEventListener("pointercancel", end);
  });
  knob.addEventListener("keydown", (event) => {
    const by = event.shiftKey ? 0.005 : 0.03;
    const [dx, dy] = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by] }[event.key] ?? [0, 0];
    if (!(dx || dy) || !net.frame || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const [x0, x1, y0, y1] = net.scene.extent, [i, j] = net.scene.slice, input = net.frame.input;
    move(input[i] + dx * (x1 - x0), input[j] + dy * (y1 - y0));
  });

  return {
    redraw: map.redraw,
    renew() {
      colours256 = ramp(theme.colours);
      points = null;
      mapped();
      const { classes, held, slice } = net.scene;
      legend.replaceChildren(...classes.slice(0, 10).map((name, k) => sample(k, name)), held?.some(Boolean) ? h("span.soft", {}, "hollow: held back") : "");
      title.textContent = net.layers[0] > 2 ? `Answers along ${slice.map((n) => pretty(net.scene.features[n] ?? "")).join(" and ")}` : classes.length ? "Decision boundary" : "Answers";
      map.redraw();
    },
    fresh() {
      mapped();
      map.redraw();
    },
    relabel() {
      const { input, sample: which } = net.frame, [i, j] = net.scene.slice;
      const names = net.scene.features, answers = Array.from({ length: Math.min(net.layers.at(-1), 3) }, (_, n) => number(net.activation(net.blocks, n), 3));
      const said = `${names[i]} ${number(input[i], 3)}, ${names[j]} ${number(input[j], 3)}: ${answers.join(", ")}`;
      knob.setAttribute("aria-valuetext", said);
      const [x0, x1] = net.scene.extent;
      knob.setAttribute("aria-valuenow", String(Math.round(Math.max(0, Math.min(100, (100 * (input[i] - x0)) / (x1 - x0))))));
      map.say(`${title.textContent}: ${net.scene.X.shape[0]} points; ${which < 0 ? "an input of your own" : `sample ${which + 1}`} at ${said}`);
    },
    get canvas() { map.paint(); return map.canvas; },
    close() { map.close(); },
  };

  function sample(kind, name) {
    const canvas = h("canvas.key", { width: 28, height: 28, "aria-hidden": "true" });
    const context = canvas.getContext("2d");
    context.scale(2, 2);
    marker(context, kind, 7, 7, 5, colourOf(kind), theme.colours.paper, false);
    return h("span.class", { title: shapeName(kind) }, canvas, name);
  }
}
