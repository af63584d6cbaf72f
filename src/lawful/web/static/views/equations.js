// The equations of a run: laws with what they are worth, leaks, and fronts of formulas.
//
// What is chosen is drawn along a run, and is the `equation` of all views of the same data.

import { alongRun } from "../lib/alongrun.js";
import { connect } from "../lib/connect.js";
import { choice, h, speaker } from "../lib/dom.js";
import { front as logPlot } from "../lib/front.js";
import { formula } from "../lib/formula.js";
import { number } from "../lib/format.js";
import { keys as bound } from "../lib/keys.js";
import { badge, lawCard, scored, worth } from "../lib/lawcard.js";
import { themed } from "../lib/theme.js";
import { copied, toolbar } from "../lib/toolbar.js";

export const keys = [
  ["J K", "next, previous equation"], ["← →", "along the front"], ["M", "magnify the difference"],
  ["X", "copy LaTeX"], ["P", "copy Python"], ["[ ]", "previous, next run"],
];

export default {
  render({ model, el }) {
    let scene = null, lines = null, every = [], chosen = null, over = false, asked = 0, showing = 0;
    let cards = [], fronts = [], plots = [];
    const theme = themed(el, model, () => { for (const p of plots) p.redraw(); along.rebuild(); });
    const line = connect(model);
    const say = speaker(el);
    const look = { target: "", magnified: false, ...(model.get("look") ?? {}) };
    const keep = () => { model.set("look", { ...look }); model.save_changes(); };

    const root = h("div.equations-view"), head = h("div.head"), answer = h("div.answer"), list = h("div.list");
    const picked = h("div.picked"), runNote = h("p.soft.run-note", { hidden: true });
    const runs = choice({ words: "along run", options: [], value: "", onchange: (v) => turn(Number(v)) });
    const magnify = h("button", { type: "button", onclick: () => magnified(!along.magnified) }, "Magnify");
    const panel = h("section.panel.beside", { "aria-label": "the chosen equation" }, picked);
    const drawn = h("div.drawn", {}, h("div.row.above", {}, runs.element, magnify));
    panel.append(drawn, runNote);
    panel.hidden = true;
    root.classList.add("alone");
    head.append(h("p.soft", { role: "status" }, "Reading what was found …"));
    root.append(head, h("div.body", {}, h("div.main", {}, answer, list), panel));
    el.append(root);
    const along = alongRun(drawn, theme, { oncursor: hovered });
    along.magnified = Boolean(look.magnified);

    // ------------------------------------------------------------------ what there is

    /** Every equation of the page, each once: {expression, name, latex, …, from}. */
    function gathered() {
      const found = new Map();
      const add = (one, name, from, more = {}) => { if (!found.has(one.expression)) found.set(one.expression, { ...one, name, from, ...more }); };
      for (const law of [...scene.laws, ...scene.leaks]) add(law, law.name, "law");
      scene.fronts.forEach((f, k) => {
        add(f.final, plain(f.target), "final", { front: k });
        f.formulas.forEach((one) => add(one, `formula for ${plain(f.target)}`, "front", { front: k }));
      });
      return [...found.values()];
    }

    function show() {
      every = gathered();
      for (const p of plots) p.close();
      [plots, fronts, cards] = [[], [], []];
      head.replaceChildren(h("h2", {}, scene.verdict), h("p.soft", {}, [scene.seen, scene.laws.length > 0 && scene.searched && `searched: ${scene.searched}`].filter(Boolean).join("; ")),
        ...scene.warnings.map((w) => h("p.warning", {}, h("b", {}, "Note "), w)));
      answer.replaceChildren();
      list.replaceChildren();
      if (!scene.laws.length) nothing();
      scene.fronts.forEach(frontOf);
      if (scene.laws.length) list.append(h("h2", {}, scene.laws.length === 1 ? "The law" : "Laws"), ...scene.laws.map(card));
      if (scene.leaks.length) list.append(h("h2", {}, "What leaks"), h("p.soft", {}, "Quantities that would stay the same but for a source that was found too."), ...scene.leaks.map(card));
      if (scene.identities.length) list.append(h("section.panel", {}, h("h3", {}, "Identities"), h("p.soft", {}, "True in every sample of every run; they say nothing of the motion."), scene.identities.map((i) => formula(i.latex, i.expression, { block: true }))));
      if (scene.spectrum.within_total.length > 1) list.append(spectrum());
      if (scene.notes.length) list.append(h("details.how-read", {}, h("summary", {}, "How the data were read"), scene.notes.map((n) => h("p.soft", {}, n))));
      filledRuns();
      panel.hidden = !every.length;
      root.classList.toggle("alone", !every.length);
      const wanted = model.get("equation");
      choose(every.find((e) => e.expression === wanted || e.name === wanted) ?? every[0] ?? null, { tell: false });
      if (scene.runs.length && (model.get("run") ?? 0) !== scene.run) turn(model.get("run") ?? 0, false);
    }

    const card = (law) => {
      const made = lawCard(law, () => choose(every.find((e) => e.expression === law.expression)));
      cards.push(made);
      return made.element;
    };

    /** "No law here" is an answer: what was searched, and how far the best of it is from one. */
    function nothing() {
      const least = Math.min(...scene.spectrum.within_total, Infinity);
      answer.append(h("section.panel.none", {},
        h("p.sign", { "aria-hidden": "true" }, "∅"),
        h("div", {}, h("h3", {}, "No law here"),
          h("p", {}, scene.method === "physicsnet"
            ? "Nothing that the network learned holds on runs it never saw, so no formula was sought for it."
            : "No combination of the terms that were searched stays the same along runs held out. That is an answer: it holds for this library, and for no other."),
          scene.searched && h("p.soft", {}, `Searched: ${scene.searched}.`),
          Number.isFinite(least) && h("p.soft", {}, `The steadiest combination has λ = ${number(least, 3)}: that share of its variance lies within runs. A law has nearly 0.`),
          scene.leaks.length > 0 && h("p.soft", {}, "What follows changes by a known source."))));
    }

    function frontOf(f, k) {
      const section = h("section.panel.front-of", {},
        h("h2", {}, `Formulas for ${plain(f.target)}`),
        h("p.soft", {}, [f.engine && `found by ${f.engine}`, f.columns && `fitted on ${f.columns}`, "none simpler is as accurate", "ringed is what the search chose"].filter(Boolean).join("; ")));
      // A score that is no number has no place on the plot.
      const placed = f.formulas.filter((one) => Number.isFinite(one.loss) && one.loss !== null && Number.isFinite(one.complexity));
      const made = { index: k, placed, plot: null };
      if (placed.length) {
        made.plot = logPlot(section, theme, {
          x: "complexity", y: "1 − R², held out; low is good", label: `Pareto front of formulas for ${plain(f.target)}`, height: 280,
          onchoose: (n) => choose(every.find((e) => e.expression === placed[n].expression)),
        });
        made.plot.set(placed.map((one) => ({
          x: one.complexity, y: one.loss, chosen: f.chosen !== null && f.formulas[f.chosen] === one,
          words: `complexity ${number(one.complexity)}, R² ${scored(one.r2)}: ${one.expression}`,
        })));
        plots.push(made.plot);
      } else section.append(h("p", {}, "No formula has a score."));
      const left = f.formulas.length - placed.length;
      if (left) section.append(h("p.soft", {}, `${left} without a score are not drawn.`));
      const final = h("button", { type: "button", onclick: () => choose(every.find((e) => e.expression === f.final.expression)) }, "Show it");
      section.append(h("div.final", {}, h("h3", {}, f.learned ? "Read off, its constants put right without the network" : "In the end"),
        formula(f.final.latex, f.final.expression, { block: true }), f.final.trouble && h("p.trouble", {}, f.final.trouble), h("p.soft", {}, worth(f).join("; ")),
        f.coefficients.length > 0 && h("p.soft", {}, f.coefficients.map((c) => `${c.term}: ${number(c.found, 6)} found, ${number(c.true, 6)} true`).join("; ")), final));
      fronts.push(made);
      list.append(section);
    }

    function spectrum() {
      const values = scene.spectrum.within_total, section = h("section.panel.spectrum", {}, h("h3", {}, "All that was looked at"),
        h("p.soft", {}, "λ of each independent combination of terms, the steadiest first. Laws lie low, apart from the rest."));
      const plot = logPlot(section, theme, { x: "rank", y: "λ", label: `λ of ${values.length} combinations, from ${number(values[0], 2)} to ${number(values.at(-1), 2)}`, height: 190, steps: false });
      plot.set(values.map((v, k) => ({ x: k + 1, y: v, words: "" })));
      plots.push(plot);
      return section;
    }

    // ------------------------------------------------------------------ the chosen one

    function choose(one, { tell = true } = {}) {
      if (!one) { chosen = null; along.show(null); return; }
      chosen = one;
      for (const c of cards) c.chosen = c.expression === one.expression;
      for (const f of fronts) if (f.plot) f.plot.at = f.placed.findIndex((p) => p.expression === one.expression);
      picked.replaceChildren(...pickedWords(one));
      draw();
      if (!tell) return;
      model.set("equation", one.expression);
      model.save_changes();
      say(`${one.name}: ${one.expression}`);
    }

    function pickedWords(one) {
      const tex = h("button", { type: "button", disabled: !one.latex, onclick: () => copied(one.latex, tex) }, "Copy LaTeX");
      const code = h("button", { type: "button", disabled: !one.python, onclick: () => copied(one.python, code) }, "Copy Python");
      [tex.dataset.copy, code.dataset.copy] = ["latex", "python"];
      const numbers = [one.complexity != null && `complexity ${number(one.complexity)}`, one.r2 != null && `R² ${scored(one.r2)}`, one.error != null && `root mean square error ${number(one.error, 3)}`].filter(Boolean);
      return [
        h("div.row.title", {}, h("h2", {}, one.name), one.grade ? badge(one) : ""),
        formula(one.shown || one.latex, one.expression, { block: true }),
        h("p.soft.numbers", {}, numbers.join(", ")),
        h("div.row", {}, tex, code),
      ];
    }

    function draw() {
      const own = lines?.lines.find((l) => l.expression === chosen?.expression);
      runNote.hidden = !scene?.away;
      runNote.textContent = scene?.away ? `Its values cannot be drawn: ${scene.away}` : "";
      drawn.hidden = Boolean(scene?.away);
      if (!own || own.row < 0) {
        along.show(null);
        along.say(own?.trouble ? `It cannot be evaluated here: ${own.trouble}` : chosen?.trouble ? "What is no formula has no value along a run." : "");
        return;
      }
      const n = lines.time.length, m = lines.levels.shape?.[1] ?? 0;
      const row = (array, wide) => Array.from(array.subarray(own.row * wide, (own.row + 1) * wide));
      const levels = row(lines.levels, m), known = levels.filter(Number.isFinite);
      const value = row(lines.value, n);
      along.show({
        name: chosen.name, units: chosen.units ?? "", against: against(own.against), time: lines.time, x: [scene.time_name, scene.time_units].filter(Boolean).join(", "),
        value, expected: row(lines.expected, n), levels, spread: deviation(known) || deviation(value.filter(Number.isFinite)) || 1,
      });
      follow();
    }

    const against = (word) => (word.startsWith("learned") ? `what the network learned (${word.slice(8) || "1"})` : word.includes(" ") ? word : `the true ${word}`);

    function magnified(on) {
      along.magnified = look.magnified = on;
      magnify.setAttribute("aria-pressed", String(on));
      keep();
      follow();
    }

    // ------------------------------------------------------------------ runs and moments

    function filledRuns() {
      runs.select.replaceChildren(...scene.runs.map((name, k) => h("option", { value: k }, name)));
      runs.value = String(scene.run);
    }

    async function turn(run, tell = true) {
      if (!scene || run < 0 || run >= scene.runs.length) return;
      const mine = ++asked;
      if (tell && model.get("run") !== run) {
        showing = run;
        model.set("run", run);
        model.save_changes();
      }
      try {
        const data = run === scene.run ? scene : await line.ask("scene", { run });
        if (over || mine !== asked) return;
        lines = data;
        showing = run;
        runs.value = String(run);
        draw();
      } catch (why) {
        if (over || mine !== asked) return;
        runs.value = String(lines.run);
        runNote.hidden = false;
        runNote.textContent = `Run ${scene.runs[run]} is not at hand (${why.message}); run ${scene.runs[lines.run]} is shown.`;
      }
    }

    function hovered(index) {
      // A pointer that leaves lets the mark stand, and so does a chart that is made anew.
      if (index == null) return;
      const sample = lines?.sample[index] ?? null;
      if (lines?.run !== (model.get("run") ?? 0) || sample === (model.get("cursor") ?? null)) return;
      model.set("cursor", sample);
      model.save_changes();
    }

    function follow() {
      const sample = model.get("cursor");
      if (!lines?.sample || sample == null || lines.run !== (model.get("run") ?? 0)) { along.cursor(-1); return; }
      let best = 0;
      lines.sample.forEach((s, k) => { if (Math.abs(s - sample) < Math.abs(lines.sample[best] - sample)) best = k; });
      along.cursor(best);
    }

    // ------------------------------------------------------------------ together

    const step = (by) => {
      if (!every.length) return;
      const k = every.indexOf(chosen);
      choose(every[(k + by + every.length) % every.length]);
      (cards.find((c) => c.expression === chosen.expression)?.element)?.scrollIntoView({ block: "nearest" });
    };
    const press = (name) => panel.querySelector(`button[data-copy="${name}"]`)?.click();
    const slide = (by) => fronts.find((f) => f.plot && (f.index === chosen?.front || fronts.length === 1))?.plot.step(by);
    const unbind = bound(el, {
      j: () => step(1), k: () => step(-1), m: () => magnified(!along.magnified), x: () => press("latex"), p: () => press("python"),
      ArrowLeft: () => slide(-1), ArrowRight: () => slide(1),
      "[": () => turn(showing - 1), "]": () => turn(showing + 1),
    });
    root.append(h("div.bottom", {}, toolbar({
      line, name: "equations", theme, data: () => ({ ...scene, ...lines }), links: model.get("links") ?? [],
      canvases: () => [title(chosen, theme), ...plots.map((p) => p.canvas), ...along.canvases],
    })));
    magnify.setAttribute("aria-pressed", String(along.magnified));

    const onrun = () => { if (scene && (model.get("run") ?? 0) !== showing) turn(model.get("run") ?? 0, false); };
    const onequation = () => {
      const wanted = model.get("equation"), one = every.find((e) => e.expression === wanted || e.name === wanted);
      if (one && one !== chosen) choose(one, { tell: false });
    };
    model.on("change:run", onrun);
    model.on("change:cursor", follow);
    model.on("change:equation", onequation);
    line.ask("scene").then((given) => {
      if (over) return;
      scene = lines = given;
      showing = given.run;
      show();
    }, (why) => {
      if (!over) head.replaceChildren(h("div.trouble", { role: "alert" }, why.message));
    });

    return () => {
      over = true;
      model.off("change:run", onrun);
      model.off("change:cursor", follow);
      model.off("change:equation", onequation);
      unbind();
      for (const p of plots) p.close();
      along.close();
      line.close();
      theme.close();
      el.replaceChildren();
    };
  },
};

const plain = (target) => (target.startsWith("learned") ? `learned quantity ${target.slice(8)}`.trim() : `the ${target.replaceAll("_", " ")}`);

function deviation(values) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.length > 1 ? Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length) : 0;
}

/** The chosen equation as a line of text, for the picture that is saved. */
function title(one, theme) {
  const sheet = h("canvas", { width: 1400, height: one ? 76 : 1 }), context = sheet.getContext("2d");
  if (!one) return sheet;
  context.fillStyle = theme.colours.ink;
  context.font = `600 26px ${theme.colours.font}`;
  context.fillText(one.name, 24, 32);
  context.font = "20px ui-monospace, monospace";
  context.fillText(one.expression.slice(0, 110), 24, 62);
  return sheet;
}
