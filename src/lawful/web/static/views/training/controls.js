// What a hand can turn while the ball rolls: how it moves, its rate, friction, momentum,
// temperature and mass. What is turned acts from the next step on.

import { choice, h, slider } from "../../lib/dom.js";
import { number } from "../../lib/format.js";

const CALLED = {
  gradient_descent: "gradient descent", momentum: "momentum", heavy_ball: "heavy ball", hamiltonian: "Hamiltonian, no friction",
  langevin: "Langevin, in a bath", discrete_gradient: "discrete gradient", nesterov: "Nesterov", rmsprop: "RMSprop", adam: "Adam",
};
const SIGNS = { rate: "", momentum: "μ", friction: "γ", temperature: "T", mass: "m" };
const BOOKLESS = ["nesterov", "rmsprop", "adam"];
// A range from zero over decades: the slider moves along the cube root.
const root = (value) => Math.cbrt(value), cube = (u) => u ** 3;

/** @param hear  {order(name, words)} */
export function controls({ parent, course, hear }) {
  const mover = choice({ words: "it moves by", options: [], onchange: (name) => hear.order("optimizer", { name }) });
  const meaning = h("p.soft.meaning", {}, "");
  const dials = h("div.dials");
  const fixed = h("dl.settings");
  parent.append(h("div.row.head", {}, h("h3", {}, "How it moves")), mover.element, meaning, dials, fixed);
  const made = new Map(), waiting = new Map();
  let asked = 0;

  /** One order a picture at most, the newest. */
  function turn(name, value) {
    waiting.set(name, value);
    made.get(name).touched = performance.now();
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      for (const [dial, to] of waiting) hear.order(dial, { value: to });
      waiting.clear();
    });
  }

  function dial(name) {
    const [low, high] = course.scene.limits[name];
    const words = name === "rate" ? course.scene.rate_called ?? "rate" : `${name} ${SIGNS[name]}`;
    const decades = name === "rate" || name === "mass";
    const bent = name === "friction" || name === "temperature";
    const [to, from] = bent ? [root, cube] : [(v) => v, (v) => v];
    const one = slider({
      low: to(low), high: to(high), value: to(course.frame[name]), log: decades, words,
      shown: (u) => number(from(u), 3),
      oninput: (u) => turn(name, Number(from(u).toPrecision(4))),
    });
    return { element: one.element, put(value) { one.value = to(value); }, touched: 0, words };
  }

  function renew() {
    const { scene, frame } = course;
    for (const { element } of made.values()) element.remove();
    made.clear();
    if (course.recorded) { recorded(); return; }
    const names = [...(scene.known.mechanical ?? []), ...BOOKLESS];
    mover.select.replaceChildren(...names.map((name) => h("option", { value: name }, CALLED[name] ?? name)));
    for (const name of Object.keys(SIGNS)) {
      if (frame[name] == null) continue;
      made.set(name, dial(name));
      dials.append(made.get(name).element);
    }
    fresh();
  }

  /** Nothing can be turned any more: say how it was. */
  function recorded() {
    const { scene } = course;
    mover.element.hidden = true;
    meaning.textContent = scene.words.optimizers?.[scene.optimizer] ?? "";
    const said = [["it moved by", CALLED[scene.optimizer] ?? scene.optimizer], [scene.rate_called, scene.rate],
      ...["momentum", "friction", "temperature", "mass"].map((name) => [`${name} ${SIGNS[name]}`, scene[name]]),
      ["layers", scene.layers.join("-")], ["learned", scene.dataset], ["ended", scene.stopped]];
    fixed.replaceChildren(...said.filter(([, value]) => value != null && value !== "").map(([name, value]) =>
      h("div", {}, h("dt.soft", {}, name), h("dd.value", {}, typeof value === "number" ? number(value, 4) : value))));
  }

  function fresh() {
    if (course.recorded) return;
    const { frame, scene } = course;
    mover.value = frame.optimizer;
    meaning.textContent = scene.words.optimizers[frame.optimizer] ?? "";
    const now = performance.now();
    for (const [name, one] of made) {
      if (now - one.touched > 600 && frame[name] != null) one.put(frame[name]);
    }
  }

  return { renew, fresh, close() { cancelAnimationFrame(asked); } };
}
