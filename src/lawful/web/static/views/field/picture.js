// The field as a picture: a plane now, or a ring along time; vortices with the sign of their turn.

import { surface } from "../../lib/canvas.js";
import { circle, shade } from "../../lib/cyclic.js";
import { h } from "../../lib/dom.js";

const ROWS = 220; // moments of a ring that are kept
const DARK = [16, 18, 24]; // where there is no field, in both themes: light needs a dark ground

export function picture(holder, theme) {
  const ramp = circle();
  const pixels = document.createElement("canvas");
  let frame = null, mode = "both", history = [];
  const face = surface(holder, paint, { className: "field-picture", label: "the field" });

  const legend = h("div.legend", {},
    h("span", {}, "phase"), wheel(ramp), h("span.soft", {}, "−π … π"),
    h("span.mark.plus", { "aria-hidden": "true" }, "+"), h("span.soft", {}, "turns left"),
    h("span.mark.minus", { "aria-hidden": "true" }, "−"), h("span.soft", {}, "turns right"));

  function draw(next, how) {
    if (next.density.shape.length === 1 && next !== frame) {
      history.push({ density: next.density, phase: next.phase, t: next.t });
      if (history.length > ROWS) history.shift();
    }
    [frame, mode] = [next, how];
    const n = next.vortices ? next.vortices.length / 3 : 0;
    face.say(next.density.shape.length === 2 ? `the field on a plane, ${n} vortices` : "the field on a ring, time downward");
    face.redraw();
  }

  function paint(context, width, height) {
    if (!frame) return;
    const plane = frame.density.shape.length === 2;
    const parts = mode === "beside" ? ["density", "phase"] : [mode];
    context.fillStyle = `rgb(${DARK})`;
    context.fillRect(0, 0, width, height);
    const wide = width / parts.length;
    const tall = plane ? wide : height;
    parts.forEach((part, k) => {
      fill(part, plane);
      context.imageSmoothingEnabled = true;
      context.imageSmoothingQuality = "high";
      context.drawImage(pixels, k * wide, plane ? (height - tall) / 2 : 0, wide, tall);
      if (plane) marks(context, k * wide, (height - tall) / 2, wide);
    });
  }

  /** The bitmap: rows of the plane from the top, or of the ring's past, the newest below. */
  function fill(part, plane) {
    const [rows, columns] = plane ? frame.density.shape : [ROWS, frame.density.shape[0]];
    if (pixels.width !== columns || pixels.height !== rows) [pixels.width, pixels.height] = [columns, rows];
    const context = pixels.getContext("2d");
    const image = context.createImageData(columns, rows);
    const lines = plane ? [{ density: frame.density, phase: frame.phase }] : history;
    const peak = brightest(lines);
    lines.forEach((line, k) => colour(image.data, line, part, peak, plane ? 0 : (ROWS - lines.length + k) * columns));
    context.putImageData(image, 0, 0);
  }

  function colour(data, { density, phase }, part, peak, from) {
    for (let k = 0; k < density.length; k++) {
      const light = part === "phase" ? 1 : Math.min(Math.sqrt(density[k] / peak), 1);
      const hue = part === "density" ? -1 : 3 * shade(phase[k]);
      const out = 4 * (from + k);
      for (let c = 0; c < 3; c++) {
        const full = hue < 0 ? [236, 240, 250][c] : ramp[hue + c];
        data[out + c] = DARK[c] + (full - DARK[c]) * light;
      }
      data[out + 3] = 255;
    }
  }

  function marks(context, left, top, wide) {
    const { vortices, length } = frame;
    if (!vortices) return;
    context.lineWidth = 1.6;
    context.font = "bold 11px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    const many = vortices.length > 3 * 60;
    for (let k = 0; k < vortices.length; k += 3) {
      const x = left + (vortices[k + 1] / length[1] + 0.5) * wide;
      const y = top + (vortices[k] / length[0] + 0.5) * wide;
      const plus = vortices[k + 2] > 0;
      context.strokeStyle = context.fillStyle = "#ffffff";
      context.beginPath();
      context.arc(x, y, many ? 2.5 : 7, 0, 2 * Math.PI);
      context.setLineDash(plus ? [] : [2.5, 2]);
      context.stroke();
      if (!many) context.fillText(plus ? "+" : "−", x, y + 0.5);
    }
    context.setLineDash([]);
  }

  return {
    element: holder, legend, canvas: face.canvas, draw,
    canvases: () => { face.paint(); return [face.canvas]; },
    forget() { history = []; frame = null; },
    close() { face.close(); },
  };
}

/** The brightest density that is drawn: nearly the largest, so that one spike dims nothing. */
function brightest(lines) {
  let most = 1e-12;
  for (const { density } of lines) for (const v of density) if (v > most) most = v;
  return 0.9 * most;
}

function wheel(ramp) {
  const strip = h("canvas.wheel", { width: 256, height: 1, "aria-hidden": "true" });
  const context = strip.getContext("2d");
  const image = context.createImageData(256, 1);
  for (let k = 0; k < 256; k++) {
    const from = 3 * ((k + 128) & 255);
    image.data.set([ramp[from], ramp[from + 1], ramp[from + 2], 255], 4 * k);
  }
  context.putImageData(image, 0, 0);
  return strip;
}
