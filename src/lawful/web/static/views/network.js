// A network that learns before your eyes: neurons that glow, weights to pull at, passes to
// watch, the boundary it draws, and every dial of its training.

import { connect } from "../lib/connect.js";
import { h, speaker, still } from "../lib/dom.js";
import { number, percent } from "../lib/format.js";
import { keys as listen } from "../lib/keys.js";
import { themed } from "../lib/theme.js";
import { toolbar } from "../lib/toolbar.js";
import { architecture } from "./network/architecture.js";
import { bar } from "./network/bar.js";
import { boundary } from "./network/boundary.js";
import { curves } from "./network/curves.js";
import { material } from "./network/data.js";
import { diagram } from "./network/diagram.js";
import { learning } from "./network/learning.js";
import { shared, wishes } from "./network/look.js";
import { inspector } from "./network/neuron.js";
import { passbar } from "./network/passbar.js";
import { Pass } from "./network/pulses.js";
import { sampling } from "./network/sample.js";
import { Net } from "./network/state.js";
import { weights } from "./network/weights.js";

export const keys = [
  ["Space", "learn, or pause"], ["S", "one step"], ["R", "begin again with the same first weights"],
  ["D", "dice: other first weights"], ["F", "forward pass"], ["B", "backward pass"],
  ["P", "pause a pass, or go on"], [", .", "a pass: layer before, next layer"], ["Escape", "end a pass"],
  ["← →", "sample before, next sample"], ["↑ ↓", "higher, lower learning rate"], ["[ ]", "weight layer"],
  ["N", "numbers under all neurons"], ["L", "logarithmic axis of the loss"],
  ["Ctrl+Z", "undo the drag of a weight; with Shift: redo"],
  ["on a neuron", "arrows walk, Enter keeps it, W takes its strongest weight in hand"],
  ["on a weight", "↑ ↓ change it (Shift: finely), ← → go to the next, 0 sets it to zero"],
];

const RELABEL = 1000; // milliseconds between two sets of names for a screen reader

export default {
  render({ model, el }) {
    const net = new Net();
    const root = h("div.network-view");
    el.append(root);
    let asking = false, again = false, wished = false, named = 0, saving = 0, first = null, pending = {}, flushing = 0, closed = false, cutFor = null;
    const look = model.get("look") ?? {};
    const theme = themed(el, model, () => { if (net.frame) renewed(); });
    const line = connect(model, { frame: framed, trouble: refused });
    const say = speaker(root);

    // A drag gives an order for each pixel; only the last of a picture is sent.
    const SOON = new Set(["rate", "momentum", "friction", "temperature", "mass", "speed", "sample", "input", "seek", "weight"]);
    function order(name, given = {}) {
      if (!SOON.has(name)) { flush(); line.order(name, given); if (name === "slice") scene(); return; }
      if (name === "weight" && given.done) { delete pending.weight; flush(); line.order(name, given); return; }
      pending[name] = given;
      flushing ||= requestAnimationFrame(flush);
    }
    function flush() {
      cancelAnimationFrame(flushing);
      flushing = 0;
      for (const [name, given] of Object.entries(pending)) line.order(name, given);
      pending = {};
    }

    // ------------------------------------------------------------ the parts

    const act = {
      play: () => { pass.end(); order(net.playing ? "pause" : "play"); },
      step: () => { pass.end(); order("step", { count: 1 }); },
      reset: () => { pass.end(); order("reset"); },
      dice: () => { pass.end(); order("dice"); },
      seek: (index) => order("seek", { index }),
      undo: () => order("undo"),
      redo: () => order("redo"),
      remedy: (rate, anew) => { order("rate", { value: rate }); flush(); if (anew) order("reset"); order("play"); },
      forward: () => through("forward"),
      backward: () => through("backward"),
    };
    const pass = new Pass({
      changed: () => { stage.redraw(); under.show(); },
      moved: () => stage.redrawOver(),
      arrived: say,
    });
    const top = bar({ act });
    const shape = architecture({ net, order });
    const learn = learning({ net, order });
    const samples = sampling({ net, order });
    const data = material({ net, theme, order, root });
    const numbers = h("button", { type: "button", "aria-pressed": "false", title: "N", onclick: toggleNumbers }, "Numbers");

    const main = h("section.main", { "aria-label": "the network" });
    const side = h("div.side-column");
    const controls = h("div.controls");
    main.append(h("div.row.head.shape", {}, shape.typed, data.name.element, learn.rate.element, numbers), shape.why);
    const more = h("div.controls.more");
    root.append(top.element, top.trouble, h("div.body", {}, main, side, controls, more));
    const stage = diagram({
      parent: main, net, theme, pass,
      hear: {
        neuron: (l, i) => {
          const pinned = stage.pinned;
          if (l == null && pinned) detail.look(pinned.l, pinned.i);
          else detail.look(l, i);
        },
        picked: (l, i) => { if (l != null) detail.look(l, i); },
        weight: () => matrix.chose(),
        drag: (index, value, done) => order("weight", { index, value, done }),
      },
    });
    const under = passbar(pass, act);
    const detail = inspector({ parent: main, net, theme, line });
    main.append(under.element, detail.element, top.timeline);
    stage.element.after(under.element, top.timeline, detail.element);
    main.insertBefore(legend(), under.element);
    const mapPanel = h("section.panel.map-panel", { "aria-label": "boundary" });
    side.append(mapPanel);
    const map = boundary({ parent: mapPanel, net, theme, hear: { input: (values) => order("input", { values }) } });
    const lines = curves({
      parent: side, net, theme, log: Boolean(look.log),
      hear: { log: () => save(), step: backTo },
    });
    const matrix = weights({ net, theme, diagram: stage, hear: { block: (k) => { stage.block = k; } } });
    const notes = h("p.soft.said-notes");
    controls.append(shape.element, learn.element, data.element);
    more.append(samples.element, matrix.element,
      h("div.foot", {}, notes, shape.count, toolbar({
        line, name: "network", theme, links: model.get("links") ?? [],
        canvases: () => [stage.picture(), map.canvas, ...lines.canvases],
        data: () => ({ ...net.scene, ...net.frame, curves: net.curves }),
      })));

    // ------------------------------------------------------------ what Python says

    function framed(frame) {
      if (closed) return;
      if (!net.scene || !net.follow(frame)) { scene(); return; }
      fresh();
    }

    async function scene() {
      again = asking;
      if (asking) return;
      asking = true;
      try {
        const answer = await line.ask("scene");
        pass.end();
        net.learn(answer);
        renewed();
        opened();
      } catch (why) {
        if (!closed) refused(why);
      } finally {
        asking = false;
        // Something was changed while the answer was on its way.
        if (again && !closed) scene();
      }
    }

    /** The first scene: what the address asks for and is not there yet, is ordered. */
    function opened() {
      const { features, slice: [i, j], version } = net.scene;
      if (features.length > 2 && cutFor !== version && i === 0 && j === 1 && !(look.slice && !wished)) {
        cutFor = version;
        const [u, v] = net.widest;
        if (u !== 0 || v !== 1) order("slice", { i: u, j: v });
      }
      if (wished) { save(); return; }
      wished = true;
      for (const [name, given] of Object.keys(look).length ? wishes(look, net) : []) order(name, given);
      first = JSON.stringify(shared(net, { log: lines.log }));
    }

    function renewed() {
      stage.renew();
      shape.renew(); learn.renew(); data.renew(); samples.renew();
      map.renew(); detail.renew(); matrix.renew(); lines.renew();
      under.show();
      notes.textContent = (net.scene.notes ?? []).join(" ");
      fresh();
    }

    function fresh() {
      const { frame } = net;
      top.show(frame); learn.show(frame); samples.show(frame);
      stage.fresh(); map.fresh(); detail.fresh(); lines.fresh(); matrix.fresh();
      if (performance.now() - named > RELABEL || !frame.playing) relabel();
      save();
    }

    function relabel() {
      named = performance.now();
      stage.relabel();
      map.relabel();
      const { loss, accuracy } = net.frame.measures;
      stage.say(`a network ${net.layers.join("-")} at step ${net.frame.step}: loss ${number(loss, 3)}${accuracy == null ? "" : `, accuracy ${percent(accuracy)}`}`);
    }

    function refused(why) {
      top.refused(why);
      say(why.text ?? why.message);
      if (net.frame) renewed(); // controls go back to what is true
    }

    /** Into the address, once something differs from how it was opened; seldom while it learns. */
    function save() {
      clearTimeout(saving);
      saving = setTimeout(() => {
        if (!net.frame || first == null) return;
        const now = shared(net, { log: lines.log });
        if (JSON.stringify(now) === first) return;
        first = "";
        model.set("look", now);
        model.save_changes();
      }, 300);
    }

    // ------------------------------------------------------------ orders of several parts

    async function through(kind) {
      if (!net.frame) return;
      if (net.playing) order("pause");
      if (kind === "forward") { pass.begin("forward", net); return; }
      if (net.frame.sample < 0) {
        top.refused({ text: "An input of your own has no target: nobody says what is right. Choose a sample, then send its slopes back." },
          h("button.primary", { type: "button", onclick: () => { order("sample", { index: 0 }); } }, "Take the first sample"));
        return;
      }
      try {
        pass.begin("backward", net, await line.ask("backward", { sample: net.frame.sample }));
      } catch (why) { if (!closed) refused(why); }
    }

    /** The moment nearest to a step of the curves. */
    function backTo(step) {
      const { length, steps: [from, to] } = net.frame.history;
      if (to > from) order("seek", { index: Math.max(0, Math.min(length - 1, Math.round(((step - from) / (to - from)) * (length - 1)))) });
    }

    function toggleNumbers() {
      stage.numbers = !stage.numbers;
      numbers.setAttribute("aria-pressed", String(stage.numbers));
    }

    const unlisten = listen(el, {
      " ": act.play, s: act.step, r: act.reset, d: act.dice, f: act.forward, b: act.backward,
      p: () => pass.toggle(), ",": () => pass.step(-1), ".": () => pass.step(1), Escape: () => { pass.end(); stage.take(null); },
      n: toggleNumbers, l: () => { lines.log = !lines.log; save(); },
      "[": () => matrix.nudge(-1), "]": () => matrix.nudge(1),
      ArrowLeft: () => samples.nudge(-1), ArrowRight: () => samples.nudge(1),
      ArrowUp: () => learn.nudge(1), ArrowDown: () => learn.nudge(-1),
    });
    const undoing = (event) => {
      const ours = el.contains(document.activeElement) || document.activeElement === document.body;
      const typing = document.activeElement?.matches?.("input[type=text], textarea");
      if (!ours || typing || data.own.dialog.open || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
      event.preventDefault();
      if (event.shiftKey) act.redo(); else act.undo();
    };
    document.addEventListener("keydown", undoing);
    root.classList.toggle("still", still());

    return () => {
      closed = true;
      pass.end();
      clearTimeout(saving);
      cancelAnimationFrame(flushing);
      unlisten();
      document.removeEventListener("keydown", undoing);
      line.close();
      theme.close();
      for (const one of [stage, map, detail, lines, matrix, data]) one.close();
      root.remove();
    };
  },
};

/** What lines mean. */
function legend() {
  const mark = (name, words) => h("span.sign", {}, h(`i.${name}`, { "aria-hidden": "true" }), words);
  return h("p.legend-line.soft", {}, mark("positive", "positive"), mark("negative", "negative"),
    h("span", {}, "thickness: size"), h("span", {}, "glow: activation"), h("span.hint", {}, "pull a weight up or down"));
}
