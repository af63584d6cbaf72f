// Beside the stage: which run, what is fixed in it, values at the cursor, columns, forecasts.

import { choice, h } from "../../lib/dom.js";
import { number } from "../../lib/format.js";

const MOST = 12; // columns at once

/** A value with its unit. */
export const measured = (value, units, digits = 5) => `${number(value, digits)}${units ? ` ${units}` : ""}`;

/**
 * @param hear  {run(index), columns(names), method(name, on), forecast(prefix)}
 */
export function side(hear) {
  const runs = choice({ words: "run", options: [], value: "", onchange: (v) => hear.run(Number(v)) });
  const fixed = h("dl.facts"), now = h("p.now"), values = h("dl.facts.values");
  const methods = h("div.methods"), said = h("p.soft"), ask = h("button", { type: "button", onclick: () => hear.forecast() }, "Forecast this run");
  const forecast = h("section.panel.forecast", { hidden: true }, h("h3", {}, "True and predicted"), said, ask, methods);
  const list = h("div.columns"), cell = h("input", { type: "text", placeholder: "u[3]", "aria-label": "a cell of a field" });
  const add = h("button", { type: "button", onclick: () => { if (cell.value.trim()) hear.columns([...names, cell.value.trim()]); } }, "Add");
  const cells = h("div.row.cells", { hidden: true }, cell, add);
  const trouble = h("p.soft", { role: "status" });
  const choose = h("details.panel", {}, h("summary", {}, "Columns"), list, cells, trouble);
  let names = [];

  function parameters(all) {
    const row = ({ name, value, units }) => [h("dt", {}, name), h("dd", {}, h("span.value", {}, measured(value, units)))];
    const own = all.filter((p) => p.of === "this run"), shared = all.filter((p) => p.of !== "this run");
    fixed.replaceChildren(...own.flatMap(row), ...(shared.length && own.length ? [h("dt.soft.all", {}, "in all runs"), h("dd")] : []), ...shared.flatMap(row));
    fixed.hidden = !all.length;
  }

  function columns(scene) {
    names = scene.columns.map((c) => c.name);
    const box = (name, on) => {
      const input = h("input", { type: "checkbox", checked: on, disabled: !on && names.length >= MOST });
      input.addEventListener("change", () => hear.columns(input.checked ? [...names, name] : names.filter((n) => n !== name)));
      return h("label", {}, input, ` ${name}`);
    };
    const more = scene.others;
    list.replaceChildren(...names.map((n) => box(n, true)), ...more.columns.map((n) => box(n, false)));
    const fields = Object.entries(more.fields);
    cells.hidden = !fields.length;
    choose.hidden = names.length + more.columns.length < 2 && !fields.length;
    trouble.textContent = [
      names.length >= MOST ? `${MOST} columns at most; take one away to add another.` : "",
      more.more ? `${more.more} more columns are not listed.` : "",
      fields.map(([name, shape]) => `${name} is a field of ${shape.join(" × ")} cells: name one, such as ${name}[${shape.map(() => 0).join(",")}].`).join(" "),
    ].filter(Boolean).join(" ");
  }

  return {
    elements: [
      h("section.panel.which", {}, runs.element, fixed),
      h("section.panel", {}, h("h3", {}, "At the cursor"), now, values),
      forecast, choose,
    ],
    show(scene) {
      if (runs.select.options.length !== scene.runs.length) {
        runs.select.replaceChildren(...scene.runs.map((name, k) => h("option", { value: String(k) }, name)));
      }
      runs.value = String(scene.run);
      parameters(scene.parameters);
      columns(scene);
      const { there, why } = scene.forecast;
      forecast.hidden = !there && !why;
      ask.hidden = !there;
      said.textContent = why || "The network sees the first tenth of the run and predicts the rest.";
      methods.replaceChildren();
    },
    /** Values of the moment: [{name, text, said: [{mark, text}]}]. */
    at(moment, rows) {
      now.textContent = moment;
      values.replaceChildren(...rows.flatMap(({ name, text, said: others }) => [
        h("dt", {}, name), h("dd", {}, h("span.value", {}, text), others.map(({ words, text: t, colour }) => h(`span.value.said.${colour}`, { title: words }, t))),
      ]));
    },
    busy(words) { ask.disabled = true; said.textContent = words; },
    /** What forecasts there are: [{name, words, rms, left, colour, on}]. */
    forecasts(answer, every, unit) {
      ask.disabled = false;
      ask.hidden = true;
      said.textContent = `Seen: ${answer.seen} samples, until ${measured(answer.seen_until, unit)}; ${answer.part}.`;
      methods.replaceChildren(...every.map(({ name, words, rms, left, colour, on }) => {
        const input = h("input", { type: "checkbox", checked: on });
        input.addEventListener("change", () => hear.method(name, input.checked));
        return h("div.method", {}, h("label", {}, input, h(`span.key.${colour}`, { "aria-hidden": "true" }), ` ${words}`),
          h("p.soft", {}, `off by ${number(rms, 3)} of the spread (root mean square); `,
            left == null ? `never more than ${number(answer.far, 2)}` : `more than ${number(answer.far, 2)} from ${measured(left, unit)} on`));
      }));
    },
    refused(words) { ask.disabled = false; said.textContent = words; },
    said(words) { trouble.textContent = words; },
  };
}
