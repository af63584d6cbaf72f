// The trajectory viewer: any run of any data set, moving; and what a network foretells of it.

import { connect } from "../lib/connect.js";
import { choice, h, slider, speaker } from "../lib/dom.js";
import { count, number } from "../lib/format.js";
import { keys as bound } from "../lib/keys.js";
import { firstFrom, nearestTime, strips, zoomButtons } from "../lib/strips.js";
import { themed } from "../lib/theme.js";
import { toolbar } from "../lib/toolbar.js";
import { transport } from "../lib/transport.js";
import { onto, pen } from "./trajectory/foretold.js";
import { measured, side } from "./trajectory/side.js";
import { stage } from "./trajectory/stage.js";

export const keys = [
  ["Space", "play or pause"], ["← →", "one sample back or on"], ["Home End", "to the start, to the end"],
  ["↑ ↓", "previous or next run"], ["3", "two or three axes"], ["A D W X", "turn and tilt"], ["+ −", "nearer, further"],
  ["R", "as at first"], ["O", "other runs beside"], ["F", "forecast"], ["Z", "whole run"],
];

const PLAIN = { drawing: "", axes: [], solid: null, beside: false, from: "", trail: 0.2, columns: [], range: null, turn: -0.7, tilt: 0.4, zoom: 1 };
const MOMENTS = 1200; // of a run that is played
const OWN = "own"; // axes of the reader's choice

export default {
  render({ model, el }) {
    let scene = null, whole = null, said = null, others = null, over = false, asked = 0, moment = 0, fresh = true;
    const off = new Set();
    const theme = themed(el, model, () => { pictures.redraw(); curves.redraw(); });
    const line = connect(model);
    const root = h("div.trajectory-view"), say = speaker(el);
    const title = h("p.soft"), notes = h("div.asides"), trouble = h("div.trouble", { role: "alert", hidden: true });
    const stand = h("div.stand"), along = h("div.along");
    const look = { ...PLAIN, ...(model.get("look") ?? {}) };
    // What is as it was at first need not stand in an address.
    const keep = () => {
      const now = Object.entries({ ...look, ...pictures.look }).filter(([k, v]) => JSON.stringify(v) !== JSON.stringify(PLAIN[k]));
      model.set("look", Object.fromEntries(now));
      model.save_changes();
    };

    const pictures = stage(stand, theme, { onturn: keep, onpick: (t) => go(t) });
    const curves = strips(along, theme, {
      label: "columns along time", tall: 78, oncursor: (k) => { if (k != null) { player.pause(); go(scene.time[k]); } }, onzoom: zoomed,
    });
    const beside = side({ run: chooseRun, columns: (names) => { look.columns = names; keep(); load(); }, method: (name, on) => { off[on ? "delete" : "add"](name); draw(); }, forecast });
    const player = transport({ length: MOMENTS, seconds: 12, onseek: (m) => at(timeOf(m)), say: () => spoke() });
    const trail = slider({ low: 0.01, high: 1, value: look.trail, log: true, words: "trail", shown: (x) => `${number(100 * x, 2)} % of the run`, oninput: (x) => { look.trail = x; keep(); at(moment); } });

    // ---------------------------------------------------------------- what is drawn

    // The whole run moves on the stage; a part that is zoomed in on is drawn along time alone.
    const column = (name, of = scene) => {
      const k = of.columns.findIndex((c) => c.name === name), n = of.time.length;
      return k < 0 ? null : of.values.subarray(k * n, (k + 1) * n);
    };
    const about = (name) => scene.columns.find((c) => c.name === name);
    const called = (name) => {
      if (name === "time") return [scene.time_words.name, scene.time_words.units].filter(Boolean).join(", ");
      const units = about(name)?.units;
      return units ? `${name}, ${units}` : name;
    };

    /** The ways that the columns at hand can be drawn; the reader's own last. */
    function ways() {
      const there = scene.drawings.filter((d) => d.trails.every((t) => t.columns.every((c) => !c || about(c))));
      const names = ["time", ...scene.columns.map((c) => c.name)];
      const plain = { id: OWN, title: "axes of your choice", axes: names, trails: [], alike: false, hands: false };
      return [...there, plain];
    }
    const way = () => ways().find((d) => d.id === look.drawing) ?? ways()[0];
    const wide = (d) => (d.id === OWN ? d.axes.length : d.axes.length);
    const solid = () => { const d = way(); return wide(d) > 2 && (look.solid ?? (d.id !== OWN && d.id !== "population")); };

    /** Which axes of a way are shown: indices into its axes. */
    function axes() {
      const d = way(), need = solid() ? 3 : 2;
      const first = d.id === OWN ? (d.axes.length > 2 ? [1, 2, 3] : [0, 1, 1]) : [0, 1, 2];
      const wanted = [0, 1, 2].map((k) => { const at = d.axes.indexOf(look.axes[k]); return at >= 0 ? at : Math.min(first[k], d.axes.length - 1); });
      return wanted.slice(0, need);
    }

    /** Columns of a trail along the axes shown; `from` gives a column by its name. */
    function placed(trail, from) {
      const d = way(), zero = () => new Float64Array(from("time").length);
      if (d.hands) {
        const angle = from(trail.columns[0]);
        const ring = 1 - 0.12 * d.trails.indexOf(trail);
        return angle && [Float64Array.from(angle, (v) => ring * Math.sin(v)), Float64Array.from(angle, (v) => -ring * Math.cos(v))];
      }
      const found = axes().map((k) => (d.id === OWN ? from(d.axes[k]) : trail.columns[k] ? from(trail.columns[k]) : zero()));
      if (found.some((values) => !values)) return null;
      const other = d.alike && d.trails.find((t) => t.name === look.from);
      if (!other) return found;
      return found.map((values, n) => {
        const back = from(other.columns[axes()[n]]);
        return back ? Float64Array.from(values, (v, k) => v - back[k]) : values;
      });
    }

    function trails() {
      const d = way(), list = d.id === OWN ? [{ name: "", columns: [] }] : d.trails;
      const own = (name) => (name === "time" ? whole.time : column(name, whole));
      const many = list.length > 1;
      const found = [];
      if (besides() && others) found.push(...company(list));
      list.forEach((trail, k) => {
        const columns = placed(trail, own);
        const name = many ? trail.name : besides() ? scene.runs[scene.run] : "";
        if (columns) found.push({ name, columns, time: whole.time, colour: `c${k % 6}`, dash: 0, kind: "own" });
      });
      if (said && said.run === scene.run) found.push(...foretold(list));
      return found;
    }

    function foretold(list) {
      const found = [], n = said.time.length, v = said.variables.length;
      said.methods.forEach((method, m) => {
        if (off.has(method.name)) return;
        const from = (name) => {
          if (name === "time") return said.time;
          const k = said.variables.indexOf(name);
          return k < 0 ? null : said.said.subarray((m * v + k) * n, (m * v + k + 1) * n);
        };
        for (const trail of list) {
          const columns = placed(trail, from), drawn = pen(method.name);
          // What runs away shall not set the scale.
          if (columns) found.push({ name: "", columns, time: said.time, ...drawn, kind: "said", free: true });
        }
      });
      return found;
    }

    function company(list) {
      const found = [], n = others.time.length / others.of.length, many = others.columns.length;
      others.of.forEach((run, r) => {
        if (run === scene.run) return;
        const row = others.time.subarray(r * n, (r + 1) * n);
        const ends = row.findIndex((t) => Number.isNaN(t)), time = ends < 0 ? row : row.subarray(0, ends);
        const from = (name) => {
          if (name === "time") return time;
          const k = others.columns.indexOf(name);
          return k < 0 ? null : others.values.subarray((r * many + k) * n, (r * many + k) * n + time.length);
        };
        for (const trail of list) {
          const columns = placed(trail, from);
          if (columns) found.push({ name: scene.runs[run], columns, time, colour: "soft", dash: 0, kind: "beside" });
        }
      });
      return found;
    }

    const besides = () => look.beside === true;

    function draw() {
      const d = way(), turned = fresh ? Object.fromEntries(["turn", "tilt", "zoom"].filter((k) => Number.isFinite(look[k])).map((k) => [k, look[k]])) : {};
      fresh = false;
      const names = d.hands ? ["sin", "−cos"] : axes().map((k) => {
        const name = d.id === OWN ? d.axes[k] : d.trails.length === 1 ? d.trails[0].columns[k] || d.axes[k] : d.axes[k];
        if (d.id === OWN || d.trails.length === 1) return called(name);
        const units = about(d.trails[0].columns[k])?.units;
        return units ? `${name}, ${units}` : name;
      });
      pictures.show(trails(), names, { alike: d.alike, hands: d.hands, truth: Boolean(said), look: turned });
      rows();
      at(moment);
      pictures.say(`${scene.name}, run ${scene.runs[scene.run]}, ${d.title}: ${names.join(", ")}${said ? "; true and predicted" : ""}`);
    }

    function rows() {
      const list = scene.columns.map((c, k) => ({
        name: c.name, words: [c.units, c.long_name, c.gaps ? `${count(c.gaps)} ${c.gaps === 1 ? "gap" : "gaps"}` : ""].filter(Boolean).join(" · "),
        lines: [{ values: column(c.name), colour: said ? "soft" : `c${k % 6}`, width: said ? 4 : 1.7, alpha: said ? 0.5 : 1 }, ...spoken(c.name)],
        seen: said?.seen_until ?? null,
        value: (i) => measured(column(c.name)[i], c.units),
      }));
      if (said && said.run === scene.run) {
        list.push({
          name: "error", words: "of the forecasts, in spreads", levels: [said.far], seen: said.seen_until,
          lines: said.methods.map((m, k) => ({ name: m.name, values: onto(scene.time, said, said.error, k), ...pen(m.name) })).filter((l) => !off.has(l.name)),
        });
      }
      curves.set({ time: scene.time, rows: list, x: called("time"), extent: [whole.time[0], whole.time.at(-1)] });
      curves.say(`${scene.columns.map((c) => c.name).join(", ")} along ${scene.time_words.name}`);
    }

    function spoken(name) {
      const k = said && said.run === scene.run ? said.variables.indexOf(name) : -1;
      if (k < 0) return [];
      return said.methods.map((m, j) => ({ method: m, values: onto(scene.time, said, said.said, j * said.variables.length + k), free: true, ...pen(m.name) }))
        .filter((l) => !off.has(l.method.name));
    }

    // ---------------------------------------------------------------- the moment

    const timeOf = (m) => whole.time[0] + (m / (MOMENTS - 1)) * (whole.time.at(-1) - whole.time[0]);
    const momentOf = (t) => ((t - whole.time[0]) / (whole.time.at(-1) - whole.time[0] || 1)) * (MOMENTS - 1);
    function spoke() { return scene ? `${scene.time_words.name} = ${measured(moment, scene.time_words.units)}` : "–"; }

    /** Show a moment; the other views hear which sample is nearest. */
    function at(t, tell = true) {
      if (!scene) return;
      moment = t;
      const of = around(t), k = nearestTime(of.time, t);
      pictures.moment(t, look.trail * (whole.time.at(-1) - whole.time[0]) || Infinity);
      curves.cursor = of === scene ? k : -1;
      read(of, k);
      if (tell && k >= 0 && model.get("cursor") !== of.sample[k]) {
        model.set("cursor", of.sample[k]);
        model.save_changes();
      }
    }
    /** The samples that lie about a time: of the part that is zoomed in on, or of the whole. */
    const around = (t) => (t >= scene.time[0] && t <= scene.time.at(-1) ? scene : whole);
    function go(t) {
      if (!scene || t === undefined) return;
      player.put(momentOf(t));
      at(t);
    }
    function read(of, k) {
      if (k < 0) return;
      const predicted = (name) => spoken(name).map((l) => ({ words: l.method.words, text: of === scene ? number(l.values[k], 5) : "–", colour: l.colour })).filter((s) => s.text !== "–");
      beside.at(`${of.time_words.name} = ${measured(of.time[k], of.time_words.units, 6)}, sample ${count(of.sample[k])}`,
        scene.columns.map((c) => ({ name: c.name, text: measured(column(c.name, of)[k], c.units), said: predicted(c.name) })));
    }
    const step = (by) => {
      if (!scene) return;
      player.pause();
      const of = Number.isFinite(by) ? around(moment) : whole, k = nearestTime(of.time, moment);
      go(of.time[Math.min(Math.max(k + by, 0), of.time.length - 1)]);
      say(spoke());
    };

    // ---------------------------------------------------------------- questions

    const ask = (words) => line.ask("scene", words);

    async function load(run = model.get("run") ?? 0) {
      const turn = ++asked;
      try {
        const data = await ask({ run, ...(look.columns.length ? { columns: look.columns } : {}) });
        if (over || turn !== asked) return;
        const first = !scene, other = scene?.run !== data.run;
        scene = whole = data;
        if (other) { said = null; curves.zoom = null; }
        trouble.hidden = true;
        show(first || other);
        if (besides()) company_();
      } catch (why) {
        if (over || turn !== asked) return;
        if (look.columns.length && !scene) { look.columns = []; load(run); return; }
        refuse(why);
        if (scene) beside.show(scene);
      }
    }

    function refuse(why) {
      trouble.textContent = [why.message, why.remedy && !why.message.includes(why.remedy) ? why.remedy : ""].filter(Boolean).join("; ");
      trouble.hidden = false;
    }

    async function zoomed(range) {
      keepZoom(range);
      if (!range) { scene = whole; draw(); return; }
      if (whole.time.length >= whole.samples) return;
      const turn = ++asked;
      // From the sample before the range to the one after it.
      const a = Math.max(firstFrom(whole.time, range[0]) - 1, 0), b = Math.min(firstFrom(whole.time, range[1]) + 1, whole.time.length - 1);
      try {
        const data = await ask({ run: whole.run, start: whole.sample[a], stop: whole.sample[b] + 1, ...(look.columns.length ? { columns: look.columns } : {}) });
        if (over || turn !== asked) return;
        scene = data;
        draw();
      } catch { /* the strided samples stay */ }
    }
    const keepZoom = (range) => { look.range = range ? range.map((v) => Number(v.toPrecision(9))) : null; keep(); };

    async function company_() {
      const names = way().id === OWN ? axes().map((k) => way().axes[k]).filter((n) => n !== "time") : way().trails.flatMap((t) => t.columns).filter(Boolean);
      const standard = scene.drawings[0] && names.join() === [...new Set(scene.drawings[0].trails.flatMap((t) => t.columns).filter(Boolean))].join();
      try {
        others = await line.ask("beside", standard ? {} : { columns: [...new Set(names)] });
        if (!over) { draw(); company.title = others.of.length < others.all ? `the first ${others.of.length} of ${others.all} runs` : ""; }
      } catch (why) { if (!over) { look.beside = false; pressed(); refuse(why); } }
    }

    async function forecast() {
      if (!scene?.forecast.there || (said && said.run === scene.run)) return;
      const run = scene.run;
      beside.busy("The network is predicting …");
      try {
        const answer = await line.ask("forecast", { run });
        if (over || scene.run !== run) return;
        said = answer;
        beside.forecasts(said, said.methods.map((m) => ({ ...m, ...pen(m.name), on: !off.has(m.name) })), scene.time_words.units);
        draw();
        say(`forecast: off by ${number(said.methods[0].rms, 2)} of the spread`);
      } catch (why) { if (!over && scene.run === run) beside.refused(why.message); }
    }

    function chooseRun(run) {
      player.pause();
      if (model.get("run") === run) { load(run); return; }
      model.set("run", run);
      model.save_changes();
      say(`run ${scene.runs[run]}`);
    }

    // ---------------------------------------------------------------- controls

    const drawing = choice({ words: "drawn", options: [], value: "", onchange: (id) => { look.drawing = id; look.axes = []; look.from = ""; others = null; changed(); if (besides()) company_(); } });
    const picks = ["across", "up", "third"].map((words, k) => choice({ words, options: [], value: "", onchange: (v) => { look.axes = axes().map((n, j) => (j === k ? v : way().axes[n])); others = way().id === OWN ? null : others; changed(); if (besides()) company_(); } }));
    const seen = choice({ words: "seen from", options: [], value: "", onchange: (v) => { look.from = v; changed(); } });
    const press = (words, title, onclick) => h("button", { type: "button", title, onclick }, words);
    const flat = press("2-D", "two axes", () => dimension(false)), deep = press("3-D", "three axes", () => dimension(true));
    const companyButton = press("Other runs", "draw other runs beside this one", () => accompany());
    const turning = h("div.row.turns", { role: "group", "aria-label": "view" },
      ...[["↶", "turn left", () => pictures.rotate(-0.15, 0)], ["↷", "turn right", () => pictures.rotate(0.15, 0)], ["⤒", "tilt up", () => pictures.rotate(0, 0.12)], ["⤓", "tilt down", () => pictures.rotate(0, -0.12)]]
        .map(([t, label, f]) => h("button.solid-only", { type: "button", "aria-label": label, title: label, onclick: f }, t)),
      ...[["+", "nearer", () => pictures.grow(1.25)], ["−", "further", () => pictures.grow(0.8)], ["Reset", "Reset: as at first", () => pictures.home()]]
        .map(([t, label, f]) => h("button", { type: "button", "aria-label": label, title: label, onclick: f }, t)));
    const hint = h("p.soft.hint");

    function dimension(on) { if (on && wide(way()) < 3) return; look.solid = on; changed(); }
    function accompany() {
      look.beside = !besides();
      if (look.beside && !others) company_();
      changed();
    }
    function changed() { keep(); pressed(); draw(); }

    function fill(pick, options, value) {
      pick.select.replaceChildren(...options.map(([v, words]) => h("option", { value: v }, words)));
      pick.value = value;
    }
    function pressed() {
      const d = way(), shown = axes();
      fill(drawing, ways().map((w) => [w.id, w.title]), d.id);
      picks.forEach((pick, k) => {
        fill(pick, d.axes.map((a) => [a, a]), d.axes[shown[k]] ?? "");
        pick.element.hidden = d.hands || k >= shown.length || (d.id !== OWN && d.axes.length === shown.length && d.axes.length < 3);
      });
      flat.setAttribute("aria-pressed", String(!solid()));
      deep.setAttribute("aria-pressed", String(solid()));
      flat.parentElement.hidden = wide(d) < 3;
      companyButton.setAttribute("aria-pressed", String(besides()));
      companyButton.hidden = scene.runs.length < 2;
      fill(seen, [["", "at rest"], ...d.trails.map((t) => [t.name, t.name])], look.from);
      seen.element.hidden = !(d.alike && !d.hands && d.trails.length > 1);
      root.classList.toggle("is-solid", solid());
      hint.textContent = solid() ? "Drag to turn, Shift-drag to move, Ctrl-wheel or pinch to come nearer." : "Drag to move, Ctrl-wheel or pinch to come nearer.";
    }

    function show(anew) {
      root.inert = false;
      title.textContent = `${scene.name}, run ${scene.runs[scene.run]}: ${count(scene.samples)} samples, ${measured(scene.time[0], "")} to ${measured(scene.time.at(-1), scene.time_words.units)}.`;
      notes.replaceChildren(...scene.notes.map((n) => h("p.soft.remark", {}, n)),
        ...(scene.reading.length ? [h("details", {}, h("summary", {}, "How the file was read"), scene.reading.map((n) => h("p.soft.remark", {}, n)))] : []));
      beside.show(scene);
      pressed();
      const cursor = model.get("cursor"), k = cursor == null ? -1 : nearestTime(scene.sample, cursor);
      if (anew) { moment = k >= 0 ? scene.time[k] : scene.time[0]; player.put(momentOf(moment)); }
      draw();
      if (anew && Array.isArray(look.range) && look.range[0] < scene.time.at(-1) && look.range[1] > scene.time[0]) { curves.zoom = look.range; zoomed(look.range); }
    }

    // ---------------------------------------------------------------- together

    root.append(
      h("div.head", {}, h("h2", {}, "Trajectory"), title, notes), trouble,
      h("div.body", {},
        h("div.main", {},
          h("section.panel.space", { "aria-label": "motion" },
            h("div.row.bar", {}, drawing.element, ...picks.map((p) => p.element), seen.element,
              h("div.row.dims", { role: "group", "aria-label": "dimensions" }, flat, deep), companyButton),
            stand, player.element, h("div.row.under", {}, turning, h("div.trail", {}, trail.element), hint)),
          h("section.panel.time", { "aria-label": "along time" }, h("div.row.head-row", {}, h("h3", {}, "Along time"), zoomButtons(curves, "zoom along time")), along)),
        h("div.side", {}, ...beside.elements)),
      toolbar({
        line: { ask: (name) => line.ask(name, { run: scene?.run ?? 0 }) }, name: "trajectory", theme,
        canvases: () => [pictures.paint(), curves.paint()], data: () => ({ scene, forecast: said }), links: model.get("links") ?? [],
      }));
    root.inert = true; // until there is something to show
    el.append(root);

    const other = (by) => { if (scene) chooseRun(((model.get("run") ?? 0) + by + scene.runs.length) % scene.runs.length); };
    const unbind = bound(el, {
      " ": () => { if (scene) player.toggle(); }, ArrowLeft: () => step(-1), ArrowRight: () => step(1), ArrowUp: () => other(-1), ArrowDown: () => other(1),
      Home: () => step(-Infinity), End: () => step(Infinity), 3: () => { if (scene) dimension(!solid()); },
      a: () => pictures.rotate(-0.12, 0), d: () => pictures.rotate(0.12, 0), w: () => pictures.rotate(0, 0.1), x: () => pictures.rotate(0, -0.1),
      "+": () => pictures.grow(1.2), "=": () => pictures.grow(1.2), "-": () => pictures.grow(1 / 1.2), r: () => pictures.home(),
      o: () => { if (scene?.runs.length > 1) accompany(); }, f: () => forecast(), z: () => curves.whole(),
    });
    const onrun = () => { if ((model.get("run") ?? 0) !== scene?.run) load(); };
    const oncursor = () => {
      const sample = model.get("cursor");
      if (!scene || sample == null || player.playing || sample === scene.sample[curves.cursor]) return;
      const k = nearestTime(whole.sample, sample);
      if (k >= 0) { player.put(momentOf(whole.time[k])); at(whole.time[k], false); }
    };
    model.on("change:run", onrun);
    model.on("change:cursor", oncursor);
    load();
    return () => {
      over = true;
      model.off("change:run", onrun);
      model.off("change:cursor", oncursor);
      unbind();
      for (const part of [player, pictures, curves, line, theme]) part.close();
      el.replaceChildren();
    };
  },
};
