// What methods remember, task after task: a matrix for each, side by side, as they grow.

import { chart } from "../lib/chart.js";
import { connect } from "../lib/connect.js";
import { choice, h, speaker } from "../lib/dom.js";
import { count, number } from "../lib/format.js";
import { keys as listen } from "../lib/keys.js";
import { themed } from "../lib/theme.js";
import { toolbar } from "../lib/toolbar.js";
import { transport } from "../lib/transport.js";
import { gallery } from "./memory/gallery.js";
import { matrix } from "./memory/matrix.js";

export const keys = [
  ["Space", "play the tasks, one after another"], ["← →", "one task back or on"],
  ["[ ]", "another method on the left or on the right"],
];

export default {
  render({ model, el }) {
    const theme = themed(el, model, () => { curves?.rebuild(); draw(); });
    const root = h("div.memory-view");
    el.append(root);
    const say = speaker(root);
    const line = connect(model, {});
    const look = model.get("look") ?? {};
    let scene = null, curves = null, bar = null, left = null, right = null, unlisten = () => {};
    const sides = [];

    line.ask("scene").then(build, (why) => root.append(h("p.trouble", { role: "alert" }, why.message)));

    function build(answer) {
      scene = answer;
      const names = scene.methods.map((m) => m.name);
      if (!names.length) { root.append(h("p.trouble", {}, "This run holds no method's numbers.")); return; }
      bar = transport({ length: scene.tasks.length, seconds: Math.max(scene.tasks.length * 0.8, 3), onseek: () => draw(), say: (k) => `after task ${k + 1} of ${scene.tasks.length}` });
      bar.put(scene.tasks.length - 1);
      [left, right] = pair(names);
      for (const [k, first] of [left, right].entries()) sides.push(side(names, first, k));
      const charted = h("div.panel.chart-panel", {}, h("h3", {}, "Average accuracy over the tasks seen, after each task"));
      root.append(
        h("div.row.head", {}, h("h2", {}, scene.headline || scene.name), tools()),
        h("p.soft", {}, words()), bar.element,
        h("div.grid.pair", {}, sides.map((s) => s.element)), charted, table(), pictures(),
        scene.notes.length > 0 && h("details.panel", {}, h("summary", {}, "To keep in mind"), h("ul", {}, scene.notes.map((n) => h("li", {}, n)))),
      );
      curves = chart(charted, theme, {
        series: names.map((label, k) => ({ label, colour: k % 6, dash: Math.floor(k / 6) % 4 })),
        x: { label: "tasks learned", whole: true }, y: { label: "accuracy, %" }, height: 250, oncursor: hover,
        label: "average accuracy over the tasks seen, by method",
      });
      curves.set([scene.tasks.map((_, k) => k + 1), ...names.map((_, m) => scene.tasks.map((_, i) => 100 * mean(row(m, i))))]);
      unlisten = listen(el, {
        " ": () => bar.toggle(), ArrowLeft: () => bar.step(-1), ArrowRight: () => bar.step(1),
        "[": () => sides[0].next(), "]": () => sides[1].next(),
      });
      draw();
    }

    /** The two methods to begin with: those of the address, or the best and the plainest. */
    function pair(names) {
      const best = scene.methods.reduce((a, b) => ((b.average.mean ?? 0) > (a.average.mean ?? 0) ? b : a)).name;
      const plain = names.includes("naive") && best !== "naive" ? "naive" : names.find((n) => n !== best) ?? best;
      const [a, b] = [names.includes(look.left) ? look.left : best, names.includes(look.right) ? look.right : plain];
      return [a, b];
    }

    function side(names, first, k) {
      const pick = choice({ words: k ? "beside it" : "method", options: names, value: first, onchange: chosen });
      const grid = matrix(scene.tasks);
      const facts = h("p.soft");
      function chosen() {
        model.set("look", { ...model.get("look"), [k ? "right" : "left"]: pick.value });
        model.save_changes();
        draw();
      }
      return {
        element: h("section.panel", { "aria-label": k ? "second method" : "first method" }, pick.element, grid.element, facts),
        next() { pick.value = names[(names.indexOf(pick.value) + 1) % names.length]; chosen(); },
        draw(until) {
          const m = names.indexOf(pick.value);
          grid.draw(m, (i, j) => cell(m, i, j), until, pick.value, theme.colours);
          facts.textContent = `${number(100 * mean(row(m, until)), 4)} % on average over ${until + 1} task${until ? "s" : ""}; ${number(100 * forgotten(m, until), 3)} points forgotten`;
        },
      };
    }

    function draw() {
      if (!scene || !bar) return;
      for (const one of sides) one.draw(bar.position);
      say(`after task ${bar.position + 1}: ` + sides.map((s) => s.element.querySelector("select").value + " " + s.element.querySelector("p").textContent).join("; "));
    }

    function hover(k) { if (k != null && !bar.playing && k !== bar.position) { bar.put(k); draw(); } }

    // ---------------------------------------------------------------- numbers
    const seeds = () => scene.matrices.shape[1];
    const tasks = () => scene.tasks.length;
    /** The mean over seeds of R[i, j] of a method; NaN where nothing was asked. */
    function cell(m, i, j) {
      const T = tasks();
      const found = [];
      for (let s = 0; s < seeds(); s++) {
        const v = scene.matrices[((m * seeds() + s) * T + i) * T + j];
        if (!Number.isNaN(v)) found.push(v);
      }
      return mean(found);
    }
    function row(m, i) { return scene.tasks.slice(0, i + 1).map((_, j) => cell(m, i, j)); }
    /** How far each task has fallen below its best, on average over the earlier tasks. */
    function forgotten(m, i) {
      if (!i) return 0;
      const falls = scene.tasks.slice(0, i).map((_, j) => Math.max(...scene.tasks.slice(j, i).map((_, k) => cell(m, j + k, j))) - cell(m, i, j));
      return mean(falls);
    }

    // ---------------------------------------------------------------- around it
    function words() {
      const { data, scenario, train, test, side: pixels, seeds: drawn } = scene.about;
      return `${data}, ${scenario}: ${scene.tasks.length} tasks one after the other, ${count(train ?? 0)} images of ${pixels} × ${pixels} to learn from, ${count(test ?? 0)} to test; ${drawn} seed${drawn === 1 ? "" : "s"}.`;
    }
    function tools() {
      return toolbar({ line, name: `memory-${scene.name}`, theme, canvases: () => [curves.canvas], data: () => scene, links: model.get("links") ?? [] });
    }
    function table() {
      const heads = ["method", "accuracy, %", "forgotten, points", "numbers kept", "a task", "images stored"];
      const spread = ({ mean: m, half }) => (m == null ? "–" : half ? `${number(100 * m, 4)} ± ${number(100 * half, 2)}` : number(100 * m, 4));
      const sorted = [...scene.methods].sort((a, b) => (b.average.mean ?? 0) - (a.average.mean ?? 0));
      return h("div.panel.scroll", { tabIndex: 0, role: "region", "aria-label": "all methods" },
        h("table", {}, h("caption.unseen", {}, "all methods at the end"),
          h("thead", {}, h("tr", {}, heads.map((w, k) => h(k ? "th.number" : "th", { scope: "col" }, w)))),
          h("tbody", {}, sorted.map((m) => h("tr", {}, h("th", { scope: "row" }, m.name), h("td.number", {}, spread(m.average)), h("td.number", {}, spread(m.forgetting)),
            h("td.number", {}, count(m.parameters ?? 0)), h("td.number", {}, m.per_task ? count(m.per_task) : "–"), h("td.number", {}, m.stored ? count(m.stored) : "–"))))));
    }
    function pictures() { return scene.images ? gallery(scene, theme) : null; }

    return () => { unlisten(); bar?.close(); line.close(); curves?.close(); theme.close(); root.remove(); };
  },
};

function mean(values) {
  const held = values.filter((v) => v != null && !Number.isNaN(v));
  return held.length ? held.reduce((a, b) => a + b, 0) / held.length : NaN;
}
