// An image on its way through the field a basin has learned: kicks, flights, and planes of V.

import { bitmap, brightest, phaseStrip } from "../../lib/bitmap.js";
import { surface } from "../../lib/canvas.js";
import { choice, h, still } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { diverging } from "../../lib/theme.js";
import { transport } from "../../lib/transport.js";

const DOING = { start: "the image enters", kick: "a kick turns the phase", flight: "it flies: density moves", step: "a step is done" };
const PACE = 9; // moments a second

export function way(scene, theme, { line }) {
  const sheet = bitmap(), planes = document.createElement("canvas");
  let held = null, bar = null, wanted = null, peak = 1, closed = false, asked = 0;
  const show = h("button", { type: "button", onclick: () => ask(true) }, "Show its way through the field");
  const trouble = h("p.trouble", { role: "alert", hidden: true }), note = h("p.soft.remark"), below = h("div");
  const method = choice({ words: "field of", options: scene.fields, value: scene.fields[0], onchange: () => ask(true) });
  const strip = h("canvas.wheel", { "aria-hidden": "true" });
  phaseStrip(strip);
  const holder = h("div.stage", { hidden: true });
  const legend = h("p.legend.soft", { hidden: true }, "light: |ψ|²; colour: phase −π ", strip, " π");
  const face = surface(holder, paint, { className: "way-picture", label: "the field on its way" });
  const element = h("div.way", {}, h("h3", {}, "On its way through the field"),
    h("p.soft.remark", {}, "The basin of its task: planes of a learned potential turn the phase, free flight between them moves the density, which is read out at the end."),
    h("div.row", {}, ...(scene.fields.length > 1 ? [method.element] : []), show), trouble, holder, legend, below, note);

  async function ask(play) {
    if (!wanted) return;
    const mine = ++asked;
    show.disabled = true;
    try {
      const found = await line.ask("passage", { method: method.value, task: wanted.task, image: wanted.image });
      if (closed || mine !== asked) return;
      trouble.hidden = true;
      take(found, play);
    } catch (why) {
      if (closed || mine !== asked) return;
      trouble.hidden = false;
      trouble.textContent = why.message;
    } finally { if (mine === asked) show.disabled = false; }
  }

  function take(found, play) {
    held = found;
    const { doing, step } = held, moments = doing.length;
    peak = brightest([held.densities]);
    bar?.close();
    bar = transport({
      length: moments, seconds: Math.max(moments / PACE, 1), onseek: () => draw(),
      say: (k) => `${DOING[doing[k]] ?? doing[k]}, step ${Math.min(step[k] + (doing[k] === "step" || doing[k] === "start" ? 0 : 1), held.steps)} of ${held.steps}`,
    });
    below.replaceChildren(bar.element);
    holder.hidden = legend.hidden = false;
    show.textContent = "Show it again";
    note.textContent = `${wanted.words}, through ${held.steps} steps of ${number(held.h, 3)}${held.g ? `, g = ${number(held.g, 2)}` : ""}: every state is of the layer's own calculation.`;
    if (play && !still()) bar.play(); else bar.put(moments - 1);
    draw();
  }

  function draw() { if (held) { face.say(`the field: ${bar.element.querySelector("output").textContent}`); face.redraw(); } }

  function paint(context, width, height) {
    if (!held) return;
    const k = bar.position, [, rows, columns] = held.densities.shape, area = rows * columns;
    const size = Math.min((width - 2 * GAP) / 3, height - 20);
    const moment = { density: held.densities.subarray(k * area, (k + 1) * area), phase: held.phases.subarray(k * area, (k + 1) * area) };
    const kicked = held.doing[k] === "kick";
    [["both", "ψ"], ["density", "|ψ|²"]].forEach(([part, words], n) => {
      sheet.draw({ columns, rows, lines: [moment], part, peak });
      put(context, sheet.sheet, words, n, size);
    });
    plane(held.plane[k], rows, columns);
    put(context, planes, `V${held.planes.shape[0] > 1 ? `, plane ${held.plane[k] + 1}` : ""}`, 2, size, kicked ? 1 : 0.35);
  }

  function put(context, image, words, n, size, alpha = 1) {
    const left = n * (size + GAP);
    context.imageSmoothingEnabled = false;
    context.globalAlpha = alpha;
    context.drawImage(image, left, 20, size, size);
    context.globalAlpha = 1;
    context.font = `12px ${theme.colours.font}`;
    context.textBaseline = "middle";
    context.fillStyle = theme.colours.soft;
    context.fillText(words, left, 9);
  }

  /** A plane of V: blue above zero, red below. */
  function plane(k, rows, columns) {
    [planes.width, planes.height] = [columns, rows];
    const context = planes.getContext("2d"), image = context.createImageData(columns, rows), ramp = diverging(theme.colours);
    const values = held.planes.subarray(k * rows * columns, (k + 1) * rows * columns);
    let most = 1e-12;
    for (const v of held.planes) most = Math.max(most, Math.abs(v));
    values.forEach((v, at) => {
      const shade = 3 * Math.round(127.5 + 127.5 * (v / most));
      image.data.set([ramp[shade], ramp[shade + 1], ramp[shade + 2], 255], 4 * at);
    });
    context.putImageData(image, 0, 0);
  }

  return {
    element,
    /** Another image; its way is drawn at once where one is drawn already. */
    choose(task, image, words) {
      const other = !wanted || wanted.task !== task || wanted.image !== image;
      wanted = { task, image, words };
      if (other && held) ask(false);
    },
    rebuild: () => face.redraw(),
    canvases: () => { if (!held) return []; face.paint(); return [face.canvas]; },
    close() { closed = true; bar?.close(); face.close(); },
  };
}

const GAP = 14;
