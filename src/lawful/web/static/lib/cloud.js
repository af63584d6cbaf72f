// A cloud of points with a colour bar, the path of one run and a marker; it turns, and is lassoed.

import { at, surface } from "./canvas.js";
import { number } from "./format.js";
import { sheet } from "./points.js";
import { css } from "./shades.js";
import { Space, inside, nearest, ticks } from "./space.js";

const BAR = 46; // pixels below: the colour bar
const PULL = 14; // how near a pointer must be
const GREYS = { dark: [96, 100, 112], light: [176, 170, 158] };

/**
 * @param onhover  onhover({point, path}, x, y): the point under the pointer, or of the path; −1 for none
 * @param onpick  onpick({point, path}): one was clicked
 * @param onlasso  onlasso(indices): points that a lasso holds; null where it was let go
 * @param onturn  the view was turned or zoomed
 */
export function cloud(el, theme, { onhover, onpick, onlasso, onturn }) {
  const paper = sheet();
  let columns = [], names = [], space = null, count = 0;
  let x = new Float32Array(0), y = x, depth = x;
  let tint = new Uint8Array(0), known = tint, faint = null, bar = null, ramp = new Uint8ClampedArray(768);
  let way = { columns: [[], []], x: [], y: [], depth: [], steps: null }, marked = -1, lasso = null;
  let dirty = true, laid = "", box = { left: 0, top: 0, width: 1, height: 1 };

  const picture = surface(el, draw, { label: "states along their principal axes", className: "cloud" });
  const canvas = picture.canvas;
  const again = () => { dirty = true; picture.redraw(); };

  function lay(width, height) {
    const flat = !space.solid;
    box = { left: flat ? 58 : 10, top: 10, width: width - (flat ? 70 : 20), height: height - BAR - (flat ? 46 : 14) };
    space.lay(columns, box, x, y, depth);
    way.x = new Float32Array(way.columns[0].length);
    [way.y, way.depth] = [new Float32Array(way.x.length), new Float32Array(way.x.length)];
    space.lay(way.columns, box, way.x, way.y, way.depth);
  }

  function draw(context, width, height) {
    if (!space) return;
    const c = theme.colours, ratio = canvas.width / width, key = `${width} ${height} ${ratio}`;
    if (dirty || key !== laid) {
      lay(width, height);
      const scaled = (values) => values.map((v) => v * ratio);
      paper.draw({
        width: canvas.width, height: canvas.height, x: scaled(x), y: scaled(y), depth: space.solid ? depth : null,
        tint, known, ramp, grey: GREYS[c.dark ? "dark" : "light"], faint,
        radius: ratio * Math.min(Math.max(2.7 * (3000 / Math.max(count, 1)) ** 0.25, 1.3), 3.6),
      });
      [dirty, laid] = [false, key];
    }
    if (space.solid) frame(context, c); else axes(context, c);
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.width, box.height);
    if (!space.solid) context.clip();
    context.drawImage(paper.image, 0, 0, width, height);
    path(context, c);
    context.restore();
    if (lasso?.length > 1) loop(context, c);
    if (bar) scale(context, c, width, height);
  }

  function axes(context, c) {
    const [across, up] = [space.range(0, box), space.range(1, box)];
    const to = (v, [low, high], from, size) => from + ((v - low) / (high - low)) * size;
    context.font = `11px ${c.font}`;
    context.fillStyle = c.soft;
    context.strokeStyle = c.hair;
    context.lineWidth = 1;
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const v of ticks(...across, Math.max(box.width / 90, 3))) {
      const px = to(v, across, box.left, box.width);
      segment(context, px, box.top, px, box.top + box.height);
      context.fillText(number(v, 3), px, box.top + box.height + 6);
    }
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const v of ticks(...up, Math.max(box.height / 60, 3))) {
      const py = to(v, up, box.top + box.height, -box.height);
      segment(context, box.left, py, box.left + box.width, py);
      context.fillText(number(v, 3), box.left - 6, py);
    }
    context.fillStyle = c.ink;
    context.font = `12px ${c.font}`;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    context.fillText(names[0], box.left + box.width / 2, box.top + box.height + 34);
    context.save();
    context.translate(13, box.top + box.height / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(names[1], 0, 0);
    context.restore();
  }

  function frame(context, c) {
    context.strokeStyle = c.hair;
    context.lineWidth = 1;
    for (const [a, b] of space.frame(box)) segment(context, a[0], a[1], b[0], b[1]);
    context.font = `12px ${c.font}`;
    context.fillStyle = c.soft;
    context.textAlign = "center";
    context.textBaseline = "middle";
    names.forEach((name, k) => {
      const [px, py] = space.tip(k, box), half = context.measureText(name).width / 2 + 4;
      context.fillText(name, Math.min(Math.max(px, half), box.width + 20 - half), Math.min(py, box.top + box.height + 6));
    });
  }

  function path(context, c) {
    const n = way.x.length;
    if (!n) return;
    context.lineJoin = context.lineCap = "round";
    const good = (i) => Number.isFinite(way.x[i]) && Number.isFinite(way.y[i]);
    for (const [colour, width] of [[c.paper, 7], [c.accent, 5]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      for (let i = 0, pen = false; i < n; i++) {
        if (good(i)) context[pen ? "lineTo" : "moveTo"](way.x[i], way.y[i]);
        pen = good(i);
      }
      context.stroke();
    }
    // Inside its casing a run keeps the colours of its states.
    context.lineWidth = 2.6;
    for (let i = 1, from = 0; i < n; i++) {
      const last = i === n - 1;
      if (!last && way.steps?.[i] === way.steps?.[from] && good(i)) continue;
      context.strokeStyle = way.steps ? css(ramp, way.steps[from]) : c.paper;
      context.beginPath();
      for (let j = from, pen = false; j <= i; j++) {
        if (good(j)) context[pen ? "lineTo" : "moveTo"](way.x[j], way.y[j]);
        pen = good(j);
      }
      context.stroke();
      from = i;
    }
    dot(context, way.x[0], way.y[0], 4, c.paper, c.accent);
    if (marked >= 0 && marked < way.x.length) {
      dot(context, way.x[marked], way.y[marked], 9, "transparent", c.ink);
      dot(context, way.x[marked], way.y[marked], 5.5, c.accent, c.paper);
    }
  }

  function loop(context, c) {
    context.strokeStyle = c.ink;
    context.lineWidth = 1.5;
    context.setLineDash([5, 4]);
    context.beginPath();
    lasso.forEach(([px, py], k) => context[k ? "lineTo" : "moveTo"](px, py));
    context.closePath();
    context.stroke();
    context.setLineDash([]);
  }

  function scale(context, c, width, height) {
    const top = height - BAR + 16, left = 16, long = Math.min(width - 32, 460);
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.font = `12px ${c.font}`;
    context.fillStyle = c.ink;
    context.fillText(bar.words, left, top - 5);
    if (bar.classes) { legend(context, c, left, top + 8, width - left); return; }
    for (let k = 0; k < 256; k++) {
      context.fillStyle = css(ramp, k);
      context.fillRect(left + (k / 256) * long, top, long / 256 + 0.6, 9);
    }
    context.fillStyle = c.soft;
    context.font = `11px ${c.font}`;
    const marks = [bar.low, (bar.low + bar.high) / 2, bar.high];
    marks.forEach((v, k) => {
      context.textAlign = ["left", "center", "right"][k];
      context.fillText(bar.say ? bar.say(v) : number(v, 3), left + (k / 2) * long, top + 22);
    });
  }

  function legend(context, c, left, top, room) {
    context.font = `11px ${c.font}`;
    let px = left;
    bar.classes.forEach((name, k) => {
      const wide = 18 + context.measureText(name).width;
      if (px + wide > room) return;
      dot(context, px + 5, top, 4, css(ramp, bar.steps[k]), "transparent");
      context.fillStyle = c.soft;
      context.fillText(name, px + 13, top + 4);
      px += wide + 8;
    });
  }

  // ------------------------------------------------------------------ the pointer

  let down = null, moved = 0, dragging = false;
  const found = (px, py) => {
    const own = nearest(way.x, way.y, way.depth, px, py, PULL);
    if (own >= 0) return { point: -1, path: own };
    return { point: nearest(x, y, depth, px, py, PULL, faint && ((i) => !faint[i])), path: -1 };
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button || !space) return;
    [down, moved] = [at(canvas, event), 0];
    dragging = space.solid && !api.lassoing !== event.shiftKey;
    if (!dragging) lasso = [down];
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!space) return;
    const [px, py] = at(canvas, event);
    if (!down) { const hit = found(px, py); onhover(hit, px, py); return; }
    moved = Math.max(moved, Math.hypot(px - down[0], py - down[1]));
    if (moved < 4) return;
    if (dragging) {
      const [lx, ly] = api.last ?? down;
      api.rotate((px - lx) * 0.009, (py - ly) * 0.009);
      api.last = [px, py];
    } else {
      lasso.push([px, py]);
      picture.redraw();
    }
  });
  const up = (event) => {
    if (!down) return;
    const drawn = lasso;
    [down, lasso, api.last] = [null, null, null];
    if (moved < 4) { if (event.type === "pointerup") onpick(found(...at(canvas, event))); }
    else if (dragging) onturn();
    else if (drawn) {
      const held = [];
      for (let i = 0; i < count; i++) if (inside(drawn, x[i], y[i])) held.push(i);
      onlasso(held.length ? held : null);
    }
    picture.redraw();
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => { if (!down) onhover({ point: -1, path: -1 }, 0, 0); });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls, as it does elsewhere
    event.preventDefault();
    api.grow(event.deltaY < 0 ? 1.15 : 1 / 1.15);
  }, { passive: false });

  const api = {
    canvas, lassoing: false, last: null,
    /** Points along two or three axes; the view stays where the axes are the same. */
    show(given, labels, look = {}, alike = false) {
      [columns, names, count] = [given, labels, given[0].length];
      space = Object.assign(new Space(given, { alike }), look);
      [x, y, depth] = [new Float32Array(count), new Float32Array(count), new Float32Array(count)];
      way = { columns: given.map(() => []), x: [], y: [], depth: [], steps: null };
      again();
    },
    /** Colours: a step of the ramp for each point, and the bar that explains them. */
    tint(steps, held, map, about) { [tint, known, ramp, bar] = [steps, held, map, about]; again(); },
    /** The run that is highlighted. */
    path(given) { way = { columns: given, x: [], y: [], depth: [], steps: way.steps }; again(); },
    /** Its colours, a step of the ramp for each sample. */
    wear(steps) { way.steps = steps; picture.redraw(); },
    /** A place along the path. */
    mark(index) { if (index !== marked) { marked = index; picture.redraw(); } },
    /** Let all points stand back but these; null for none. */
    only(indices) {
      faint = indices && new Uint8Array(count).fill(1);
      for (const i of indices ?? []) faint[i] = 0;
      again();
    },
    rotate(turn, tilt) {
      space.turn += turn;
      space.tilt = Math.min(Math.max(space.tilt + tilt, -1.5), 1.5);
      again();
    },
    grow(by) { space.zoom = Math.min(Math.max(space.zoom * by, 0.4), 12); again(); onturn(); },
    get look() { return space ? { turn: space.turn, tilt: space.tilt, zoom: space.zoom } : {}; },
    redraw: again,
    say: picture.say,
    close: picture.close,
  };
  return api;
}

function segment(context, ax, ay, bx, by) {
  context.beginPath();
  context.moveTo(ax, ay);
  context.lineTo(bx, by);
  context.stroke();
}

function dot(context, px, py, radius, fill, stroke) {
  context.beginPath();
  context.arc(px, py, radius, 0, 7);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = stroke;
  context.lineWidth = 1.6;
  context.stroke();
}
