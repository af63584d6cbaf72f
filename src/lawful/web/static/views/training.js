// Training as physics: a network is a ball in the landscape of its loss. Its height is U, its
// motion K; friction turns both into heat, and a ledger keeps account of every step. Live, or
// a training that is over.

import { connect } from "../lib/connect.js";
import { h, speaker } from "../lib/dom.js";
import { number } from "../lib/format.js";
import { keys as listen } from "../lib/keys.js";
import { themed } from "../lib/theme.js";
import { toolbar } from "../lib/toolbar.js";
import { liveBar, readings, recordedBar } from "./training/bar.js";
import { controls } from "./training/controls.js";
import { Course } from "./training/course.js";
import { energy } from "./training/energy.js";
import { ledger } from "./training/ledger.js";
import { phases } from "./training/phases.js";
import { terrain } from "./training/terrain.js";

export const keys = [
  ["Space", "play or pause"], ["S", "one step"], ["R", "begin again, the same weights"], ["D", "begin again, other weights"],
  ["← →", "back and forth in time"], ["L", "the landscape anew"], ["M", "relief or map"], ["P", "the phase diagram along the training"],
];
const EVERY = 5000; // milliseconds between two landscapes while it plays

class TrainingView {
  constructor({ model, el }) {
    [this.model, this.el, this.course] = [model, el, new Course()];
    this.asking = false;
    this.landscape = { asked: false, at: 0, step: -1 };
    this.theme = themed(el, model, () => this.restyle());
    this.line = connect(model, { frame: (data) => this.frame(data), trouble: (why) => this.trouble(why.text) });
    this.build();
    this.unlisten = listen(el, this.keymap());
    this.rerun = () => this.again();
    model.on("change:run", this.rerun);
    this.again();
  }

  build() {
    const look = this.model.get("look") ?? {};
    const hear = {
      order: (name, words = {}) => this.line.order(name, words),
      seek: (step) => this.seek(step),
      landscape: () => this.ask(true),
      mode: (mode) => this.saved({ terrain: mode }),
      phase: (words) => this.line.ask("phase", words),
      settings: (values) => { for (const [dial, value] of Object.entries(values)) if (dial !== "init_scale") this.line.order(dial, { value }); },
    };
    this.hear = hear;
    const panel = (kind) => h(`section.panel.${kind}`);
    const [ground, stack, moving, books, diagram] = ["ground", "energies", "moving", "books", "phases"].map(panel);
    const parts = { course: this.course, theme: this.theme, hear };
    this.say = speaker(this.el);
    this.title = h("p.lead.soft", {}, "A network is a ball in the landscape of its loss: its height is U, its motion K, and friction turns both into heat.");
    this.notice = h("div.trouble", { role: "alert", hidden: true });
    this.holder = h("div.holder");
    this.choose = h("select", { "aria-label": "training", hidden: true });
    this.choose.addEventListener("change", () => { this.model.set("run", Number(this.choose.value)); this.model.save_changes(); });
    this.readings = readings(parts);
    this.terrain = terrain({ parent: ground, ...parts, mode: look.terrain === "map" ? "map" : "relief" });
    this.energy = energy({ parent: stack, ...parts });
    this.controls = controls({ parent: moving, ...parts });
    this.ledger = ledger({ parent: books, ...parts });
    this.phases = phases({ parent: diagram, ...parts });
    this.notes = h("ul.notes.soft", { hidden: true });
    this.tools = toolbar({
      line: { ask: (name) => this.line.ask(name, this.course.recorded && this.course.scene.run ? { run: this.course.scene.run } : {}) }, name: "training", theme: this.theme,
      canvases: () => [this.terrain.canvas, this.energy.canvas, this.phases.canvas], data: () => this.record(), links: this.model.get("links") ?? [],
    });
    this.root = h("div.training-view", {}, h("div.row.top", {}, h("h2", {}, "Training as physics"), this.choose, this.tools), this.title, this.notice,
      this.holder, this.readings.element, h("div.main", {}, ground, stack, moving, books, diagram), this.notes);
    this.el.append(this.root);
  }

  // ---------------------------------------------------------------- what comes

  /** Ask for the scene: at the start, and where data or architecture are others. */
  async again() {
    if (this.asking) { this.late = true; return; }
    this.asking = true;
    try {
      // A live training has no runs to choose from, and knows no such word.
      const words = this.course.recorded || this.model.get("run") ? { run: this.model.get("run") ?? 0 } : {};
      let scene;
      try {
        scene = await this.line.ask("scene", words);
      } catch (why) {
        if (!("run" in words) || this.course.recorded) throw why;
        scene = await this.line.ask("scene");
      }
      if (!this.closed) this.scene(scene);
    } catch (why) {
      if (!this.closed) {
        this.trouble(why.message);
        if (this.course.recorded) this.choose.value = this.course.scene.run; // it shows what it has
      }
    } finally {
      this.asking = false;
      if (this.late && !this.closed) { this.late = false; this.again(); }
    }
  }

  scene(scene) {
    const first = !this.course.scene;
    this.course.learn(scene);
    this.trouble(scene.trouble ?? "");
    this.bar?.close();
    this.bar = this.course.recorded ? recordedBar({ course: this.course, show: (k) => this.moment(k) }) : liveBar({ course: this.course, hear: this.hear });
    this.holder.replaceChildren(this.bar.element);
    this.notes.replaceChildren(...(scene.notes ?? []).map((note) => h("li", {}, note)));
    this.notes.hidden = !scene.notes?.length;
    this.phases.forget();
    for (const part of [this.energy, this.controls, this.ledger, this.phases]) part.renew();
    this.optimizer = scene.optimizer;
    if (this.course.recorded) this.past(scene);
    else {
      this.saved(scene.look);
      this.ask(true);
      if (scene.step > 0) this.phases.ask({});
    }
    this.fresh();
    this.relabel();
    if (first) this.say(this.course.recorded ? `${scene.name}, a training that is over` : "a training, at rest; Space plays");
  }

  /** A training that is over brings its landscape and its phases along. */
  past(scene) {
    this.choose.hidden = scene.runs.length < 2;
    if (this.choose.children.length !== scene.runs.length) this.choose.replaceChildren(...scene.runs.map((name, k) => h("option", { value: k }, name)));
    this.choose.value = scene.run;
    this.terrain.recorded();
    const part = (name) => Object.fromEntries(Object.entries(scene).filter(([key]) => key.startsWith(`${name}_`)).map(([key, value]) => [key.slice(name.length + 1), value]));
    if (scene.landscape) this.terrain.take({ ...part("landscape"), ...scene.landscape });
    if (scene.phase) this.phases.take({ ...part("phase"), ...scene.phase });
    this.root.classList.toggle("bare", !scene.landscape);
  }

  /** One moment of a training that is over, as a frame. */
  moment(k) {
    const { scene, curves } = this.course;
    const steps = scene.timeline_steps ?? scene.curve_steps, step = steps[k], row = this.course.rowAt(step);
    const value = (name) => curves[name]?.[row];
    const measures = Object.fromEntries(["loss", "kinetic", "energy", "accuracy", "gradient_norm"].map((name) => [name, value(name)]).filter(([, x]) => x != null));
    const accounts = Object.fromEntries(Object.keys(scene.accounts ?? {}).map((name) => [name, value(name)]));
    const size = scene.parameters.length;
    const parameters = scene.timeline_parameters ? scene.timeline_parameters.subarray(k * size, (k + 1) * size) : scene.parameters;
    this.course.frame = { ...this.course.frame, step, measures, accounts, parameters, books: scene.books && { ...scene.books, now: value("energy") } };
    this.fresh();
    this.relabel();
  }

  frame(data) {
    if (!this.course.scene || this.course.recorded) return;
    const before = this.course.frame;
    if (!this.course.follow(data)) { this.again(); return; }
    if (data.optimizer !== this.optimizer) {
      this.optimizer = data.optimizer;
      this.again(); // other dials, other words
      return;
    }
    if (before.trouble !== data.trouble) this.trouble(data.trouble);
    if (before.playing !== data.playing) {
      this.say(data.playing ? "playing" : `at rest at step ${data.step}, loss ${number(data.measures.loss, 3)}`);
      if (!data.playing && data.step > 0) { this.phases.ask({}); this.ask(true); }
    }
    const restarted = data.step < before.step && data.history.length === 1;
    if (restarted) this.phases.forget();
    const away = this.fresh();
    // Before there was a path the landscape lay along a direction of chance.
    const blind = this.landscape.straight && data.history.length > 8;
    this.ask(restarted || (data.playing && (away || blind)));
    if (!data.playing || data.step % 40 === 0) this.relabel();
    this.settle();
  }

  /** Show the course as it is; true where the ball leaves its landscape. */
  fresh() {
    for (const part of [this.bar, this.readings, this.energy, this.controls, this.ledger]) part.fresh();
    return this.terrain.fresh();
  }

  relabel() {
    this.energy.relabel();
    this.terrain.relabel();
  }

  /** A landscape, where one is wanted or the last is old; one at a time. */
  async ask(wanted = false) {
    const { landscape, course } = this, now = performance.now();
    if (course.recorded || landscape.asked || !course.scene) return;
    const gap = wanted && !course.playing ? 150 : wanted ? EVERY / 5 : EVERY;
    const moved = course.frame.step !== landscape.step || landscape.version !== course.scene.version;
    if (now - landscape.at < gap || (!wanted && !(course.playing && moved))) return;
    Object.assign(landscape, { asked: true, at: now, step: course.frame.step, version: course.scene.version });
    try {
      const answer = await this.line.ask("landscape", { cells: 41 });
      if (!this.closed && answer.version === course.scene.version) { landscape.straight = answer.share == null; this.terrain.take(answer); this.relabel(); }
    } catch (why) {
      if (!this.closed) this.trouble(why.message);
    } finally {
      Object.assign(landscape, { asked: false, at: performance.now() });
    }
  }

  // ---------------------------------------------------------------- what is done

  /** Look back upon the moment nearest to a step. */
  seek(step) {
    const { scene, frame } = this.course;
    if (this.course.recorded) {
      const steps = scene.timeline_steps ?? scene.curve_steps;
      let best = 0;
      steps.forEach((s, k) => { if (Math.abs(s - step) < Math.abs(steps[best] - step)) best = k; });
      this.bar.seek(best);
      return;
    }
    // Moments are kept evenly, but for the last.
    const { length, steps: [low, high] } = frame.history;
    if (length > 1) this.line.order("seek", { index: Math.max(0, Math.min(length - 1, Math.round(((step - low) / Math.max(high - low, 1)) * (length - 1)))) });
  }

  keymap() {
    const live = (act) => () => { if (this.course.scene && !this.course.recorded) act(); };
    return {
      " ": () => this.bar?.toggle(),
      s: live(() => this.line.order("step")),
      r: live(() => this.line.order("reset")),
      d: live(() => this.line.order("dice")),
      l: live(() => this.ask(true)),
      m: () => this.terrain.toggle(),
      p: live(() => this.phases.ask({})),
      ArrowLeft: () => this.bar?.step(-1),
      ArrowRight: () => this.bar?.step(1),
    };
  }

  trouble(text) {
    this.notice.hidden = !text;
    this.notice.textContent = text ?? "";
  }

  /** Keep in the address what begins this again. */
  saved(change) {
    this.model.set("look", { ...(this.model.get("look") ?? {}), ...change });
    this.model.save_changes();
  }

  /** Once sliders rest, the address follows. */
  settle() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      const { frame } = this.course, names = ["rate", "momentum", "friction", "temperature", "mass", "seed"];
      this.saved({ optimizer: frame.optimizer, ...Object.fromEntries(names.filter((n) => frame[n] != null).map((n) => [n, frame[n]])) });
    }, 800);
  }

  restyle() {
    if (!this.course.scene) return;
    for (const part of [this.energy, this.terrain, this.phases]) part.restyle();
  }

  record() {
    const { scene, frame, curves } = this.course;
    const { words, known, limits, has, ...told } = scene ?? {};
    return { ...told, ...frame, curves, phase: this.phases.shown };
  }

  close() {
    this.closed = true;
    clearTimeout(this.settling);
    this.unlisten();
    this.model.off("change:run", this.rerun);
    for (const part of [this.bar, this.energy, this.terrain, this.controls, this.theme, this.line]) part?.close();
    this.root.remove();
  }
}

export default {
  render({ model, el }) {
    const view = new TrainingView({ model, el });
    return () => view.close();
  },
};
