// A quantum fluid under the pointer: density as light, phase as colour, vortices, what it keeps.

import { connect } from "../lib/connect.js";
import { choice, h, slider, speaker } from "../lib/dom.js";
import { count, number } from "../lib/format.js";
import { keys as listen } from "../lib/keys.js";
import { themed } from "../lib/theme.js";
import { toolbar } from "../lib/toolbar.js";
import { ledger } from "./field/books.js";
import { hand } from "./field/hand.js";
import { picture } from "./field/picture.js";

export const keys = [
  ["Space", "play or pause"], ["S", "one step"], ["R", "the same start again"], ["D", "another start"],
  ["V", "a pair of vortices in the middle"], ["M", "what is drawn: both, density, phase, side by side"],
  ["← → ↑ ↓", "on the picture: move the pointer; with Shift, further"],
  ["Enter", "on the picture: stir and let go, or leave a pair of vortices"],
];

const MODES = [["both", "density and phase"], ["density", "density"], ["phase", "phase"], ["beside", "side by side"]];
const TOOLS = [["stir", "Stir"], ["imprint", "Vortex pair"]];
const ORDERS = { 2: "2 (Strang)", 4: "4 (Yoshida)", 6: "6 (Yoshida)" };
const NEAR = 2.5; // how hard the stirrer pushes, in units of g n
const RESTING = 250; // milliseconds after a slider's last move until the address follows

export default {
  render({ model, el }) {
    const theme = themed(el, model, () => { draw(); books.rebuild(); });
    const root = h("div.field-view");
    el.append(root);
    const say = speaker(root);
    const look = model.get("look") ?? {};
    let scene = null, now = null, asked = false, again = false, said = 0, closed = false;
    let mode = MODES.some(([m]) => m === look.mode) ? look.mode : "both";
    let tool = look.tool === "imprint" ? "imprint" : "stir";

    // ---------------------------------------------------------------- the line
    const line = connect(model, { frame: show, trouble: (why) => { complain(why.text); describe(); } });
    const order = (name, given) => { if (name !== "stir") complain(""); line.order(name, given); };
    const wish = (given) => { order("wish", given); keep(given); };
    let waiting = {}, timer = 0;
    function keep(given) {
      Object.assign(waiting, given);
      clearTimeout(timer);
      timer = setTimeout(() => { model.set("look", { ...model.get("look"), ...waiting }); waiting = {}; model.save_changes(); }, RESTING);
    }

    // ---------------------------------------------------------------- controls
    const play = h("button.primary", { type: "button", onclick: toggle }, "▶ Play");
    const button = (words, name) => h("button", { type: "button", onclick: () => order(name) }, words);
    const tools = TOOLS.map(([name, words]) => h("button", { type: "button", ariaPressed: String(name === tool), onclick: () => pick(name) }, words));
    const drawn = choice({ words: "drawn", options: MODES, value: mode, onchange: shown });
    const space = choice({ words: "space", options: ["plane", "ring"], onchange: (v) => wish({ space: v }) });
    const begin = choice({ words: "begins as", options: [], onchange: (v) => wish({ start: v }) });
    const trap = choice({ words: "potential V", options: [], onchange: (v) => wish({ potential: v }) });
    const size = choice({ words: "grid", options: [], onchange: (v) => wish({ size: Number(v) }) });
    const exact = choice({ words: "order of a step", options: [], onchange: (v) => wish({ order: Number(v) }) });
    const slide = (words, name, low, high, given = {}) => slider({ words, low, high, value: low, shown: (v) => number(v, 3), oninput: (v) => wish({ [name]: round(v) }), ...given });
    const g = slide("interaction g", "g", -2, 5, { step: 0.05 });
    const dt = slide("time step", "dt", 0.005, 0.2, { log: true });
    const absorb = slide("edge absorbs", "absorb", 0, 2, { step: 0.05, shown: (v) => (v ? number(v, 3) : "nothing") });
    const speed = slide("steps a picture", "speed", 1, 64, { step: 1, shown: count });
    const trouble = h("p.trouble", { role: "alert", hidden: true });
    const facts = h("dl.facts");

    const stage = h("div.stage", { tabIndex: 0, role: "group", ariaLabel: "the field; arrow keys move a pointer, Enter acts there" });
    const image = picture(stage);
    const books = ledger(theme);
    const touch = hand(stage, image, { order, tool: () => tool, push, say });
    root.append(
      h("div.row.head", {}, h("h2", {}, "A quantum fluid"), toolbar({
        line, name: "field", theme, canvases: () => [...image.canvases(), ...books.canvases()],
        data: () => ({ ...now, books: books.held }), links: model.get("links") ?? [],
      })),
      h("p.soft", {}, "The Gross-Pitaevskii field: light is its density |ψ|², colour its phase. Where the phase turns once around, there is a vortex."),
      h("div.row.controls", {}, play, button("Step", "step"), button("Reset", "reset"), button("Dice", "dice"),
        h("div.row.tools", { role: "group", ariaLabel: "what the pointer does" }, h("span.soft", {}, "pointer:"), tools)),
      trouble,
      h("div.columns", {},
        h("div.side", {}, h("div.panel.picture", {}, stage, image.legend), books.counted),
        h("div.side", {},
          h("div.panel", {}, facts),
          h("div.panel.settings", {}, begin.element, trap.element, drawn.element, space.element, size.element, exact.element,
            g.element, dt.element, absorb.element, speed.element),
          books.kept)),
    );

    // ---------------------------------------------------------------- what comes
    /** Ask for everything: at first, where the field is another one, and where a frame was missed. */
    async function describe() {
      // What is under way may be older than what is asked for now: then it is asked again.
      if (asked || closed) { again = true; return; }
      asked = true;
      try {
        do {
          again = false;
          scene = await line.ask("scene");
        } while (again && !closed);
      } catch (why) {
        if (!closed) complain(why.message);
        return;
      } finally { asked = false; }
      if (closed) return;
      const { wish: is } = scene;
      options(begin.select, scene.starts[is.space], is.start);
      options(trap.select, scene.potentials, is.potential);
      options(size.select, scene.sizes[is.space], is.size, (n) => (is.space === "plane" ? `${n} × ${n}` : `${n}`));
      space.value = is.space;
      [g.value, dt.value, absorb.value, speed.value] = [is.g, is.dt, is.absorb, is.speed];
      tools[1].disabled = is.space !== "plane";
      if (tools[1].disabled && tool === "imprint") pick("stir");
      image.forget();
      image.potential = scene.potential;
      show(scene);
    }

    function show(frame) {
      if (!scene) return;
      const whole = frame === scene;
      if (!whole && frame.epoch !== scene.epoch) { describe(); return; }
      if (!image.remember(frame) || !books.take(frame)) { if (!whole) describe(); return; }
      if (now && frame.wish.seed !== now.wish.seed) keep({ seed: frame.wish.seed });
      now = frame;
      options(exact.select, now.wish.absorb ? [2] : scene.orders, now.wish.order, (n) => ORDERS[n]);
      play.textContent = frame.playing ? "❚❚ Pause" : "▶ Play";
      draw();
      books.draw(frame);
      tell(frame);
      if (frame.trouble) complain(frame.trouble);
    }

    function tell(frame) {
      const turns = frame.vortices ? signs(frame.vortices) : null, { norm, energy } = books.held;
      const rows = [
        ["time", number(frame.t, 4)], ["steps", count(frame.steps)],
        ["norm ∫|ψ|²", number(norm.at(-1), 6)], ["energy E", number(energy.at(-1), 6)],
        ...(turns ? [["vortices", `${turns.plus} ↺  ${turns.minus} ↻`]] : []),
        ["steps a second", frame.playing ? count(frame.steps_a_second) : "at rest"],
      ];
      facts.replaceChildren(...rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd.value", {}, value))));
      const moment = performance.now();
      if (frame.playing && moment - said < 5000) return; // a reader is told the time now and then
      said = moment;
      say(`time ${number(frame.t, 3)}${turns ? `, ${turns.plus + turns.minus} vortices` : ""}`);
    }

    function draw() {
      if (!now) return;
      stage.classList.toggle("wide", mode === "beside" && now.wish.space === "plane");
      image.draw(now, mode);
    }

    // ---------------------------------------------------------------- small deeds
    function shown(next) { mode = next; drawn.value = mode; keep({ mode }); draw(); }
    function pick(name) {
      tool = name;
      keep({ tool });
      tools.forEach((one, k) => { one.ariaPressed = String(TOOLS[k][0] === name); });
    }
    function push() { return NEAR * Math.max(Math.abs(now?.wish.g ?? 1), 0.5); }
    function toggle() { order(now?.playing ? "pause" : "play"); }
    function complain(words) { trouble.textContent = words; trouble.hidden = !words; }

    const unlisten = listen(el, {
      " ": toggle, s: () => order("step"), r: () => order("reset"), d: () => order("dice"),
      v: () => { if (!tools[1].disabled) order("imprint", { x: 0.5, y: 0.5 }); },
      m: () => shown(MODES[(MODES.findIndex(([n]) => n === mode) + 1) % MODES.length][0]),
    });
    describe();
    return () => {
      closed = true;
      clearTimeout(timer);
      unlisten();
      touch.close();
      line.close();
      image.close();
      books.close();
      theme.close();
      root.remove();
    };
  },
};

const round = (v) => Number(v.toPrecision(3));

function signs(rows) {
  let plus = 0;
  for (let k = 2; k < rows.length; k += 3) plus += rows[k] > 0;
  return { plus, minus: rows.length / 3 - plus };
}

function options(select, values, value, words = String) {
  const names = values.map(String);
  if ([...select.options].map((o) => o.value).join() !== names.join()) {
    select.replaceChildren(...values.map((v) => h("option", { value: String(v) }, words(v))));
  }
  select.value = String(value);
}
