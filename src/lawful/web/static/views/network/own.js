// One's own data: points drawn with a brush on a sheet, or a table pasted as text.

import { at, surface } from "../../lib/canvas.js";
import { h } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { marker, shapeName } from "./markers.js";

const CLASSES = 4, SPREAD = 0.035, MOST = 2000;
const EXAMPLE = "height,weight,kind\n1.2,3.4,a\n0.8,2.9,a\n2.1,5.0,b\n1.9,5.3,b";

/** @param root  the element of the view, where the sheet belongs */
export function ownData({ net, theme, order, root }) {
  let points = [], kind = 0, extent = [-1, 1, -1, 1], spot = [0, 0], tool = "brush";
  const title = h("h2", {}, "Your own data");
  const dialog = h("dialog.own-data", { "aria-label": "your own data" });
  const tabs = ["draw", "paste"].map((name) => h("button", { type: "button", onclick: () => turn(name) }, name === "draw" ? "Draw points" : "Paste a table"));
  const why = h("p.why", { role: "status", hidden: true });

  // ---------------------------------------------------------------- drawing

  const pad = h("div.pad", { tabIndex: 0, role: "application", "aria-label": "sheet to draw points on: arrows move the brush, Enter puts a point, 1 to 4 choose the class, Delete takes the last point away" });
  const sheet = surface(pad, draw, { label: "points of your own" });
  const kinds = h("div.row.kinds", { role: "radiogroup", "aria-label": "class of the brush" });
  const amount = h("span.soft", { role: "status" });
  const tools = { brush: "Brush", spray: "Spray", eraser: "Eraser" };
  const toolbox = h("div.row", { role: "group", "aria-label": "tool" }, Object.entries(tools).map(([name, said]) => h("button", {
    type: "button", "aria-pressed": String(name === tool), onclick: (event) => {
      tool = name;
      for (const one of toolbox.children) one.setAttribute("aria-pressed", String(one === event.currentTarget));
    },
  }, said)));
  const drawing = h("div.drawing", {}, pad, h("div.side", {}, kinds, toolbox,
    h("div.row", {}, h("button", { type: "button", onclick: () => { points = present(); changed(); } }, "Start from these data"), h("button", { type: "button", onclick: () => { points = []; changed(); } }, "Clear")),
    amount, h("p.soft", {}, "Click or drag to put points. By keyboard: arrows, Enter, 1 to 4, Delete.")));

  const colour = (k) => (k < 2 ? [theme.colours.negative, theme.colours.positive][k] : theme.colours.palette[k]);

  function draw(context, width, height) {
    const c = theme.colours;
    context.strokeStyle = c.hair;
    context.beginPath();
    for (const t of [0.25, 0.5, 0.75]) { context.moveTo(t * width, 0); context.lineTo(t * width, height); context.moveTo(0, t * height); context.lineTo(width, t * height); }
    context.stroke();
    for (const [u, v, k] of points) marker(context, k, ...on(u, v, width, height), 5, colour(k), c.paper);
    if (document.activeElement !== pad) return;
    const [x, y] = on(...spot, width, height);
    context.strokeStyle = c.accent;
    context.lineWidth = 2;
    context.beginPath(); context.moveTo(x - 9, y); context.lineTo(x + 9, y); context.moveTo(x, y - 9); context.lineTo(x, y + 9); context.stroke();
  }

  function on(u, v, width, height) {
    const [x0, x1, y0, y1] = extent;
    return [((u - x0) / (x1 - x0)) * width, height - ((v - y0) / (y1 - y0)) * height];
  }

  function under(event) {
    const [x, y] = at(sheet.canvas, event), [x0, x1, y0, y1] = extent;
    return [x0 + (x / sheet.canvas.clientWidth) * (x1 - x0), y1 - (y / sheet.canvas.clientHeight) * (y1 - y0)];
  }

  function put(u, v) {
    const [x0, x1, y0, y1] = extent, [w, t] = [x1 - x0, y1 - y0];
    if (tool === "eraser") {
      points = points.filter(([a, b]) => Math.hypot((a - u) / w, (b - v) / t) > SPREAD);
    } else {
      const many = tool === "spray" ? 4 : 1;
      for (let n = 0; n < many && points.length < MOST; n++) {
        const [r, turn] = tool === "spray" ? [Math.sqrt(Math.random()) * 2.4 * SPREAD, 2 * Math.PI * Math.random()] : [0, 0];
        const to = [u + r * w * Math.cos(turn), v + r * t * Math.sin(turn)];
        points.push([Math.max(x0, Math.min(x1, to[0])), Math.max(y0, Math.min(y1, to[1])), kind]);
      }
    }
    changed();
  }

  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    let last = under(event);
    put(...last);
    const move = (e) => {
      const now = under(e);
      if (Math.hypot((now[0] - last[0]) / (extent[1] - extent[0]), (now[1] - last[1]) / (extent[3] - extent[2])) < SPREAD) return;
      put(...(last = now));
    };
    const end = () => { pad.removeEventListener("pointermove", move); pad.removeEventListener("pointerup", end); pad.removeEventListener("pointercancel", end); };
    pad.addEventListener("pointermove", move);
    pad.addEventListener("pointerup", end);
    pad.addEventListener("pointercancel", end);
  });
  pad.addEventListener("keydown", (event) => {
    const [x0, x1, y0, y1] = extent, by = event.shiftKey ? 0.01 : 0.05;
    const go = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by] }[event.key];
    if (go) spot = [Math.max(x0, Math.min(x1, spot[0] + go[0] * (x1 - x0))), Math.max(y0, Math.min(y1, spot[1] + go[1] * (y1 - y0)))];
    else if (event.key === "Enter" || event.key === " ") put(...spot);
    else if (event.key === "Delete" || event.key === "Backspace") { points.pop(); changed(); }
    else if (/^[1-4]$/.test(event.key)) choose(Number(event.key) - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (go) amount.textContent = `brush at ${number(spot[0], 2)}, ${number(spot[1], 2)}`;
    sheet.redraw();
  });
  pad.addEventListener("focus", () => sheet.redraw());
  pad.addEventListener("blur", () => sheet.redraw());

  function choose(k) { kind = k; kinds.querySelectorAll("input")[k].checked = true; }

  function brushes() {
    kinds.replaceChildren(...Array.from({ length: CLASSES }, (_, k) => {
      const icon = h("canvas.key", { width: 32, height: 32, "aria-hidden": "true" }), context = icon.getContext("2d");
      context.scale(2, 2);
      marker(context, k, 8, 8, 6, colour(k), theme.colours.panel);
      return h("label.kind-choice", { title: shapeName(k) }, h("input", { type: "radio", name: "lawful-brush", value: k, checked: k === kind, onchange: () => { kind = k; } }), icon, `class ${k + 1}`);
    }));
  }

  function changed() {
    const counts = Array.from({ length: CLASSES }, (_, k) => points.filter((p) => p[2] === k).length);
    amount.textContent = points.length ? `${points.length} points: ${counts.map((n, k) => n && `${n} of class ${k + 1}`).filter(Boolean).join(", ")}` : "no points yet";
    sheet.redraw();
  }

  /** The samples that are there, where they are points of a plane. */
  function present() {
    const { X, labels, classes } = net.scene;
    if (X.shape[1] !== 2) { complain("These data have more than two features: they cannot be drawn on."); return points; }
    const n = Math.min(X.shape[0], MOST);
    return Array.from({ length: n }, (_, k) => [X[2 * k], X[2 * k + 1], classes.length ? Math.min(labels[k], CLASSES - 1) : 0]);
  }

  // ---------------------------------------------------------------- pasting

  const area = h("textarea", { rows: 12, spellcheck: false, placeholder: EXAMPLE, "aria-label": "a table as text: a header, then a row a sample" });
  const target = h("input", { type: "text", placeholder: "the last one", "aria-label": "column to learn; the last one when empty", autocomplete: "off" });
  const pasting = h("div.pasting", {}, h("p.soft", {}, "A header, then a row a sample, with commas, semicolons or tabs between the columns."), area,
    h("label.row", {}, h("span", {}, "Column to learn"), target));

  // ---------------------------------------------------------------- the sheet

  const learn = h("button.primary", { type: "button", onclick: send }, "Learn from these");
  dialog.append(h("div.row.head", {}, title, h("button", { type: "button", "aria-label": "close", onclick: () => dialog.close() }, "✕")),
    h("div.row", { role: "group", "aria-label": "how" }, tabs), drawing, pasting, why, h("div.row.foot", {}, learn));
  root.append(dialog);
  // Keys of the sheet are no keys of the view behind it.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());

  function turn(name) {
    drawing.hidden = name !== "draw";
    pasting.hidden = name !== "paste";
    tabs.forEach((one, k) => one.setAttribute("aria-pressed", String((k === 0) === (name === "draw"))));
    complain("");
  }

  function complain(words) { why.textContent = words; why.hidden = !words; }

  function send() {
    if (!pasting.hidden) {
      if (!area.value.trim().includes("\n")) { complain("Paste a header and at least one row below it."); return; }
      order("paste", { text: area.value, target: target.value.trim() || null });
    } else {
      if (new Set(points.map((p) => p[2])).size < 2) { complain("Draw points of two classes at least."); return; }
      order("points", { X: points.map(([u, v]) => [u, v].map((x) => Number(x.toPrecision(5)))), labels: points.map((p) => p[2]), extent });
    }
    dialog.close();
  }

  return {
    open(name) {
      brushes();
      turn(name);
      extent = net.flat ? [...net.scene.extent] : [-1, 1, -1, 1];
      spot = [(extent[0] + extent[1]) / 2, (extent[2] + extent[3]) / 2];
      dialog.showModal();
      changed();
    },
    get dialog() { return dialog; },
    close() { if (dialog.open) dialog.close(); sheet.close(); dialog.remove(); },
  };
}
