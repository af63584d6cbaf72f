// A quantum fluid under the pointer: density as light, phase as colour, vortices, what it keeps.

import { chart } from "../lib/chart.js";
import { at } from "../lib/canvas.js";
import { connect } from "../lib/connect.js";
import { choice, h, slider, speaker } from "../lib/dom.js";
import { count, number } from "../lib/format.js";
import { keys as listen } from "../lib/keys.js";
import { themed } from "../lib/theme.js";
import { toolbar } from "../lib/toolbar.js";
import { picture } from "./field/picture.js";

export const keys = [
  ["Space", "play or pause"], ["S", "one step"], ["R", "the same start again"], ["D", "another start"],
  ["V", "a pair of vortices in the middle"], ["M", "what is drawn: both, density, phase, side by side"],
];

const MODES = [["both", "density and phase"], ["density", "density"], ["phase", "phase"], ["beside", "side by side"]];
const NEAR = 2.5; // how hard the stirrer pushes, in units of g n

export default {
  render({ model, el }) {
    const theme = themed(el, model, () => { draw(); curves.rebuild(); });
    const root = h("div.field-view");
    el.append(root);
    const say = speaker(root);
    const start = model.get("look") ?? {};
    let scene = null, now = null, mode = start.mode ?? "both", tool = "stir", stirring = false;
    const books = { t: [], norm: [], energy: [], number: -1 };

    // ---------------------------------------------------------------- the line
    const line = connect(model, { frame: show, trouble: (why) => complain(why.text) });
    const order = (name, given) => { complain(""); line.order(name, given); };
    const wish = (given) => { order("wish", given); keep(given); };
    const keep = (given) => {
      model.set("look", { ...model.get("look"), ...given });
      model.save_changes();
    };

    // ---------------------------------------------------------------- controls
    const play = h("button.primary", { type: "button", onclick: toggle }, "▶ Play");
    const control = (words, name) => h("button", { type: "button", onclick: () => order(name) }, words);
    const tools = h("div.row.tools", { role: "group", "aria-label": "what the pointer does" },
      [["stir", "Stir"], ["imprint", "Vortex pair"]].map(([name, words]) =>
        h("button", { type: "button", ariaPressed: String(name === tool), onclick: (e) => pick(name, e.target) }, words)));
    const drawn = choice({ words: "drawn", options: MODES, value: mode, onchange: (v) => { mode = v; keep({ mode }); draw(); } });
    const space = choice({ words: "space", options: ["plane", "ring"], value: "plane", onchange: (v) => wish({ space: v }) });
    const begin = choice({ words: "begins as", options: [], onchange: (v) => wish({ start: v }) });
    const trap = choice({ words: "potential V", options: [], onchange: (v) => wish({ potential: v }) });
    const size = choice({ words: "grid", options: [], onchange: (v) => wish({ size: Number(v) }) });
    const g = slider({ words: "interaction g", low: -2, high: 5, step: 0.05, value: 1, shown: (v) => number(v, 3), oninput: (v) => wish({ g: round(v) }) });
    const dt = slider({ words: "time step", low: 0.005, high: 0.2, value: 0.04, log: true, shown: (v) => number(v, 3), oninput: (v) => wish({ dt: round(v) }) });
    const speed = slider({ words: "steps a picture", low: 1, high: 64, step: 1, value: 4, shown: count, oninput: (v) => wish({ speed: Math.round(v) }) });
    const trouble = h("p.trouble", { role: "alert", hidden: true });
    const facts = h("dl.facts");
    const note = h("p.soft.remark");

    const image = picture(h("div.stage"), theme);
    const curves = chart(h("div"), theme, {
      series: [{ label: "norm", colour: 0 }, { label: "energy", colour: 1, dash: 1 }],
      x: { label: "time" }, y: { label: "relative departure" }, height: 190,
      label: "relative departure of norm and energy from their start",
    });
    const bar = toolbar({
      line, name: "field", theme, canvases: () => [...image.canvases(), curves.canvas],
      data: () => ({ ...now, books }), links: model.get("links") ?? [],
    });
    root.append(
      h("div.row.head", {}, h("h2", {}, "A quantum fluid"), bar),
      h("p.soft", {}, "The Gross-Pitaevskii field: light is its density |ψ|², colour its phase. Where the phase turns once around, there is a vortex."),
      h("div.row.controls", {}, play, control("Step", "step"), control("Reset", "reset"), control("Dice", "dice"), tools),
      trouble,
      h("div.columns", {},
        h("div.panel.picture", {}, image.element, image.legend),
        h("div.side", {},
          h("div.panel", {}, facts),
          h("div.panel", {}, h("h3", {}, "What it keeps"), curves.element.parentElement, note),
          h("div.panel.settings", {}, begin.element, trap.element, space.element, size.element, drawn.element, g.element, dt.element, speed.element))),
    );

    // ---------------------------------------------------------------- what comes
    async function describe() {
      scene = await line.ask("scene");
      const plane = scene.wish.space;
      options(begin.select, scene.starts[plane], scene.wish.start);
      options(trap.select, scene.potentials, scene.wish.potential);
      options(size.select, scene.sizes[plane].map(String), String(scene.wish.size));
      for (const button of tools.children) button.disabled = plane === "ring" && button !== tools.children[0];
      space.value = plane;
      [g.value, dt.value, speed.value] = [scene.wish.g, scene.wish.dt, scene.wish.speed];
      drawn.value = mode;
      show(scene);
    }

    function show(frame) {
      const other = now && (now.wish.space !== frame.wish.space || now.epoch !== frame.epoch);
      const first = !now || other;
      now = { ...frame };
      take(frame);
      if (other) { image.forget(); describe().catch(() => {}); return; }
      play.textContent = frame.playing ? "❚❚ Pause" : "▶ Play";
      draw();
      tell(frame, first);
      if (frame.trouble) complain(frame.trouble);
    }

    function take(frame) {
      if (frame.books_from === 0 || frame.books !== books.number) Object.assign(books, { t: [], norm: [], energy: [], number: frame.books });
      books.t.push(...frame.times);
      books.norm.push(...frame.norms);
      books.energy.push(...frame.energies);
      if (frame.playing && books.t.length % 4) return; // curves at a quarter of the pace
      const off = (values) => values.map((v) => (v - values[0]) / (Math.abs(values[0]) || 1));
      curves.set([books.t, off(books.norm), off(books.energy)]);
    }

    function tell(frame, first) {
      const turns = frame.vortices ? signs(frame.vortices) : null;
      const rows = [
        ["time", number(frame.t, 4)], ["steps", count(frame.steps)],
        ["norm ∫|ψ|²", number(last(books.norm), 6)], ["energy E", number(last(books.energy), 6)],
        ...(turns ? [["vortices", `${turns.plus} ↺  ${turns.minus} ↻`]] : []),
        ...(frame.playing ? [["steps a second", count(frame.steps_a_second)]] : []),
      ];
      facts.replaceChildren(...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd.value", {}, value)]));
      note.textContent = frame.stirring
        ? "The stirrer does work: the energy changes, and should."
        : frame.stirred ? "The books began anew when the stirrer let go." : "Both are conserved; what is left is the finite step's.";
      if (first || frame.steps % 200 < frame.wish.speed) {
        say(turns ? `time ${number(frame.t, 3)}, ${turns.plus + turns.minus} vortices` : `time ${number(frame.t, 3)}`);
      }
    }

    function draw() { if (now) image.draw(now, mode); }

    // ---------------------------------------------------------------- the hand
    const place = (event) => {
      const [x, y] = at(image.canvas, event);
      const width = image.canvas.clientWidth / (mode === "beside" && now?.wish.space === "plane" ? 2 : 1);
      return { x: Math.min(Math.max((x % width) / width, 0), 1), y: Math.min(Math.max(y / image.canvas.clientHeight, 0), 1) };
    };
    image.canvas.addEventListener("pointerdown", (event) => {
      if (tool === "imprint" && now?.wish.space === "plane") { order("imprint", place(event)); return; }
      stirring = true;
      image.canvas.setPointerCapture(event.pointerId);
      order("stir", { ...place(event), strength: push() });
    });
    image.canvas.addEventListener("pointermove", (event) => { if (stirring) line.order("stir", { ...place(event), strength: push() }); });
    const lift = () => { if (stirring) { stirring = false; order("stir", { strength: 0 }); } };
    image.canvas.addEventListener("pointerup", lift);
    image.canvas.addEventListener("pointercancel", lift);
    const push = () => NEAR * Math.max(Math.abs(now?.wish.g ?? 1), 0.5);

    function pick(name, button) {
      tool = name;
      for (const one of tools.children) one.ariaPressed = String(one === button);
    }
    function toggle() { order(now?.playing ? "pause" : "play"); }
    function complain(words) { trouble.textContent = words; trouble.hidden = !words; }

    const unlisten = listen(el, {
      " ": toggle, s: () => order("step"), r: () => order("reset"), d: () => order("dice"),
      v: () => order("imprint", { x: 0.5, y: 0.5 }),
      m: () => { mode = MODES[(MODES.findIndex(([n]) => n === mode) + 1) % MODES.length][0]; drawn.value = mode; keep({ mode }); draw(); },
    });
    describe().catch((why) => complain(why.message));
    return () => { unlisten(); line.close(); image.close(); curves.close(); theme.close(); root.remove(); };
  },
};

const last = (list) => list[list.length - 1];
const round = (v) => Number(v.toPrecision(3));

function signs(rows) {
  let plus = 0;
  for (let k = 2; k < rows.length; k += 3) plus += rows[k] > 0;
  return { plus, minus: rows.length / 3 - plus };
}

function options(select, names, value) {
  if ([...select.options].map((o) => o.value).join() !== names.join()) {
    select.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
  }
  select.value = value;
}
