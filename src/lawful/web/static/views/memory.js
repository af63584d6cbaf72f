// What methods remember, task after task: a matrix for each, side by side, as they grow.

import { connect } from "../lib/connect.js";
import { choice, h, speaker } from "../lib/dom.js";
import { count, number } from "../lib/format.js";
import { keys as listen } from "../lib/keys.js";
import { themed } from "../lib/theme.js";
import { toolbar } from "../lib/toolbar.js";
import { transport } from "../lib/transport.js";
import { curves as curvesOf } from "./memory/curves.js";
import { matrix } from "./memory/matrix.js";
import { methods } from "./memory/methods.js";
import { recall } from "./memory/recall.js";

export const keys = [
  ["Space", "play the tasks, one after another"], ["← →", "one task back or on"],
  ["[ ]", "another method on the left or on the right"],
];

const SIDES = ["left", "right"];

export default {
  render({ model, el }) {
    const theme = themed(el, model, () => { parts.forEach((part) => part.rebuild?.()); draw(); });
    const root = h("div.memory-view");
    el.append(root);
    const say = speaker(root);
    const line = connect(model, {});
    const look = model.get("look") ?? {};
    const parts = [], sides = [];
    let scene = null, bar = null, unlisten = () => {}, first = true;

    const keep = (given) => {
      model.set("look", { ...model.get("look"), ...given });
      model.save_changes();
    };
    line.ask("scene").then(build, (why) => root.append(h("p.trouble", { role: "alert" }, why.message)));

    function build(answer) {
      scene = answer;
      const names = scene.methods.map((m) => m.name);
      if (!names.length || !scene.tasks.length) { root.append(h("p.trouble", { role: "alert" }, "This run holds no method's numbers.")); return; }
      const [T, chosen] = [scene.tasks.length, pair(names)];
      bar = transport({ length: T, seconds: Math.max(T * 0.8, 3), onseek: draw, say: (k) => `after task ${k + 1} of ${T}` });
      bar.put(Number.isInteger(look.task) ? look.task - 1 : T - 1);
      SIDES.forEach((name, k) => sides.push(side(names, chosen[k], k)));
      const picked = () => sides.map((one) => names.indexOf(one.name));
      const curve = curvesOf(scene, theme, { picked, curve: look.curve, onchange: (v) => keep({ curve: v }), onmoment: hover });
      const all = methods(scene, theme, { picked, onpick: (m) => sides[0].choose(names[m]) });
      const seen = scene.images ? recall(scene, theme, { line, look, keep, say }) : null;
      parts.push(...[curve, all, seen].filter(Boolean));
      root.append(
        h("div.row.head", {}, h("h2", {}, scene.headline || scene.name), toolbar({
          line, name: `memory-${scene.name}`, theme, canvases: () => parts.flatMap((part) => part.canvases?.() ?? []),
          data: () => scene, links: model.get("links") ?? [],
        })),
        h("p.soft", {}, words()), bar.element,
        h("div.grid.pair", {}, sides.map((s) => s.element)),
        h("div.grid", {}, curve.element, all.kept), all.table, ...(seen ? [seen.element] : []),
        ...(scene.notes.length ? [h("details.panel", {}, h("summary", {}, "To keep in mind"), h("ul", {}, scene.notes.map((n) => h("li", {}, n))))] : []),
      );
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
      return SIDES.map((name, k) => (names.includes(look[name]) ? look[name] : [best, plain][k]));
    }

    function side(names, start, k) {
      const pick = choice({ words: k ? "beside it" : "method", options: names, value: start, onchange: (v) => one.choose(v) });
      const grid = matrix(scene.tasks, { after: true });
      const facts = h("p.soft");
      const one = {
        element: h("section.panel", { ariaLabel: k ? "second method" : "first method" }, pick.element, grid.element, facts),
        get name() { return pick.value; },
        get words() { return `${pick.value}, ${facts.textContent}`; },
        choose(name) { pick.value = name; keep({ [SIDES[k]]: name }); draw(); },
        next() { one.choose(names[(names.indexOf(pick.value) + 1) % names.length]); },
        draw(until) {
          const m = names.indexOf(pick.value);
          grid.draw({
            value: (i, j) => (i <= until ? entry(scene.means, m, i, j) : NaN), half: (i, j) => entry(scene.halves, m, i, j),
            now: until, caption: `accuracy of ${pick.value} on each task, in per cent, after each task`,
            said: (i, j) => `${pick.value} on task ${j + 1} after task ${i + 1}`, colours: theme.colours,
          });
          facts.textContent = `${score(scene.averages, m, until)} % on average over ${until + 1} task${until ? "s" : ""}`
            + (until ? `; ${score(scene.forgotten, m, until)} points forgotten` : "");
        },
      };
      return one;
    }

    function draw() {
      if (!bar || !sides.length) return;
      const until = bar.position;
      for (const part of [...sides, ...parts]) part.draw?.(until);
      say(`after task ${until + 1}: ${sides.map((s) => s.words).join("; ")}`);
      const last = scene.tasks.length - 1;
      if (!bar.playing && !first && (until !== last || (model.get("look") ?? {}).task)) keep({ task: until + 1 });
      first = false;
    }

    function hover(k) { if (k != null && !bar.playing && k !== bar.position) { bar.put(k); draw(); } }

    /** R[i, j] of a method, mean or half-width. */
    function entry(table, m, i, j) { const T = scene.tasks.length; return table[(m * T + i) * T + j]; }

    /** A mean with its interval, in points. */
    function score(table, m, i) {
      const T = scene.tasks.length, at = 2 * m * T + i;
      const [mean, half] = [table[at], table[at + T]];
      return `${number(100 * mean, 4)}${Number.isFinite(half) ? ` ± ${number(100 * half, 2)}` : ""}`;
    }

    function words() {
      const { data, scenario, train, test, side: pixels, seeds } = scene.about;
      const images = train ? `, ${count(train)} images of ${pixels} × ${pixels} to learn from, ${count(test ?? 0)} to test` : "";
      const drawn = seeds ? `; ${seeds} seed${seeds === 1 ? "" : "s"}` : "";
      return `${[data, scenario].filter(Boolean).join(", ")}: ${scene.tasks.length} tasks one after the other${images}${drawn}. What follows ± is half of a 95 % interval over the seeds.`;
    }

    return () => {
      unlisten();
      bar?.close();
      line.close();
      for (const part of parts) part.close?.();
      theme.close();
      root.remove();
    };
  },
};
