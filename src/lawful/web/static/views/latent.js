// The latent space: states along their principal axes, coloured by any quantity.
//
// A quantity that is conserved keeps its colour along a run. The run that is highlighted and
// the moment that is marked are those of the other views of the same data.

import { cloud } from "../lib/cloud.js";
import { connect } from "../lib/connect.js";
import { choice, h, speaker } from "../lib/dom.js";
import { count, number, percent } from "../lib/format.js";
import { keys as bound } from "../lib/keys.js";
import { shades } from "../lib/shades.js";
import { themed } from "../lib/theme.js";
import { toolbar } from "../lib/toolbar.js";
import { transport } from "../lib/transport.js";

export const keys = [
  ["Space", "play along the run"], ["← →", "move along the run"], ["↑ ↓", "previous or next run"],
  ["C", "next colour"], ["V", "two or three axes"], ["L", "lasso or turn"], ["+ −", "nearer, further"],
  ["A D", "turn"], ["W X", "tilt"], ["Esc", "let the selection go"],
];

const KINDS = {
  learned: "learned by the network", law: "laws that were found", true: "truly conserved",
  measure: "measured", column: "columns", parameter: "fixed within a run",
};
const FEW = 6; // runs with a colour of their own each

export default {
  render({ model, el }) {
    let scene = null, own = null, columns = {}, held = null, over = false, asked = 0;
    const theme = themed(el, model, () => { if (scene) recolour(); });
    const line = connect(model);
    const root = h("div.latent-view");
    const say = speaker(el);
    const stage = h("div.sky");
    const tip = h("div.tip", { hidden: true, "aria-hidden": "true" });
    const side = h("div.side");
    const head = h("div.head"), foot = h("div.foot");
    head.append(h("h2", {}, "Latent space"), h("p.soft", { role: "status" }, "Finding the principal axes …"));
    root.append(head, h("div.body", {}, h("div.panel.space", {}, stage, tip, foot), side));
    el.append(root);

    const look = { colour: "", x: "0", y: "1", z: "2", solid: false, of: "", ...(model.get("look") ?? {}) };
    const keep = () => {
      model.set("look", { ...look, ...picture.look });
      model.save_changes();
    };
    const picture = cloud(stage, theme, { onhover, onpick, onlasso, onturn: keep });
    const player = transport({
      length: 1, seconds: 8, onseek: (k) => moved(k),
      say: (k) => (own?.path_time.length ? `t = ${number(own.path_time[k], 4)} ${scene.time_units}`.trim() : "–"),
    });
    foot.append(player.element);

    // ---------------------------------------------------------------- what is shown

    /** The values along an axis, of all points or of the path. */
    const along = (axis, from) => {
      if (axis === "time") return from === "path" ? own.path_time : scene.time;
      return from === "path" ? own.columns[axis] : columns[axis];
    };
    const axes = () => (look.solid ? [look.x, look.y, look.z] : [look.x, look.y]);
    const named = (axis) => {
      if (axis === "time") return [scene.time_name, scene.time_units].filter(Boolean).join(", ");
      return `component ${Number(axis) + 1} (${percent(scene.components[axis].share, 3)})`;
    };
    const local = (global) => (scene ? scene.index.indexOf(global) : -1);
    const chosen = () => Math.max(local(model.get("run") ?? 0), 0);

    function reshape() {
      picture.show(axes().map((a) => along(a, "cloud")), axes().map(named), picture.look.zoom ? picture.look : pickLook(), !axes().includes("time"));
      if (own) picture.path(axes().map((a) => along(a, "path")));
      recolour();
      madeOf();
    }
    const pickLook = () => Object.fromEntries(["turn", "tilt", "zoom"].filter((k) => Number.isFinite(look[k])).map((k) => [k, look[k]]));

    /** {words, low, high, value(i), on(k)} of the quantity that colours. */
    function quantity() {
      const many = scene.runs.length;
      if (look.colour === "time") {
        const [low, high] = span(scene.time);
        return { words: [scene.time_name, scene.time_units].filter(Boolean).join(", "), low, high, value: (i) => scene.time[i], on: (k) => own.path_time[k] };
      }
      if (look.colour === "run") {
        return { words: "run", low: 0, high: Math.max(many - 1, 1), value: (i) => scene.of_run[i], on: () => own.run, classes: many <= FEW ? scene.runs : null, say: (v) => scene.runs[Math.round(v)] ?? "" };
      }
      const k = scene.colours.findIndex((c) => c.name === look.colour);
      const about = scene.colours[k], n = scene.time.length, m = own?.path_time.length ?? 0;
      return {
        about, words: about.units && about.units !== "1" ? `${about.name}, ${about.units}` : about.name, low: about.low, high: about.high,
        value: (i) => scene.colours_of[k * n + i] + about.offset, on: (j) => own.path_colours[k * m + j] + about.offset,
      };
    }

    function recolour() {
      const q = quantity(), n = scene.time.length, c = theme.colours;
      const steps = new Uint8Array(n), known = new Uint8Array(n);
      let ramp = shades(c.dark), classes = null;
      if (q.classes) {
        ramp = new Uint8ClampedArray(768);
        c.palette.forEach((hex, k) => ramp.set([1, 3, 5].map((p) => parseInt(hex.slice(p, p + 2), 16)), 3 * k));
        classes = q.classes;
      }
      const scale = 255 / (q.high - q.low || 1);
      for (let i = 0; i < n; i++) {
        const v = q.value(i);
        known[i] = Number.isFinite(v) ? 1 : 0;
        steps[i] = q.classes ? v : Math.min(Math.max((v - q.low) * scale, 0), 255);
      }
      picture.tint(steps, known, ramp, { words: `coloured by ${q.words}`, low: q.low, high: q.high, say: q.say, classes, steps: classes?.map((_, k) => k) });
      if (own) picture.wear(Uint8Array.from(own.path_time, (_, k) => (q.classes ? q.on(k) : Math.min(Math.max((q.on(k) - q.low) * scale, 0), 255))));
      picture.say(described(q));
      constancy(q);
    }

    const described = (q) => `${count(scene.shown)} states of ${scene.name} along ${axes().map(named).join(", ")}, coloured by ${q.words}. Highlighted: run ${scene.runs[own?.run ?? 0]}.`;

    // ---------------------------------------------------------------- one run

    function path(data) {
      const k = scene.components.length, n = data.path_time.length;
      own = { ...data, columns: parted(data.path_scores, k, n) };
      picture.path(axes().map((a) => along(a, "path")));
      player.length = n;
      runs.value = String(own.run);
      follow();
      recolour();
    }

    /** The path of a run; where nobody answers, what the points themselves show of it. */
    async function walk(run) {
      const turn = ++asked;
      if (scene.whole && run === scene.run) { path(scene); return; }
      try {
        const data = await line.ask("scene", { run, ...(look.of ? { of: look.of } : {}) });
        if (!over && turn === asked) path(data);
      } catch {
        if (over || turn !== asked) return;
        const rows = [];
        for (let i = 0; i < scene.time.length; i++) if (scene.of_run[i] === run) rows.push(i);
        rows.sort((a, b) => scene.sample[a] - scene.sample[b]);
        path(rowsOf(scene, rows, run));
      }
    }

    function follow() {
      const sample = model.get("cursor"), k = sample == null ? -1 : nearestSample(own.path_sample, sample);
      picture.mark(k);
      if (k >= 0 && !player.playing) player.put(k);
      read(k);
    }

    function moved(k) {
      picture.mark(k);
      read(k);
      const linked = scene.index[own.run] >= 0;
      if (!linked) return;
      model.set("run", scene.index[own.run]);
      model.set("cursor", own.path_sample[k]);
      model.save_changes();
    }

    function choose(run, sample = null) {
      const global = scene.index[run];
      if (global < 0) { walk(run); return; }
      if (sample != null) model.set("cursor", sample);
      if (model.get("run") !== global) model.set("run", global);
      else if (sample != null) follow();
      model.save_changes();
      say(`run ${scene.runs[run]}`);
    }

    function read(k) {
      if (k < 0 || !own) { readout.textContent = "Hover a state, or play along the run."; return; }
      const q = quantity();
      readout.textContent = `run ${scene.runs[own.run]}, ${scene.time_name} ${number(own.path_time[k], 5)} ${scene.time_units}: ${q.about ? `${q.words} = ${number(q.on(k), 6)}` : `sample ${own.path_sample[k]}`}`.replace(" :", ":");
    }

    // ---------------------------------------------------------------- the pointer

    function onhover({ point, path: on }, px, py) {
      if (!scene) return;
      tip.hidden = point < 0 && on < 0;
      if (on >= 0) { player.pause(); player.put(on); moved(on); }
      if (tip.hidden) return;
      const q = quantity(), run = on >= 0 ? own.run : scene.of_run[point];
      const t = on >= 0 ? own.path_time[on] : scene.time[point], sample = on >= 0 ? own.path_sample[on] : scene.sample[point];
      tip.replaceChildren(
        h("b", {}, `run ${scene.runs[run]}`), h("span", {}, `${scene.time_name} ${number(t, 5)} ${scene.time_units}, sample ${sample}`),
        q.about && h("span", {}, `${q.words} = ${number(on >= 0 ? q.on(on) : q.value(point), 6)}`),
        point >= 0 && run !== own?.run ? h("span.soft", {}, "click to follow this run") : "",
      );
      const room = stage.clientWidth;
      tip.style.left = `${Math.min(Math.max(px + 14, 4), Math.max(room - 200, 4))}px`;
      tip.style.top = `${Math.max(py + 16, 4)}px`;
    }

    function onpick({ point, path: on }) {
      if (on >= 0) moved(on);
      else if (point >= 0) choose(scene.of_run[point], scene.sample[point]);
    }

    function onlasso(indices) {
      held = indices;
      picture.only(indices);
      selection();
    }

    function selection() {
      chosenPart.hidden = !held;
      if (!held) return;
      const q = quantity(), of = new Set(held.map((i) => scene.of_run[i])), values = held.map(q.value).filter(Number.isFinite);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const spread = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
      const [first, last] = span(held.map((i) => scene.time[i]));
      const names = [...of].sort((a, b) => a - b).slice(0, 12).map((k) => scene.runs[k]).join(", ");
      const words = [
        `${count(held.length)} states of ${count(of.size)} ${of.size === 1 ? "run" : "runs"}: ${names}${of.size > 12 ? ", …" : ""}`,
        `${scene.time_name} ${number(first, 4)} to ${number(last, 4)} ${scene.time_units}`,
        q.about ? `${q.words}: ${number(mean, 5)} ± ${number(spread, 3)}` : "",
      ].filter(Boolean);
      chosenWords.replaceChildren(...words.map((w) => h("p", {}, w)));
      say(words.join("; "));
    }

    // ---------------------------------------------------------------- controls

    const readout = h("output.readout", { "aria-live": "off" });
    const chosenWords = h("div");
    const chosenPart = h("div.panel.chosen", { hidden: true }, h("h3", {}, "Selected"), chosenWords,
      h("button", { type: "button", onclick: () => onlasso(null) }, "Let go"));
    const fit = h("div.constancy"), madeList = h("dl.made");
    const colours = choice({ words: "colour", options: [], value: "", onchange: (name) => { look.colour = name; keep(); recolour(); read(player.position); selection(); } });
    const runs = choice({ words: "run", options: [], value: "", onchange: (v) => choose(Number(v)) });
    const networks = choice({ words: "network", options: [], value: "", onchange: (name) => { look.of = name; keep(); load(); } });
    const picks = ["x", "y", "z"].map((k) => choice({
      words: { x: "across", y: "up", z: "third" }[k], options: [], value: "", onchange: (v) => { look[k] = v; keep(); reshape(); },
    }));
    const flat = h("button", { type: "button", onclick: () => solid(false) }, "2-D");
    const deep = h("button", { type: "button", onclick: () => solid(true) }, "3-D");
    const rope = h("button", { type: "button", title: "drag draws a lasso; else it turns the cloud", onclick: () => { picture.lassoing = !picture.lassoing; pressed(); } }, "Lasso");
    const hint = h("p.soft.hint");

    function solid(on) {
      if (on && scene.components.length < 3) return;
      look.solid = on;
      keep();
      pressed();
      reshape();
    }
    function pressed() {
      flat.setAttribute("aria-pressed", String(!look.solid));
      deep.setAttribute("aria-pressed", String(look.solid));
      rope.setAttribute("aria-pressed", String(picture.lassoing));
      rope.hidden = !look.solid;
      picks[2].element.hidden = !look.solid;
      hint.textContent = look.solid && !picture.lassoing ? "Drag to turn, Shift-drag to select." : "Drag around states to select them.";
    }

    function constancy(q) {
      const a = q.about;
      fit.replaceChildren();
      if (!a) return;
      fit.append(a.long_name ? h("p.soft.long", {}, a.long_name) : "");
      if (a.within != null) {
        const sure = a.within < 1e-3 ? "it tells runs apart and hardly changes along them" : a.within < 0.1 ? "it changes little along runs" : "it changes along runs";
        fit.append(h("p", {}, h("b", {}, "λ "), `${number(a.within, 2)}: ${sure}.`));
      }
      if (a.r2 != null) fit.append(h("p", {}, h("b", {}, "R² "), `${number(a.r2, 4)} of the best linear function of ${scene.components.length} components.`));
    }

    function madeOf() {
      madeList.replaceChildren(...scene.components.flatMap((c, k) => [
        h("dt", {}, `component ${k + 1}`), h("dd", {}, h("span.share", { "aria-hidden": "true" }, bar(c.share)), h("span.value", {}, percent(c.share, 3)), c.made_of && h("span.soft", {}, c.made_of)),
      ]));
    }
    const bar = (share) => { const inner = h("i"); inner.style.width = `${Math.max(100 * share, 0.5)}%`; return inner; };

    function filled(select, groups, value) {
      select.replaceChildren(...groups.flatMap(([name, options]) => {
        const made = options.map(([v, words]) => h("option", { value: v, selected: v === value }, words));
        return name ? [h("optgroup", { label: name }, made)] : made;
      }));
      select.value = value;
    }

    function controls() {
      const kinds = [...new Set(scene.colours.map((c) => c.kind))];
      const groups = kinds.map((kind) => [KINDS[kind] ?? kind, scene.colours.filter((c) => c.kind === kind).map((c) => [c.name, c.name])]);
      const names = ["time", "run", ...scene.colours.map((c) => c.name)];
      if (!names.includes(look.colour)) look.colour = scene.colour;
      filled(colours.select, [...groups, ["when and which", [["time", scene.time_name], ["run", "run"]]]], look.colour);
      filled(runs.select, [["", scene.runs.map((name, k) => [String(k), name])]], String(chosen()));
      filled(networks.select, [["", scene.choices.map((c) => [c, c])]], scene.of);
      networks.element.hidden = scene.choices.length < 2;
      const options = [...scene.components.map((c, k) => [String(k), `component ${k + 1}, ${percent(c.share, 2)}`]), ["time", scene.time_name]];
      ["x", "y", "z"].forEach((k, n) => {
        if (!options.some(([v]) => v === look[k])) look[k] = options[Math.min(n, options.length - 1)][0];
        filled(picks[n].select, [["", options]], look[k]);
      });
      deep.disabled = scene.components.length < 3;
      if (deep.disabled) look.solid = false;
      pressed();
    }

    async function load() {
      const turn = ++asked;
      try {
        const given = await line.ask("scene", look.of ? { of: look.of } : {});
        if (over || turn !== asked) return;
        scene = given;
        show();
      } catch (why) {
        if (over) return;
        // An address may name a network that is not here.
        if (look.of) { look.of = ""; load(); return; }
        head.replaceChildren(h("div.trouble", { role: "alert" }, why.message));
      }
    }

    function show() {
      columns = parted(scene.scores, scene.components.length, scene.time.length);
      own = { ...scene, columns: parted(scene.path_scores, scene.components.length, scene.path_time.length) };
      held = null;
      picture.only(null);
      chosenPart.hidden = true;
      head.replaceChildren(h("h2", {}, "Latent space"), h("p.soft", {}, scene.what), ...scene.notes.map((n) => h("p.soft.remark", {}, n)));
      controls();
      reshape();
      path(scene);
      if (chosen() !== scene.run) walk(chosen());
    }

    side.append(
      h("div.panel.controls", {}, colours.element, fit, runs.element, networks.element,
        h("div.row.dims", { role: "group", "aria-label": "dimensions" }, flat, deep, rope), ...picks.map((p) => p.element), hint),
      chosenPart,
      h("details.panel", { open: true }, h("summary", {}, "Share of the variance"), madeList),
    );
    foot.append(readout);
    const bottom = h("div.bottom");
    bottom.append(toolbar({
      line: { ask: (name) => line.ask(name, look.of ? { of: look.of } : {}) }, name: "latent", theme,
      canvases: () => [picture.canvas], data: () => scene, links: model.get("links") ?? [],
    }));
    root.append(bottom);

    const step = (by) => { if (own) player.step(by); };
    const other = (by) => { if (scene) choose((own.run + by + scene.runs.length) % scene.runs.length); };
    const unbind = bound(el, {
      " ": () => player.toggle(), ArrowLeft: () => step(-1), ArrowRight: () => step(1),
      ArrowUp: () => other(-1), ArrowDown: () => other(1),
      c: () => { const all = [...colours.select.options], k = colours.select.selectedIndex; colours.select.value = all[(k + 1) % all.length].value; look.colour = colours.value; keep(); recolour(); read(player.position); selection(); say(`coloured by ${look.colour}`); },
      v: () => solid(!look.solid), l: () => { picture.lassoing = !picture.lassoing; pressed(); },
      "+": () => picture.grow(1.2), "=": () => picture.grow(1.2), "-": () => picture.grow(1 / 1.2),
      a: () => turned(-0.12, 0), d: () => turned(0.12, 0), w: () => turned(0, -0.12), x: () => turned(0, 0.12),
      Escape: () => onlasso(null),
    });
    const turned = (a, b) => { if (look.solid) { picture.rotate(a, b); keep(); } };

    const onrun = () => { if (scene && local(model.get("run") ?? 0) >= 0 && chosen() !== own?.run) walk(chosen()); };
    const oncursor = () => { if (scene && own && own.path_sample[player.position] !== model.get("cursor")) follow(); };
    model.on("change:run", onrun);
    model.on("change:cursor", oncursor);
    load();
    return () => {
      over = true;
      model.off("change:run", onrun);
      model.off("change:cursor", oncursor);
      unbind();
      player.close();
      picture.close();
      line.close();
      theme.close();
      el.replaceChildren();
    };
  },
};

/** Rows of numbers as one array a column. */
function parted(rows, wide, long) {
  return Array.from({ length: wide }, (_, k) => Float32Array.from({ length: long }, (__, i) => rows[i * wide + k]));
}

function span(values) {
  let low = Infinity, high = -Infinity;
  for (const v of values) { if (v < low) low = v; if (v > high) high = v; }
  return high > low ? [low, high] : [low, low + 1];
}

/** The place of the sample that is nearest; samples ascend. */
function nearestSample(samples, wanted) {
  let low = 0, high = samples.length - 1;
  if (high < 0) return -1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (samples[middle] < wanted) low = middle + 1; else high = middle;
  }
  return low > 0 && wanted - samples[low - 1] < samples[low] - wanted ? low - 1 : low;
}

/** A path made of the points of a cloud. */
function rowsOf(scene, rows, run) {
  const wide = scene.components.length, n = scene.time.length;
  return {
    run,
    path_scores: Float32Array.from({ length: rows.length * wide }, (_, j) => scene.scores[rows[Math.floor(j / wide)] * wide + (j % wide)]),
    path_sample: Int32Array.from(rows, (i) => scene.sample[i]),
    path_time: Float64Array.from(rows, (i) => scene.time[i]),
    path_colours: Float32Array.from({ length: rows.length * scene.colours.length }, (_, j) => scene.colours_of[Math.floor(j / rows.length) * n + rows[j % rows.length]]),
  };
}
