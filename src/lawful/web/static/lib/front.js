// Scores on a logarithmic scale, each a point that can be chosen: by pointer, or by the arrows.

import { surface } from "./canvas.js";
import { h } from "./dom.js";
import { number } from "./format.js";

const EDGE = { left: 62, right: 18, top: 16, bottom: 44 };
const FLOOR = 1e-16; // round-off: scores are not told apart below

/**
 * @param points  [{x, y, words, chosen}] with x ascending; y > 0
 * @param x, y  what the axes say
 * @param steps  whether a line shows the best that there is up to each x
 * @param onchoose  onchoose(k) where a point is chosen; points can be chosen only then
 */
export function front(el, theme, { x, y, label, height = 300, steps = true, onchoose = null }) {
  let points = [], at = -1, range = null, places = [];
  const holder = h("div.front");
  el.append(holder);
  const picture = surface(holder, draw, { label, height });
  const group = h("div.points", { role: "radiogroup", "aria-label": label });
  if (onchoose) holder.append(group);
  const canvas = picture.canvas;

  const log = (v) => Math.log10(Math.max(v, FLOOR));
  const put = (p, width, tall) => [
    EDGE.left + ((p.x - range.x[0]) / (range.x[1] - range.x[0])) * (width - EDGE.left - EDGE.right),
    tall - EDGE.bottom - ((log(p.y) - range.y[0]) / (range.y[1] - range.y[0])) * (tall - EDGE.top - EDGE.bottom),
  ];

  function draw(context, width, tall) {
    if (!points.length) return;
    const c = theme.colours;
    places = points.map((p) => put(p, width, tall));
    scales(context, c, width, tall);
    if (steps) {
      context.strokeStyle = c.c0;
      context.globalAlpha = 0.55;
      context.lineWidth = 1.6;
      context.beginPath();
      places.forEach(([px, py], k) => {
        if (!k) context.moveTo(px, py);
        else { context.lineTo(px, places[k - 1][1]); context.lineTo(px, py); }
      });
      context.stroke();
      context.globalAlpha = 1;
    }
    places.forEach(([px, py], k) => {
      const chosen = points[k].chosen, here = k === at;
      if (here) ring(context, px, py, 10, null, c.ink, 1.5);
      ring(context, px, py, here ? 6.5 : onchoose ? 5 : 3.2, here ? c.accent : c.c0, c.panel, 1.5);
      // What the search itself chose is ringed: a sign that is not the colour alone.
      if (chosen) ring(context, px, py, here ? 14 : 10, null, c.accent, 2);
    });
    layOut();
  }

  function scales(context, c, width, tall) {
    context.font = `11px ${c.font}`;
    context.fillStyle = c.soft;
    context.strokeStyle = c.hair;
    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    const [low, high] = range.y, by = Math.max(1, Math.ceil((high - low) / 7));
    for (let k = Math.ceil(low); k <= high; k += by) {
      const py = put({ x: range.x[0], y: 10 ** k }, width, tall)[1];
      context.beginPath();
      context.moveTo(EDGE.left, py);
      context.lineTo(width - EDGE.right, py);
      context.stroke();
      context.fillText(k === 0 ? "1" : number(10 ** k, 1).replace(/^1×/, ""), EDGE.left - 8, py);
    }
    context.textAlign = "center";
    context.textBaseline = "top";
    const span = range.x[1] - range.x[0], step = [1, 2, 5, 10, 20, 50, 100].find((s) => span / s <= Math.max(width / 60, 2)) ?? 200;
    for (let v = Math.ceil(range.x[0] / step) * step; v <= range.x[1]; v += step) {
      context.fillText(String(v), put({ x: v, y: 1 }, width, tall)[0], tall - EDGE.bottom + 7);
    }
    context.fillStyle = c.ink;
    context.font = `12px ${c.font}`;
    context.fillText(x, (EDGE.left + width - EDGE.right) / 2, tall - 18);
    context.save();
    context.translate(12, (tall - EDGE.bottom + EDGE.top) / 2);
    context.rotate(-Math.PI / 2);
    context.textBaseline = "middle";
    context.fillText(y, 0, 0);
    context.restore();
  }

  function layOut() {
    places.forEach(([px, py], k) => {
      const button = group.children[k];
      if (button) { button.style.left = `${px}px`; button.style.top = `${py}px`; }
    });
  }

  function choose(k, focus = false) {
    if (k < 0 || k >= points.length) return;
    api.at = k;
    if (focus) group.children[k].focus();
    onchoose(k);
  }

  group.addEventListener("keydown", (event) => {
    const last = points.length - 1;
    const to = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    choose(Math.min(Math.max(to, 0), last), true);
  });

  const api = {
    canvas,
    set(given) {
      points = given;
      const xs = points.map((p) => p.x), ys = points.map((p) => log(p.y));
      const pad = Math.max(0.06 * (Math.max(...xs) - Math.min(...xs)), 0.8);
      range = {
        x: [Math.min(...xs) - pad, Math.max(...xs) + pad],
        y: [Math.min(...ys, Math.max(...ys) - 0.7) - 0.3, Math.max(...ys) + 0.2],
      };
      group.replaceChildren(...(onchoose ? points : []).map((p, k) => {
        const button = h("button.point", { type: "button", role: "radio", title: p.words, onclick: () => choose(k, true) });
        button.setAttribute("aria-label", p.words);
        return button;
      }));
      api.at = Math.min(at, points.length - 1);
      picture.redraw();
    },
    get at() { return at; },
    /** Mark a point without telling. */
    set at(k) {
      at = k;
      [...group.children].forEach((button, n) => {
        button.setAttribute("aria-checked", String(n === k));
        button.tabIndex = n === Math.max(k, 0) ? 0 : -1;
      });
      picture.redraw();
    },
    step(by) { choose(Math.min(Math.max((at < 0 ? 0 : at + by), 0), points.length - 1)); },
    redraw: picture.redraw,
    close() { picture.close(); holder.remove(); },
  };
  return api;
}

function ring(context, px, py, radius, fill, stroke, width) {
  context.beginPath();
  context.arc(px, py, radius, 0, 7);
  if (fill) { context.fillStyle = fill; context.fill(); }
  context.strokeStyle = stroke;
  context.lineWidth = width;
  context.stroke();
}
