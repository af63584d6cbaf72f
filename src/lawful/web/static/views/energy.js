// The energy monitor: laws along a run with their bands, breaks, and all runs at a glance; live
// for a file that grows, and the same for the energies of a training.

import { connect } from "../lib/connect.js";
import { choice, h, speaker } from "../lib/dom.js";
import { count, number } from "../lib/format.js";
import { keys as bound } from "../lib/keys.js";
import { firstFrom, nearestTime, strips, zoomButtons } from "../lib/strips.js";
import { themed } from "../lib/theme.js";
import { toolbar } from "../lib/toolbar.js";
import { card } from "./energy/cards.js";
import { matrix } from "./energy/matrix.js";

export const keys = [
  ["← →", "one sample back or on"], ["Home End", "to the start, to the end"], ["↑ ↓", "previous or next run"],
  ["N", "next run in which a law does not hold"], ["J", "next break"], ["V", "values or departures"], ["B", "the band or the line"],
  ["+ −", "zoom in, zoom out"], ["Z", "whole run"], ["L", "follow the end of a file that grows"],
];

const PLAIN = { shown: null, value: "departure", close: false, laws: "", follow: true };
const FIRST = 6; // curves that are shown without asking
const NEAR_ZERO = 0.02; // spreads: a start nearer to zero is no measure
const judging = (q) => ["law", "leak", "balance"].includes(q.kind);
const measured = (v, units, digits = 5) => `${number(v, digits)}${units ? ` ${units}` : ""}`;

export default {
  render({ model, el }) {
    let scene = null, whole = null, over = false, asked = 0, newest = null, sample = null;
    const look = { ...PLAIN, ...(model.get("look") ?? {}) };
    // What is as it was at first need not stand in an address.
    const keep = () => {
      model.set("look", Object.fromEntries(Object.entries(look).filter(([k, v]) => JSON.stringify(v) !== JSON.stringify(PLAIN[k]))));
      model.save_changes();
    };
    const theme = themed(el, model, () => { curves.redraw(); table.redraw(); });
    const line = connect(model, { frame: grown, trouble: (why) => refuse(why) });
    const root = h("div.energy-view"), say = speaker(el);
    const title = h("p.soft"), notes = h("div.asides"), trouble = h("div.trouble", { role: "alert", hidden: true });
    const alarm = h("div.alarm", { role: "alert", hidden: true });
    const live = h("div.panel.live.row", { hidden: true });
    const empty = h("div.panel.no-laws", { hidden: true });
    const along = h("div.along"), cards = h("div.watch-list"), grid = h("div.overview"), at = h("p.now.soft");

    const curves = strips(along, theme, { label: "laws along the run", tall: 104, oncursor: (k) => { if (k != null) point(k); }, onzoom: zoomed });
    const table = matrix(grid, theme, { onpick: (run, t) => choose(run, t) });

    // ---------------------------------------------------------------- what is shown

    const row = (name, k) => scene[name]?.subarray(k * scene.time.length, (k + 1) * scene.time.length);
    const visible = () => scene.quantities.map((q, k) => [q, k]).filter(([q, k]) => (look.shown ? look.shown.includes(q.name) : k < FIRST));
    const unit = () => scene.time_words.units;
    const clock = () => [scene.time_words.name, unit()].filter(Boolean).join(", ");

    /** Whether the value itself is shown: what nothing says stays the same has no departure. */
    const plainly = (q) => look.value === "value" || q.kind === "column" || q.kind === "measure";

    /** How a departure is said: as a share of the start, or of the spread where the start is no measure. */
    function scaleOf(q) {
      if (plainly(q)) return { by: 1, words: q.units || "" };
      const start = Math.abs(q.level), spread = q.spread > 0 ? q.spread : 0;
      if (look.value === "spread" && spread) return { by: 1 / spread, words: "departure / spread between runs" };
      if (start > NEAR_ZERO * spread && start > 0) return { by: 1 / start, words: "(Q − Q₀) / |Q₀|" };
      if (spread) return { by: 1 / spread, words: "(Q − Q₀) / spread, as Q₀ is near zero" };
      return { by: 1, words: `Q − Q₀${q.units ? `, ${q.units}` : ""}` };
    }

    function draw() {
      const list = visible().map(([q, k]) => {
        const { by, words } = scaleOf(q), plain = plainly(q), scaled = (values) => values && Float64Array.from(values, (v) => v * by);
        const values = plain ? row("value", k) : scaled(row("departure", k));
        const judged = judging(q);
        return {
          name: q.name, words: plain ? [q.units, q.kind === "leak" ? "with what its source adds" : ""].filter(Boolean).join(" · ") : words,
          lines: [{ values, colour: judged ? "c0" : "c1" }],
          slack: plain || !judged ? null : scaled(row("slack", k)), noise: plain || !judged ? null : scaled(row("noise", k)),
          close: look.close, stretches: q.excursions ?? [], levels: plain ? [] : [0],
          value: (i) => (plain ? measured(values[i], q.units, 7) : number(values[i], 4)),
        };
      });
      const ends = scene.live ? null : [whole.time[0], whole.time.at(-1)];
      curves.set({ time: scene.time, rows: list, x: clock(), extent: ends });
      const broken = scene.quantities.filter((q) => q.state > 1).map((q) => `${q.name} ${q.count ? `is broken at ${measured(q.excursions[0].start, unit(), 4)}` : "drifts"}`);
      curves.say(`${scene.quantities.length} quantities along run ${runName()}. ${broken.length ? broken.join("; ") : "None is broken."}`);
      point(curves.cursor, false);
    }
    const runName = () => (scene.live ? scene.run : scene.runs[scene.run]);

    function list() {
      cards.replaceChildren(...scene.quantities.map((q, k) => card(q, unit(), look.shown ? look.shown.includes(q.name) : k < FIRST, { show: toggle, jump })));
    }
    function toggle(name, on) {
      const now = visible().map(([q]) => q.name);
      look.shown = on ? [...now, name] : now.filter((n) => n !== name);
      keep();
      draw();
    }

    // ---------------------------------------------------------------- the cursor

    function point(k, tell = true) {
      curves.cursor = k;
      if (k < 0 || k == null) { at.textContent = "Point at a curve, or step with the arrow keys."; return; }
      sample = scene.sample[k];
      const values = visible().map(([q, j]) => `${q.name} = ${measured(row("value", j)[k], q.units, 6)}`);
      at.textContent = `${scene.time_words.name} = ${measured(scene.time[k], unit(), 6)}, sample ${count(sample)}: ${values.join("; ")}`;
      if (tell && model.get("cursor") !== sample) {
        model.set("cursor", sample);
        model.save_changes();
      }
    }
    function step(by) {
      if (!scene?.time.length) return;
      const k = curves.cursor < 0 ? (by > 0 ? 0 : scene.time.length - 1) : curves.cursor + by;
      point(Math.min(Math.max(k, 0), scene.time.length - 1));
      say(at.textContent);
    }
    /** To where a law breaks, with some of the run on both sides. */
    function jump(e) {
      if (scene.live) { look.follow = false; keep(); load(model.get("run") ?? 0, e.start); return; }
      if (!whole) return;
      const [low, high] = [whole.time[0], whole.time.at(-1)], wide = Math.max((e.end - e.start) * 1.6, (high - low) * 0.04);
      curves.zoom = [Math.max(e.start - wide * 0.4, low), Math.min(e.start + wide, high)];
      zoomed(curves.zoom);
      point(nearestTime(scene.time, e.start));
      curves.canvas.scrollIntoView({ block: "nearest" });
    }
    function nextBreak() {
      const every = scene.quantities.flatMap((q) => q.excursions ?? []).sort((a, b) => a.start - b.start);
      if (!every.length) { say("nothing is broken in this run"); return; }
      const now = curves.cursor >= 0 ? scene.time[curves.cursor] : -Infinity;
      jump(every.find((e) => e.start > now + 1e-12) ?? every[0]);
    }

    // ---------------------------------------------------------------- questions

    async function load(run = model.get("run") ?? 0, jumpTo = null) {
      const turn = ++asked;
      try {
        const data = await line.ask("scene", { run, ...(look.laws ? { laws: look.laws } : {}) });
        if (over || turn !== asked) return;
        trouble.hidden = true;
        whole = data;
        if (newest && look.follow) { settled(); return; }
        show(data, jumpTo);
      } catch (why) {
        if (over || turn !== asked) return;
        if (look.laws && !whole) { look.laws = ""; load(run); return; }
        refuse(why);
      }
    }
    function refuse(why) {
      trouble.textContent = why.message ?? why.text;
      trouble.hidden = false;
    }

    function show(data, jumpTo = null) {
      const other = scene?.run !== data.run || scene?.live;
      scene = data;
      if (other) curves.zoom = null;
      settled();
      if (newest) told();
      draw();
      if (jumpTo != null) jump({ start: jumpTo, end: jumpTo });
      else if (other) {
        const wanted = model.get("cursor"), k = wanted == null ? -1 : nearestTime(scene.sample, wanted);
        point(k, false);
      }
    }

    /** All words and controls around the curves. */
    function settled() {
      root.inert = false;
      const s = whole;
      title.textContent = `${s.name}, run ${s.runs[s.run]}: ${count(s.samples)} samples.${s.source ? ` Laws ${s.source}.` : ""}`;
      notes.replaceChildren(...s.notes.map((n) => h("p.soft.remark", {}, n)));
      fill(runs, s.runs.map((name, k) => [String(k), name]), String(s.run));
      runs.element.hidden = s.runs.length < 2;
      fill(sources, [...s.sources.map((one) => [one.id, one.words]), ["none", "none"]], s.laws || "none");
      sources.element.hidden = !s.sources.length;
      empty.hidden = !s.remedy;
      empty.replaceChildren(...(s.remedy ? [h("h3", {}, "No laws yet"), h("p", {}, s.remedy), s.sources.length ? h("p.soft", {}, "Laws of other data can be tried: choose them under “laws”.") : ""] : []));
      facts.replaceChildren(...s.parameters.flatMap((p) => [h("dt", {}, p.name), h("dd.value", {}, measured(p.value, p.units))]));
      facts.hidden = !s.parameters.length;
      pressed();
      const laws = s.quantities.filter(judging).map((q) => q.name);
      judgedAll(laws);
      if (scene) list();
    }

    async function judgedAll(laws) {
      grid.parentElement.hidden = !laws.length;
      if (!laws.length) return;
      table.chosen = whole.run;
      if (whole.overview) { table.show(laws, whole.runs, whole); judged.textContent = odds(); return; }
      judged.textContent = "All runs are being judged …";
      const of = whole;
      try {
        const answer = await line.ask("overview", look.laws ? { laws: look.laws } : {});
        if (over || whole !== of) return;
        table.show(answer.laws, whole.runs, answer);
        judged.textContent = odds();
      } catch (why) { if (!over && whole === of) judged.textContent = why.message; }
    }
    const odds = () => `If every law holds, the chance of any alarm here is at most ${number(whole.false_alarm, 1)}.`;

    async function zoomed(range) {
      if (scene.live) return;
      if (!range) { scene = { ...whole }; draw(); return; }
      if (whole.time.length >= whole.samples) return;
      const turn = ++asked;
      const a = Math.max(firstFrom(whole.time, range[0]) - 1, 0), b = Math.min(firstFrom(whole.time, range[1]) + 1, whole.time.length - 1);
      try {
        const data = await line.ask("scene", { run: whole.run, start: whole.sample[a], stop: whole.sample[b] + 1, ...(look.laws ? { laws: look.laws } : {}) });
        if (over || turn !== asked) return;
        scene = data;
        draw();
      } catch { /* the strided samples stay */ }
    }

    function choose(run, t = null) {
      if (scene?.live) look.follow = false;
      if ((model.get("run") ?? 0) === run && !scene?.live) { if (t != null) jump({ start: t, end: t }); return; }
      next = t;
      model.set("run", run);
      model.save_changes();
      if (whole?.run !== run || scene?.live) load(run, t);
    }
    let next = null;

    // ---------------------------------------------------------------- a file that grows

    /** A frame: the newest samples of a file that grows. */
    function grown(frame) {
      if (!frame.live || over) return;
      newest = frame;
      live.hidden = false;
      for (const a of frame.alarms ?? []) ring(a);
      if (!whole && !frame.ready) load();
      if (frame.ready && look.follow && whole) {
        scene = frame;
        curves.zoom = null;
        draw();
        list();
        if (frame.index != null) table.patch(frame.index, frame.quantities.filter(judging), [frame.time[0], frame.time.at(-1)]);
      }
      told();
    }
    function told() {
      const f = newest, words = [];
      if (f.ready) {
        if (look.follow && whole) title.textContent = `${whole.name}, run ${f.run}: ${count(f.samples)} samples.${whole.source ? ` Laws ${whole.source}.` : ""}`;
        words.push(`${look.follow ? "Following" : "Growing"}: run ${f.run}, ${count(f.samples)} samples`);
        if (f.learning) words.push(`the noise is being learned, ${f.learning} samples more`);
      }
      if (f.words) words.push(f.words);
      for (const w of f.left_out ?? []) words.push(w);
      state.textContent = words.join(". ");
      follow.setAttribute("aria-pressed", String(look.follow));
    }
    function ring({ name, run, since }) {
      alarm.hidden = false;
      alarm.replaceChildren(h("span", { "aria-hidden": "true" }, "⚑ "), h("b", {}, name), ` no longer holds in run ${run}: it broke at ${measured(since, newest.time_words.units, 6)}. `,
        h("button", { type: "button", onclick: () => { alarm.hidden = true; } }, "Dismiss"));
    }
    function followEnd() {
      if (!newest) return;
      look.follow = !look.follow;
      keep();
      if (look.follow && newest.ready) { scene = newest; curves.zoom = null; draw(); list(); } else load();
      told();
    }

    // ---------------------------------------------------------------- controls

    const press = (words, title, onclick) => h("button", { type: "button", title, onclick }, words);
    const runs = choice({ words: "run", options: [], value: "", onchange: (v) => choose(Number(v)) });
    const sources = choice({ words: "laws", options: [], value: "", onchange: (v) => { look.laws = v; look.shown = null; keep(); load(); } });
    const kinds = choice({
      words: "shown as", options: [["departure", "departure / start"], ["spread", "departure / spread"], ["value", "values"]], value: look.value,
      onchange: (v) => { look.value = v; keep(); draw(); },
    });
    const closer = press("Fit the line", "scale to the line, not to the band", () => { look.close = !look.close; keep(); pressed(); draw(); });
    const onward = press("Next break", "to where a law breaks next", () => nextBreak());
    const follow = press("Follow the end", "show the newest samples as they come", () => followEnd());
    const windows = choice({ words: "last", options: [["200", "200 samples"], ["500", "500 samples"], ["2000", "2 000 samples"], ["10000", "10 000 samples"], ["100000", "100 000 samples"]], value: "2000", onchange: (v) => line.order("window", { samples: Number(v) }) });
    const state = h("p"), judged = h("p.soft"), facts = h("dl.facts");
    live.append(h("span.alive", { "aria-hidden": "true" }), state, follow, windows.element);

    function fill(pick, options, value) {
      pick.select.replaceChildren(...options.map(([v, words]) => h("option", { value: v }, words)));
      pick.value = value;
    }
    function pressed() {
      closer.setAttribute("aria-pressed", String(look.close));
      kinds.value = look.value;
      closer.hidden = onward.hidden = legend.hidden = !whole.quantities.some(judging);
    }
    const key = (name, words) => h("span.key", {}, h(`i.${name}`, { "aria-hidden": "true" }), words);
    const legend = h("p.row.legend.soft", {}, key("slack", "slack: a departure that counts as none"), key("noise", "noise: three standard deviations more"), key("broken", "the law is broken"));

    root.append(
      h("div.head", {}, h("h2", {}, "Energy monitor"), title, notes), trouble, alarm, live, empty,
      h("section.panel.all", { "aria-label": "all runs" }, h("div.row.head-row", {}, h("h3", {}, "All runs"), judged), grid),
      h("div.body", {},
        h("section.panel.main", { "aria-label": "along the run" },
          h("div.row.bar", {}, runs.element, kinds.element, sources.element, closer, onward, zoomButtons(curves, "zoom along time")),
          along, legend, at),
        h("div.side", {}, h("div.panel.which", {}, h("h3", {}, "Fixed in this run"), facts), cards)),
      toolbar({
        line: { ask: (name) => line.ask(name, { run: whole?.run ?? 0, ...(look.laws ? { laws: look.laws } : {}) }) }, name: "energy", theme,
        canvases: () => [...(grid.parentElement.hidden ? [] : [table.paint()]), curves.paint()], data: () => scene, links: model.get("links") ?? [],
      }));
    root.inert = true; // until there is something to show
    el.append(root);

    const other = (by) => { if (whole) choose(((model.get("run") ?? 0) + by + whole.runs.length) % whole.runs.length); };
    const unbind = bound(el, {
      ArrowLeft: () => step(-1), ArrowRight: () => step(1), Home: () => step(-1e12), End: () => step(1e12), ArrowUp: () => other(-1), ArrowDown: () => other(1),
      n: () => { const run = whole ? table.next(whole.run) : -1; if (run >= 0) choose(run); else say("every law holds in every run"); },
      j: () => { if (scene) nextBreak(); }, l: () => followEnd(), z: () => curves.whole(),
      v: () => { if (!scene) return; look.value = look.value === "value" ? "departure" : "value"; keep(); pressed(); draw(); say(look.value === "value" ? "values" : "departures"); },
      b: () => { if (scene) { look.close = !look.close; keep(); pressed(); draw(); } },
      "+": () => curves.nearer(2), "=": () => curves.nearer(2), "-": () => curves.nearer(0.5),
    });
    const onrun = () => { const t = next; next = null; if (whole && (model.get("run") ?? 0) !== whole.run) load(model.get("run") ?? 0, t); };
    const oncursor = () => {
      const wanted = model.get("cursor");
      if (!scene || scene.live || wanted == null || wanted === sample) return;
      point(nearestTime(scene.sample, wanted), false);
    };
    model.on("change:run", onrun);
    model.on("change:cursor", oncursor);
    load();
    return () => {
      over = true;
      model.off("change:run", onrun);
      model.off("change:cursor", oncursor);
      unbind();
      for (const part of [curves, table, line, theme]) part.close();
      el.replaceChildren();
    };
  },
};
