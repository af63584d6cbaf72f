// The hand on the field: pointer or keys stir it, or leave a pair of vortices.

import { at } from "../../lib/canvas.js";

const NEAR = 1 / 32, FAR = 1 / 8; // shares of the picture that an arrow key moves
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * @param stage  the element around the picture that takes the focus
 * @param order  order(name, given)
 * @param tool  gives "stir" or "imprint"
 * @param push  gives the strength of the stirrer
 * @param say  words for a screen reader
 */
export function hand(stage, image, { order, tool, push, say }) {
  const spot = { x: 0.5, y: 0.5 };
  let held = false, turned = false, asked = 0, next = null;

  // One order for each picture at most: a mouse may move a thousand times a second.
  const stir = (place) => {
    next = place;
    asked ||= requestAnimationFrame(() => { asked = 0; if (next) order("stir", { ...next, strength: push() }); });
  };
  const letGo = () => { next = null; order("stir", { strength: 0 }); };
  const place = (event) => image.place(...at(image.canvas, event));

  const down = (event) => {
    if (event.button) return;
    if (tool() === "imprint") { order("imprint", place(event)); return; }
    held = true;
    image.canvas.setPointerCapture(event.pointerId);
    stir(place(event));
  };
  const move = (event) => { if (held) stir(place(event)); };
  const up = () => { if (held) { held = false; letGo(); } };
  image.canvas.addEventListener("pointerdown", down);
  image.canvas.addEventListener("pointermove", move);
  image.canvas.addEventListener("pointerup", up);
  image.canvas.addEventListener("pointercancel", up);

  const words = () => `${Math.round(100 * spot.x)} % from the left, ${Math.round(100 * spot.y)} % from below`;
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = ARROWS[event.key];
    if (way) {
      const by = event.shiftKey ? FAR : NEAR;
      [spot.x, spot.y] = [spot.x + by * way[0], spot.y + by * way[1]].map((v) => Math.min(Math.max(v, 0), 1));
      image.pointer = spot;
      if (turned) stir({ ...spot });
      say(words());
    } else if (event.key === "Enter") {
      if (tool() === "imprint") { order("imprint", { ...spot }); say(`a pair of vortices at ${words()}`); }
      else {
        turned = !turned;
        if (turned) stir({ ...spot }); else letGo();
        say(turned ? `the stirrer is at ${words()}` : "the stirrer has let go");
      }
    } else if (event.key === "Escape" && turned) { turned = false; letGo(); say("the stirrer has let go"); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  stage.addEventListener("keydown", press);
  stage.addEventListener("focus", () => { if (stage.matches(":focus-visible")) image.pointer = spot; });
  stage.addEventListener("blur", () => {
    image.pointer = null;
    if (turned) { turned = false; letGo(); }
  });
  return { close() { cancelAnimationFrame(asked); } };
}
