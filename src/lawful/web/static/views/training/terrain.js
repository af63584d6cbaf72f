// The ball in the landscape: the loss over the plane along which the path varies most, in
// relief or as a map, with the path and the place where the network is now.

import { at, surface } from "../../lib/canvas.js";
import { h, still } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { shades } from "../../lib/shades.js";
import { isoline } from "../network/isoline.js";
import { paint, Relief, View } from "./relief.js";

const DECADES = 60; // a loss that spans more is drawn by its logarithm
const LINES = 11;
const MORPH = 350; // milliseconds from one landscape to the next

/** @param hear  {landscape(): a new one is wanted, mode(name): relief or map} */
export function terrain({ parent, course, theme, hear, mode = "relief" }) {
  const choices = ["relief", "map"].map((name) => h("button", { type: "button", "aria-pressed": String(name === mode), onclick: () => show(name) }, name === "relief" ? "Relief" : "Map"));
  const again = h("button", { type: "button", title: "compute the landscape about the path again (L)", onclick: () => hear.landscape() }, "Refresh");
  const frame = h("div.chart-frame");
  const sheet = surface(frame, draw, { className: "terrain", label: "the landscape of the loss" });
  const words = h("p.soft.words", {}, "");
  parent.append(h("div.row.head", {}, h("h3", {}, "The ball in its landscape"), h("div.row", { role: "group", "aria-label": "landscape" }, choices, again)), frame, words);
  sheet.canvas.tabIndex = 0;

  const view = new View(), ground = h("canvas");
  let given = null, relief = null, from = null, to = null, began = 0, painted = "", log = false, low = 0, high = 1, hiddenAt = "", hidden = [];

  // ---------------------------------------------------------------- a landscape arrives

  function take(answer) {
    const { losses, alpha } = answer, side = alpha.length;
    const sorted = Float32Array.from(losses).filter(Number.isFinite).sort();
    if (!sorted.length) return;
    const least = sorted[0], most = sorted.at(-1);
    log = least > 0 && most > DECADES * least;
    const scaled = (v) => (log ? Math.log10(Math.max(v, least)) : v);
    // Far walls are cut off, so that the valley is seen.
    [low, high] = [scaled(least), scaled(sorted[Math.floor(0.985 * (sorted.length - 1))])];
    if (!(high > low)) high = low + 1;
    const heights = Float32Array.from(losses, (v) => (Number.isFinite(v) ? Math.min(Math.max((scaled(v) - low) / (high - low), 0), 1) : 1));
    from = relief?.side === side && given?.version === answer.version && !still() ? relief.heights.slice() : null;
    [to, began, given] = [heights, performance.now(), answer];
    relief = new Relief(side, from ?? heights);
    course.trail = [];
    painted = hiddenAt = "";
    words.textContent = `${answer.words}${log ? "; heights by the logarithm of the loss" : ""}`;
    sheet.redraw();
  }

  /** The heights on their way from the last landscape to this one. */
  function morphed(now) {
    if (!from) return;
    const t = Math.min((now - began) / MORPH, 1), s = t * t * (3 - 2 * t);
    for (let k = 0; k < to.length; k++) relief.heights[k] = from[k] + (to[k] - from[k]) * s;
    painted = hiddenAt = "";
    if (t >= 1) from = null;
    else sheet.redraw();
  }

  /** A place (α, β) of the plane upon the base, −1 to 1. */
  const based = (a, b) => {
    const { alpha, beta } = given;
    return [(2 * (a - alpha[0])) / (alpha.at(-1) - alpha[0]) - 1, (2 * (b - beta[0])) / (beta.at(-1) - beta[0]) - 1];
  };

  /** Where weights fall upon the plane. */
  function fallen(weights) {
    if (!given?.directions || !weights || weights.length !== given.origin.length) return null;
    const n = weights.length, { origin, directions } = given;
    let [a, b] = [0, 0];
    for (let k = 0; k < n; k++) {
      const x = weights[k] - origin[k];
      a += x * directions[k];
      b += x * directions[n + k];
    }
    return [a, b];
  }

  /** How much of the path belongs to what is shown: all of it live, up to the step looked at else. */
  function pathLength() {
    const { steps } = given, now = course.frame.step;
    let k = steps.length;
    while (k > 1 && steps[k - 1] > now) k--;
    return k;
  }

  // ---------------------------------------------------------------- the picture

  function draw(context, width, height) {
    const c = theme.colours;
    if (!given || !course.frame) {
      context.fillStyle = c.soft;
      context.font = `13px ${c.font}`;
      context.textAlign = "center";
      context.fillText("the landscape is on its way …", width / 2, height / 2);
      return;
    }
    morphed(performance.now());
    const project = mode === "relief" ? relieved(context, width, height, c) : mapped(context, width, height, c);
    path(context, project, c);
    ball(context, project, c);
    scale(context, width, height, c);
  }

  function relieved(context, width, height, c) {
    const ratio = context.canvas.width / width, box = [width - 46, height - 16];
    const key = [width, height, view.azimuth, view.elevation, c.paper, ratio].join(" ");
    view.fit(...box);
    if (painted !== key) {
      [ground.width, ground.height] = [Math.round(width * ratio), Math.round(height * ratio)];
      const inner = ground.getContext("2d");
      inner.setTransform(ratio, 0, 0, ratio, 0, 0);
      inner.clearRect(0, 0, width, height);
      inner.translate(0, 8);
      paint(inner, relief, view, shades(c.dark), c.hair);
      painted = key;
    }
    context.drawImage(ground, 0, 0, width, height);
    return (a, b) => {
      const [x, y] = based(a, b).map((v) => Math.max(-1, Math.min(1, v)));
      const [px, py] = view.place(x, y, relief.ground(x, y));
      return [px, py + 8];
    };
  }

  function mapped(context, width, height, c) {
    const box = { x: 8, y: 8, w: width - 62, h: height - 30 }, ratio = context.canvas.width / width;
    const key = ["map", width, height, c.paper, ratio].join(" ");
    if (painted !== key) {
      [ground.width, ground.height] = [Math.round(width * ratio), Math.round(height * ratio)];
      const inner = ground.getContext("2d");
      inner.setTransform(ratio, 0, 0, ratio, 0, 0);
      plan(inner, box, c);
      painted = key;
    }
    context.drawImage(ground, 0, 0, width, height);
    context.font = `11px ${c.font}`;
    context.fillStyle = c.soft;
    context.textAlign = "center";
    context.fillText(given.axes?.[0] ?? "", box.x + box.w / 2, height - 6);
    return (a, b) => {
      const [x, y] = based(a, b);
      return [box.x + ((x + 1) / 2) * box.w, box.y + box.h - ((y + 1) / 2) * box.h];
    };
  }

  /** Colours and lines of equal loss. */
  function plan(context, box, c) {
    const { side, heights } = relief, ramp = shades(c.dark);
    const small = h("canvas", { width: side, height: side });
    const image = new ImageData(side, side);
    for (let i = 0; i < side; i++) {
      for (let j = 0; j < side; j++) {
        const step = 3 * Math.round(255 * heights[i * side + j]);
        image.data.set([ramp[step], ramp[step + 1], ramp[step + 2], 255], 4 * ((side - 1 - i) * side + j));
      }
    }
    small.getContext("2d").putImageData(image, 0, 0);
    context.save();
    context.beginPath();
    context.roundRect(box.x, box.y, box.w, box.h, 6);
    context.clip();
    context.imageSmoothingQuality = "high";
    const half = 0.5;
    context.drawImage(small, half, half, side - 1, side - 1, box.x, box.y, box.w, box.h);
    context.strokeStyle = c.paper;
    context.globalAlpha = 0.5;
    context.lineWidth = 0.9;
    for (let n = 1; n < LINES; n++) {
      const lines = isoline(side, (k) => heights[k] - n / LINES), by = [box.w / (side - 1), box.h / (side - 1)];
      context.beginPath();
      for (let k = 0; k < lines.length; k += 4) {
        context.moveTo(box.x + lines[k] * by[0], box.y + box.h - lines[k + 1] * by[1]);
        context.lineTo(box.x + lines[k + 2] * by[0], box.y + box.h - lines[k + 3] * by[1]);
      }
      context.stroke();
    }
    context.restore();
  }

  /** The path so far; where the relief hides it, faint. */
  function path(context, project, c) {
    const shown = pathLength(), points = [];
    for (let k = 0; k < shown; k++) points.push([given.path[2 * k], given.path[2 * k + 1]]);
    const key = [painted, shown].join(" ");
    if (mode === "relief" && hiddenAt !== key) {
      hidden = points.map(([a, b]) => { const [x, y] = based(a, b); return relief.hidden(x, y, view); });
      hiddenAt = key;
    }
    const before = points.length;
    if (!course.recorded && shown === given.steps.length) points.push(...course.trail);
    const placed = points.map(([a, b]) => project(a, b));
    const stroke = (width, colour, behind) => {
      context.beginPath();
      for (let k = 1; k < placed.length; k++) {
        if (mode === "relief" && k < before && hidden[k] !== behind) continue;
        if (k >= before && behind) continue;
        context.moveTo(...placed[k - 1]);
        context.lineTo(...placed[k]);
      }
      [context.strokeStyle, context.lineWidth, context.lineCap] = [colour, width, "round"];
      context.stroke();
    };
    if (mode === "relief") { context.globalAlpha = 0.35; stroke(1.6, c.ink, true); context.globalAlpha = 1; }
    stroke(4.4, c.paper, false);
    stroke(2.2, c.accent, false);
    if (placed.length > 1) disc(context, placed[0], 4.5, c.paper, c.accent);
  }

  function disc(context, [x, y], r, fill, line) {
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.fillStyle = fill;
    context.fill();
    [context.strokeStyle, context.lineWidth] = [line, 2];
    context.stroke();
  }

  function ball(context, project, c) {
    const place = present();
    if (!place) return;
    const [x, y] = project(...place), r = 9;
    context.globalAlpha = 0.3;
    context.fillStyle = "#000000";
    context.beginPath(); context.ellipse(x, y + 3, r * 0.95, r * 0.5, 0, 0, 7); context.fill();
    context.globalAlpha = 1;
    const light = context.createRadialGradient(x - 3, y - r - 2, 1, x, y - r / 2, r + 3);
    light.addColorStop(0, "#ffffff");
    light.addColorStop(0.35, c.accent);
    light.addColorStop(1, c.accent);
    context.beginPath();
    context.arc(x, y - r / 2, r, 0, 2 * Math.PI);
    context.fillStyle = light;
    context.fill();
    [context.strokeStyle, context.lineWidth] = [c.paper, 1.5];
    context.stroke();
  }

  /** Where the network is upon the plane. */
  function present() {
    const live = fallen(course.frame.parameters);
    if (live) return live;
    const k = pathLength() - 1;
    return k >= 0 ? [given.path[2 * k], given.path[2 * k + 1]] : null;
  }

  /** What the colours mean. */
  function scale(context, width, height, c) {
    const ramp = shades(c.dark), [x, y, w, tall] = [width - 40, 26, 9, Math.min(150, height - 70)];
    for (let k = 0; k < tall; k++) {
      const step = 3 * Math.round(255 * (1 - k / (tall - 1)));
      context.fillStyle = `rgb(${ramp[step]}, ${ramp[step + 1]}, ${ramp[step + 2]})`;
      context.fillRect(x, y + k, w, 1.5);
    }
    context.fillStyle = c.soft;
    context.font = `11px ${c.font}`;
    context.textAlign = "right";
    const said = (v) => number(log ? 10 ** v : v, 2);
    context.fillText("loss", width - 4, y - 12);
    context.fillText(said(high), width - 4, y - 1 + 0);
    context.fillText(said(low), width - 4, y + tall + 13);
  }

  // ---------------------------------------------------------------- turning

  function turn(azimuth, elevation) {
    view.azimuth += azimuth;
    view.elevation = Math.max(0.2, Math.min(1.45, view.elevation + elevation));
    sheet.redraw();
  }
  sheet.canvas.addEventListener("pointerdown", (event) => {
    if (mode !== "relief" || event.button > 0) return;
    let [px, py] = at(sheet.canvas, event);
    sheet.canvas.setPointerCapture(event.pointerId);
    const move = (now) => {
      const [x, y] = at(sheet.canvas, now);
      turn(-(x - px) * 0.008, event.pointerType === "touch" ? 0 : (y - py) * 0.006);
      [px, py] = [x, y];
    };
    const end = () => { sheet.canvas.removeEventListener("pointermove", move); for (const e of ["pointerup", "pointercancel"]) sheet.canvas.removeEventListener(e, end); };
    sheet.canvas.addEventListener("pointermove", move);
    for (const e of ["pointerup", "pointercancel"]) sheet.canvas.addEventListener(e, end);
  });
  sheet.canvas.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [0.12, 0], ArrowRight: [-0.12, 0], ArrowUp: [0, 0.08], ArrowDown: [0, -0.08] }[event.key];
    if (!by || mode !== "relief" || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    turn(...by);
  });

  function show(name) {
    mode = name;
    painted = "";
    choices.forEach((button, k) => button.setAttribute("aria-pressed", String((k === 0) === (name === "relief"))));
    sheet.canvas.classList.toggle("turning", name === "relief");
    sheet.redraw();
    hear.mode(name);
  }
  sheet.canvas.classList.toggle("turning", mode === "relief");

  return {
    take,
    toggle() { show(mode === "relief" ? "map" : "relief"); },
    recorded() { again.hidden = true; },
    /** A frame has come; true where the ball has left the landscape, or gone far in it. */
    fresh() {
      sheet.redraw();
      const place = given && course.frame && fallen(course.frame.parameters);
      if (!place) return false;
      if (!course.recorded && course.frame.step >= given.steps.at(-1)) {
        const last = course.trail.at(-1);
        if (!last || last[0] !== place[0] || last[1] !== place[1]) course.trail.push(place);
        if (course.trail.length > 1500) course.trail = course.trail.filter((_, k) => k % 2);
      }
      const [x, y] = based(...place);
      return Math.max(Math.abs(x), Math.abs(y)) > 0.97;
    },
    restyle() { painted = ""; sheet.redraw(); },
    relabel() {
      if (given) sheet.say(`the landscape of the loss ${mode === "relief" ? "in relief" : "as a map"}: ${given.words}; loss from ${number(log ? 10 ** low : low, 2)} to ${number(log ? 10 ** high : high, 2)}; the network is at ${number(course.frame.measures.loss, 3)}. ${mode === "relief" ? "Arrows turn it." : ""}`);
    },
    get canvas() { sheet.paint(); return sheet.canvas; },
    close() { sheet.close(); },
  };
}
