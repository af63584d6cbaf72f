// The bar under the stage: send a sample through, forward or back, at one's own speed.

import { h } from "../../lib/dom.js";
import { SPEEDS } from "./pulses.js";

const sign = (text) => h("span", { "aria-hidden": "true" }, text);

/** @param act  {forward(), backward()} */
export function passbar(pass, act) {
  const forward = h("button", { type: "button", onclick: act.forward, title: "F" }, "Forward pass");
  const backward = h("button", { type: "button", onclick: act.backward, title: "B" }, "Backward pass");
  const hold = h("button", { type: "button", onclick: () => pass.toggle(), title: "P" }, "Pause");
  const before = h("button", { type: "button", title: ",", onclick: () => pass.step(-1) }, sign("◂"), "layer", h("span.unseen", {}, "before"));
  const after = h("button", { type: "button", title: ".", onclick: () => pass.step(1) }, h("span.unseen", {}, "next"), "layer", sign("▸"));
  const end = h("button", { type: "button", "aria-label": "end the pass", title: "Escape", onclick: () => pass.end() }, "✕");
  const speed = h("select", { "aria-label": "speed of the pulses" },
    SPEEDS.map((v) => h("option", { value: v, selected: v === 1 }, `${v}×`)));
  speed.addEventListener("change", () => { pass.speed = Number(speed.value); });
  const words = h("p.pass-words");
  const more = h("span.row.pass-more", {}, before, hold, after, end);
  return {
    element: h("div.passbar", {}, h("div.row", { role: "group", "aria-label": "passes through the network" }, forward, backward, more, speed), words),
    /** As the pass stands. */
    show() {
      more.hidden = !pass.kind;
      hold.textContent = pass.running ? "Pause" : pass.at >= pass.length ? "Again" : "Go on";
      before.disabled = pass.at <= 0;
      after.disabled = pass.at >= pass.length;
      forward.setAttribute("aria-pressed", String(pass.kind === "forward"));
      backward.setAttribute("aria-pressed", String(pass.kind === "backward"));
      words.textContent = pass.kind ? pass.sentence : "Send this sample through the network: see each sum as it is made, and the slopes on their way back.";
    },
  };
}
