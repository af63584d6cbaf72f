// The phase diagram of the boundary: at telling moments of the training, or over two settings.

import { h } from "../../lib/dom.js";
import { count, number, percent } from "../../lib/format.js";
import { isoline } from "../network/isoline.js";
import { coloured, largest, ramp } from "../network/maps.js";

const SIDE = 132; // pixels of a picture on the sheet, before the screen's ratio
const NAMES = { rate: "rate", momentum: "momentum", friction: "friction", temperature: "temperature", mass: "mass", init_scale: "size of the first weights" };

/**
 * @param hear  {phase(words): promise, seek(moment), settings(values)}
 */
export function phases({ parent, course, theme, hear }) {
  const along = h("button", { type: "button", "aria-pressed": "true", onclick: () => ask({}) }, "Along the training");
  const [x, y] = ["horizontal", "vertical"].map((name) => h("select", { "aria-label": `setting along the ${name} axis`, title: `${name} axis` }));
  const over = h("button", { type: "button", "aria-pressed": "false", onclick: () => ask({ x: x.value, y: y.value, columns: 6, rows: 4 }) }, "Over two settings");
  const grid = h("div.phase-grid", { role: "group", "aria-label": "phase diagram" });
  const words = h("p.soft.words", {}, "Ask for it: the boundary at moments equally far apart in what the network says, or a training at each of several settings.");
  const axes = h("div.row.axes", {}, over, x, h("span.soft", {}, "×"), y);
  parent.append(h("div.row.head", {}, h("h3", {}, "Phase diagram of the boundary"), h("div.row", {}, along, axes)), words, grid);
  let shown = null, asked = null, tiles = [];

  const called = (name) => (name === "rate" ? course.scene.rate_called ?? name : NAMES[name]);

  async function ask(settings) {
    const mine = (asked = {});
    const two = "x" in settings;
    along.setAttribute("aria-pressed", String(!two));
    over.setAttribute("aria-pressed", String(two));
    grid.setAttribute("aria-busy", "true");
    if (two) words.textContent = "twenty-four trainings are on their way …";
    try {
      const answer = await hear.phase(settings);
      if (mine === asked) take(answer);
    } catch (why) {
      if (mine === asked) words.textContent = why.message;
    } finally {
      if (mine === asked) grid.removeAttribute("aria-busy");
    }
  }

  function take(answer) {
    shown = answer;
    words.textContent = `${answer.words}${answer.kind === "settings" ? ". Choose one to take its settings." : ""}`;
    grid.classList.toggle("over", answer.kind === "settings");
    tiles = [];
    if (answer.kind === "settings") settings(answer);
    else moments(answer);
    repaint();
  }

  function moments({ steps, losses, accuracies, maps }) {
    const [n, outputs, side] = maps.shape;
    grid.style.removeProperty("--columns");
    grid.replaceChildren(...Array.from({ length: n }, (_, k) => {
      const right = accuracies[k] == null || Number.isNaN(accuracies[k]) ? "" : ` · ${percent(accuracies[k], 3)}`;
      const said = `step ${count(steps[k])}`, more = `loss ${number(losses[k], 2)}${right}`;
      return tile(k, outputs, side, said, more, () => hear.seek(steps[k]), "look back upon it");
    }));
  }

  function settings({ x: across, y: upward, losses, accuracies, made, maps }) {
    const [rows, columns, outputs, side] = maps.shape;
    grid.style.setProperty("--columns", columns);
    const cells = [];
    for (let i = rows - 1; i >= 0; i--) {
      cells.push(h("span.axis.soft", {}, number(upward.values[i], 3)));
      for (let j = 0; j < columns; j++) {
        const k = i * columns + j, lost = made[k] === 0, late = Number.isNaN(made[k]);
        const right = Number.isNaN(accuracies[k]) ? "" : ` · ${percent(accuracies[k], 3)}`;
        const more = late ? "left out" : lost ? "lost" : `${number(losses[k], 2)}${right}`;
        const values = { [across.name]: across.values[j], [upward.name]: upward.values[i] };
        const said = `${called(across.name)} ${number(across.values[j], 3)}, ${called(upward.name)} ${number(upward.values[i], 3)}`;
        cells.push(tile(k, outputs, side, "", more, () => hear.settings(values), said));
      }
    }
    cells.push(h("span"), ...across.values.map((v) => h("span.axis.soft", {}, number(v, 3))));
    cells.push(h("span"), h("span.axis.name.soft", {}, `${called(across.name)} → · upward ${called(upward.name)}`));
    grid.replaceChildren(...cells);
  }

  function tile(k, outputs, side, said, more, act, label) {
    const canvas = h("canvas", { width: 2 * SIDE, height: 2 * SIDE, "aria-hidden": "true" });
    tiles.push({ canvas, k, outputs, side });
    return h("button.tile", { type: "button", onclick: act, title: label }, canvas,
      said && h("span", {}, said), " ", h("span.soft", {}, more), h("span.unseen", {}, `: ${label}`));
  }

  // ---------------------------------------------------------------- pictures

  function repaint() {
    if (!shown) return;
    const colours = ramp(theme.colours, theme.colours.panel);
    for (const one of tiles) drawn(one, colours);
  }

  function drawn({ canvas, k, outputs, side }, colours) {
    const context = canvas.getContext("2d"), size = side * side, start = k * outputs * size, { maps } = shown, c = theme.colours;
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (Number.isNaN(maps[start])) { lost(context, canvas, c); return; }
    const small = h("canvas", { width: side, height: side }), image = new ImageData(side, side), words32 = new Uint32Array(image.data.buffer);
    const linear = course.scene.activations.at(-1) === "linear";
    // Of several classes the first against the rest of them.
    const values = Float32Array.from({ length: size }, (_, n) => (linear ? maps[start + n] : 2 * maps[start + n] - 1));
    coloured(words32, values, 0, side, colours, linear ? largest(values, 0, size) : 1.25);
    small.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingQuality = "high";
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
    border(context, values, side, canvas.width, c);
    points(context, canvas.width, c);
  }

  function border(context, values, side, width, c) {
    const lines = isoline(side, (n) => values[n]), by = width / side;
    context.beginPath();
    for (let n = 0; n < lines.length; n += 4) {
      context.moveTo((lines[n] + 0.5) * by, width - (lines[n + 1] + 0.5) * by);
      context.lineTo((lines[n + 2] + 0.5) * by, width - (lines[n + 3] + 0.5) * by);
    }
    [context.strokeStyle, context.lineWidth] = [c.ink, 2.4];
    context.stroke();
  }

  /** The samples, a ring for one class and a dot for the others. */
  function points(context, width, c) {
    const { X, labels, extent, slice } = course.scene;
    if (!X || !extent || X.shape[1] < 2) return;
    const [n, d] = X.shape, [i, j] = slice, [x0, x1, y0, y1] = extent, every = Math.ceil(n / 240);
    [context.fillStyle, context.strokeStyle, context.lineWidth, context.globalAlpha] = [c.ink, c.ink, 1.4, 0.62];
    for (let k = 0; k < n; k += every) {
      context.beginPath();
      context.arc(((X[k * d + i] - x0) / (x1 - x0)) * width, width - ((X[k * d + j] - y0) / (y1 - y0)) * width, 2.6, 0, 7);
      if (labels?.[k]) context.fill();
      else context.stroke();
    }
    context.globalAlpha = 1;
  }

  function lost(context, canvas, c) {
    [context.strokeStyle, context.lineWidth] = [c.hair, 3];
    for (let k = -canvas.width; k < canvas.width; k += 22) {
      context.beginPath(); context.moveTo(k, 0); context.lineTo(k + canvas.width, canvas.width); context.stroke();
    }
  }

  /** Which settings there are to choose from. */
  function renew() {
    const { frame } = course;
    axes.hidden = course.recorded;
    along.hidden = course.recorded;
    const names = ["rate", "momentum", "friction", "temperature", "mass"].filter((name) => frame[name] != null);
    names.push("init_scale");
    const before = [x.value, y.value];
    for (const [k, select] of [x, y].entries()) {
      select.replaceChildren(...names.map((name) => h("option", { value: name }, called(name))));
      select.value = names.includes(before[k]) && before[0] !== before[1] ? before[k] : names[Math.min(k, names.length - 1)];
    }
  }

  return {
    take, ask, renew,
    restyle: repaint,
    forget() { shown = null; asked = null; tiles = []; grid.replaceChildren(); grid.removeAttribute("aria-busy"); },
    get canvas() {
      const sheet = h("canvas", { width: 2 * SIDE * Math.min(Math.max(tiles.length, 1), 6), height: 2 * SIDE * Math.max(1, Math.ceil(tiles.length / 6)) });
      const context = sheet.getContext("2d");
      tiles.forEach(({ canvas }, k) => context.drawImage(canvas, 2 * SIDE * (k % 6), 2 * SIDE * Math.floor(k / 6)));
      return sheet;
    },
    get shown() { return shown; },
  };
}
