// One neuron in numbers: Σ w x + b → z → f(z) = a, its function with the point where it
// stands, and what it answers over the plane.

import { surface } from "../../lib/canvas.js";
import { h } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { isoline } from "./isoline.js";
import { coloured, largest, ramp } from "./maps.js";
import { short } from "./neurons.js";
import { FUNCTIONS, worded } from "./state.js";

const SHOWN = 9; // terms; the rest are summed
const OFTEN = 120, ASKED = 320; // milliseconds between two tellings, and two questions

export function inspector({ parent, net, theme, line }) {
  const name = h("h3.neuron-name");
  const formula = h("p.formula");
  const terms = h("div.terms", { role: "table", "aria-label": "terms of the sum" });
  const caption = h("figcaption.soft");
  const map = surface(h("div.small-map"), drawMap, { label: "what this neuron answers over the plane" });
  const plot = surface(h("div.small-plot"), drawPlot, { label: "its function" });
  const element = h("section.panel.inspector", { "aria-label": "a neuron in numbers" },
    h("div.inspector-words", {}, h("div.row.head", {}, name, formula), terms),
    h("div.inspector-pictures", {}, plot.canvas.parentNode, h("figure", {}, map.canvas.parentNode, caption)));
  parent.append(element);
  const picture = h("canvas", { width: 1, height: 1 });
  let where = null, rows = [], told = 0, timer = 0, asked = 0, busy = false, own = null, colours256 = null, scale = 1;

  const valid = () => where && net.parameters && where.l < net.depth && where.i < net.layers[where.l];

  // ---------------------------------------------------------------- words

  function tell() {
    told = performance.now();
    if (!valid()) { where = net.parameters ? { l: net.blocks, i: 0 } : null; if (!where) return; }
    const { l, i } = where;
    name.textContent = net.nameOf(l, i);
    name.title = net.longName(l, i);
    if (l === 0) {
      formula.textContent = `${net.nameOf(0, i)} = ${number(net.activation(0, i), 3)}: an input, given from outside`;
      rows = [];
      terms.replaceChildren();
      terms.hidden = true;
    } else {
      terms.hidden = false;
      const [z, a, f] = [net.sum(l, i), net.activation(l, i), net.functionOf(l)];
      const after = f === "linear" ? `a = z` : f === "softmax" ? `softmax among all outputs → a = ${number(a, 3)}` : `a = ${worded(f)}(z) = ${number(a, 3)}`;
      formula.textContent = `z = Σ w x + b = ${number(z, 3)}  →  ${after}`;
      list(l, i);
    }
    element.setAttribute("aria-label", `${net.longName(l, i)} in numbers`);
    caption.textContent = template() ? "its weights" : "where it says what";
    map.say(template() ? "the weights that lead to it, as a picture" : "what this neuron answers over the plane");
    plot.redraw();
  }

  /** The largest terms, what the others add up to, the bias. */
  function list(l, i) {
    const all = net.terms(l, i), many = all.length > SHOWN + 1;
    const shown = many ? [...all].sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, SHOWN) : all;
    const entries = shown.map(({ name: said, weight, value, product }) => [said, `${short(weight)} × ${short(value)}`, product]);
    if (many) {
      const rest = all.reduce((s, t) => s + t.product, 0) - shown.reduce((s, t) => s + t.product, 0);
      entries.push([`${all.length - shown.length} others`, "Σ w x", rest]);
    }
    entries.push(["b", "bias", net.bias(l, i)]);
    if (rows.length !== entries.length) {
      rows = entries.map(() => term());
      terms.replaceChildren(...rows.map((row) => row.element));
    }
    terms.classList.toggle("long", entries.some(([said]) => said.length > 6));
    const most = entries.reduce((m, [, , p]) => Math.max(m, Math.abs(p) || 0), 1e-9);
    entries.forEach(([said, product, value], k) => rows[k].put(said, product, value, most));
  }

  function term() {
    const cells = ["said", "product", "share", "result"].map((kind) => h(`span.${kind}`, { role: "cell" }));
    const bar = h("i");
    cells[2].append(bar);
    const element = h("div.term", { role: "row" }, cells);
    const put = (cell, text) => { if (cell.textContent !== text) cell.textContent = text; };
    return {
      element,
      put(said, product, value, most) {
        put(cells[0], said);
        put(cells[1], product);
        put(cells[3], `${value < 0 ? "−" : "+"} ${short(Math.abs(value))}`);
        const share = Math.min(1, Math.abs(value) / most) * 50;
        bar.className = value < 0 ? "less" : "more";
        bar.style.width = `${share}%`;
        bar.style.left = value < 0 ? `${50 - share}%` : "50%";
      },
    };
  }

  // ---------------------------------------------------------------- pictures

  function drawPlot(context, width, height) {
    if (!valid()) return;
    const c = theme.colours, { l, i } = where;
    const f = l > 0 ? FUNCTIONS[net.functionOf(l)] : null;
    context.fillStyle = c.soft;
    context.font = `11px ${c.font}`;
    context.textAlign = "center";
    if (!f) {
      context.fillText(l === 0 ? "an input" : "shares that sum to 1", width / 2, height / 2);
      return;
    }
    const z = net.sum(l, i), reach = Math.max(3, Math.min(1e6, Math.abs(z) * 1.25));
    const values = Array.from({ length: 81 }, (_, k) => f(((k - 40) / 40) * reach));
    const low = Math.min(...values, 0), high = Math.max(...values, 0.001);
    const X = (x) => 6 + ((x + reach) / (2 * reach)) * (width - 12), Y = (y) => height - 16 - ((y - low) / (high - low)) * (height - 28);
    context.strokeStyle = c.hair;
    context.beginPath(); context.moveTo(4, Y(0)); context.lineTo(width - 4, Y(0)); context.moveTo(X(0), 6); context.lineTo(X(0), height - 12); context.stroke();
    context.strokeStyle = c.ink;
    context.lineWidth = 1.8;
    context.beginPath();
    values.forEach((y, k) => context.lineTo(X(((k - 40) / 40) * reach), Y(y)));
    context.stroke();
    context.fillText(worded(net.functionOf(l)), width / 2, height - 3);
    if (!Number.isFinite(z)) return;
    context.strokeStyle = c.accent;
    context.setLineDash([3, 3]);
    context.lineWidth = 1;
    context.beginPath(); context.moveTo(X(z), Y(0)); context.lineTo(X(z), Y(f(z))); context.lineTo(X(0), Y(f(z))); context.stroke();
    context.setLineDash([]);
    context.fillStyle = c.accent;
    context.beginPath(); context.arc(X(z), Y(f(z)), 4, 0, 2 * Math.PI); context.fill();
  }

  function drawMap(context, width, height) {
    const c = theme.colours;
    context.fillStyle = c.paper;
    context.fillRect(0, 0, width, height);
    if (!own) return;
    context.drawImage(picture, 0, 0, width, height);
    if (template()) return;
    const side = own.shape[0], level = ["sigmoid", "softmax"].includes(net.functionOf(where.l)) && where.l > 0 ? 0.5 : 0;
    const part = isoline(side, (k) => own[k] - level);
    context.beginPath();
    for (let k = 0; k < part.length; k += 4) {
      context.moveTo(((part[k] + 0.5) / side) * width, height - ((part[k + 1] + 0.5) / side) * height);
      context.lineTo(((part[k + 2] + 0.5) / side) * width, height - ((part[k + 3] + 0.5) / side) * height);
    }
    context.strokeStyle = c.ink;
    context.lineWidth = 1.3;
    context.stroke();
  }

  /** Of pictures the first layer's weights are pictures too, and say more than a cut. */
  const template = () => where?.l === 1 && net.pictured > 0;

  function paint(answer) {
    own = answer.map;
    if (!own) return;
    const side = own.shape[0];
    if (picture.width !== side) picture.width = picture.height = side;
    const context = picture.getContext("2d"), image = context.createImageData(side, side);
    const half = !template() && where.l > 0 && ["sigmoid", "softmax"].includes(net.functionOf(where.l));
    const values = half ? own.map((v) => 2 * v - 1) : own;
    scale = half || (!template() && where.l > 0 && net.functionOf(where.l) === "tanh") ? 1.2 : largest(own, 0, own.length);
    coloured(new Uint32Array(image.data.buffer), values, 0, side, colours256, scale);
    context.putImageData(image, 0, 0);
    map.redraw();
  }

  /** The weights that lead to a neuron, as the picture they are; its first row lies on top. */
  function weighed(j) {
    const side = net.pictured;
    const map = Float32Array.from({ length: side * side }, (_, n) => net.weight(0, (side - 1 - Math.floor(n / side)) * side + (n % side), j));
    map.shape = [side, side];
    return map;
  }

  /** Ask for the map: one question at a time, and not at every frame. */
  async function ask() {
    if (busy || !valid() || performance.now() - asked < ASKED) return;
    if (template()) { asked = performance.now(); paint({ map: weighed(where.i) }); return; }
    [busy, asked] = [true, performance.now()];
    const { l, i } = where;
    try {
      const answer = await line.ask("neuron", { layer: l, index: i, cells: 48 });
      if (where?.l === l && where?.i === i) paint(answer);
    } catch {
      own = null; // what refused has said why; the numbers stay
    }
    busy = false;
    if (where && (where.l !== l || where.i !== i)) { asked = 0; ask(); }
  }

  return {
    element,
    /** Look at a neuron; null looks at the last one. */
    look(l, i) {
      if (l == null) return;
      if (where?.l === l && where?.i === i) return;
      where = { l, i };
      own = null;
      tell();
      map.redraw();
      asked = 0;
      ask();
    },
    fresh() {
      const wait = OFTEN - (performance.now() - told);
      if (wait <= 0) tell();
      else if (!timer) timer = setTimeout(() => { timer = 0; tell(); ask(); }, wait);
      ask();
    },
    renew() {
      colours256 = ramp(theme.colours);
      own = null;
      rows = [];
      asked = 0;
      tell();
      ask();
      map.redraw();
    },
    close() { clearTimeout(timer); map.close(); plot.close(); },
  };
}
