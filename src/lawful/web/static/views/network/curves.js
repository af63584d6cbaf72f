// Loss and accuracy over steps; a click goes back to that moment.

import { chart } from "../../lib/chart.js";
import { h } from "../../lib/dom.js";
import { number, percent } from "../../lib/format.js";

const OFTEN = 180; // milliseconds between two drawings: eyes read curves no faster

/** @param hear  {step(n): a click on the curves} */
export function curves({ parent, net, theme, log = false, hear }) {
  const toggle = h("button.log", { type: "button", "aria-pressed": String(log), title: "L" }, "log axis");
  const y = { log };
  const holder = h("div");
  const element = h("section.panel.curves", { "aria-label": "curves" }, h("div.row.head", {}, h("h3", {}, "Loss"), toggle), holder);
  parent.append(element);
  const second = h("div"), title = h("h3", {}, "Accuracy");
  element.append(title, second);
  let drawn = 0, timer = 0, held = false;
  const make = () => [
    chart(holder, theme, { series: [{ label: "loss", colour: 1 }, { label: "held back", colour: 0, dash: 1 }], x: { label: "" }, y, height: 150, label: "loss over steps" }),
    chart(second, theme, { series: [{ label: "accuracy", colour: 2 }, { label: "held back", colour: 0, dash: 1 }], x: { label: "step" }, y: { range: [0, 1] }, height: 140, label: "accuracy over steps" }),
  ];
  const [loss, accuracy] = make();

  toggle.addEventListener("click", () => { api.log = !y.log; hear.log(y.log); });
  for (const one of [holder, second]) {
    // The chart keeps clicks to itself: a press that does not move is one.
    let down = null;
    one.addEventListener("pointerdown", (event) => { down = event.clientX; }, true);
    one.addEventListener("pointerup", (event) => {
      const plot = (one === holder ? loss : accuracy).plot, box = plot.over.getBoundingClientRect();
      const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!inside || Math.abs(event.clientX - down) > 3 || !net.curves.steps.length) return;
      hear.step(plot.posToVal(event.clientX - box.left, "x"));
    }, true);
  }

  function draw() {
    drawn = performance.now();
    const c = net.curves, none = c.steps.map(() => null);
    // A logarithm has no place for zero.
    const sound = (column) => (y.log ? (column ?? none).map((v) => (v > 0 ? v : null)) : (column ?? none));
    loss.set([c.steps, sound(c.loss), sound(c.validation_loss)]);
    accuracy.set([c.steps, c.accuracy ?? none, c.validation_accuracy ?? none]);
    const there = Boolean(c.accuracy?.some((v) => v != null));
    title.hidden = second.hidden = !there;
    const now = Boolean(c.validation_loss);
    if (now !== held) {
      held = now;
      element.classList.toggle("held", held);
    }
    const last = c.steps.length - 1;
    if (last < 0) return;
    loss.say(`loss over ${c.steps.length} moments: ${number(c.loss?.[0], 3)} at first, ${number(c.loss?.[last], 3)} at step ${c.steps[last]}`);
    if (there) accuracy.say(`accuracy: ${percent(c.accuracy[0] ?? 0)} at first, ${percent(c.accuracy[last] ?? 0)} at step ${c.steps[last]}`);
  }

  const api = {
    element,
    fresh() {
      const wait = OFTEN - (performance.now() - drawn);
      if (wait <= 0) draw();
      else timer ||= setTimeout(() => { timer = 0; draw(); }, wait);
    },
    get log() { return y.log; },
    set log(on) {
      y.log = on;
      toggle.setAttribute("aria-pressed", String(on));
      draw();
      loss.rebuild();
    },
    renew() { loss.rebuild(); accuracy.rebuild(); draw(); },
    get canvases() { return [loss.canvas, ...(second.hidden ? [] : [accuracy.canvas])]; },
    close() { clearTimeout(timer); loss.close(); accuracy.close(); },
  };
  return api;
}
