// A form from a description: fields with types, ranges, defaults and words of help.

import { h } from "../lib/dom.js";

let count = 0;
const capital = (words) => words && words[0].toUpperCase() + words.slice(1);
const shownDefault = (value) => (Array.isArray(value) ? value.join(" ") : String(value));

/** A control for a field, with its label, its help, and how to read it. */
export function field(spec, { given, runs = [] } = {}) {
  const id = `field-${++count}`;
  const control = made(spec, id, given ?? spec.value, runs);
  const help = spec.help && h("p.help", { id: `${id}-help` }, spec.help);
  if (help) control.setAttribute("aria-describedby", help.id);
  const words = capital(spec.label ?? spec.name.replaceAll("_", " "));
  const label = h("label", { htmlFor: id }, words, spec.required && h("span.soft", {}, " – needed"));
  const tick = spec.type === "boolean";
  return {
    spec,
    element: h(`div.form-field${tick ? ".tick" : ""}`, {}, tick ? [control, label] : [label, control], help, control.beside),
    /** What was given; undefined where it is left to the command. */
    get value() { return read(spec, control); },
    focus() { control.focus(); },
    complain(words_) {
      control.setAttribute("aria-invalid", words_ ? "true" : "false");
    },
  };
}

function made(spec, id, given, runs) {
  const start = given ?? null;
  const attributes = { id, name: spec.name, required: Boolean(spec.required) };
  if (spec.type === "boolean") return h("input", { ...attributes, required: false, type: "checkbox", checked: Boolean(start ?? spec.default) });
  if (spec.type === "choice") return choice(spec, attributes, start);
  if (spec.type === "run" && !spec.free) {
    const fitting = runs.filter((run) => !spec.kinds?.length || spec.kinds.includes(run.kind));
    return choice({ ...spec, choices: fitting.map((run) => [run.id, run.name]) }, attributes, start);
  }
  if (spec.type === "integer" || spec.type === "number") {
    return h("input", {
      ...attributes, type: "number", inputMode: spec.type === "integer" ? "numeric" : "decimal", step: spec.type === "integer" ? 1 : "any",
      ...(spec.low != null ? { min: spec.low } : {}), ...(spec.high != null ? { max: spec.high } : {}),
      value: start ?? "", placeholder: hint(spec),
    });
  }
  const input = h("input", {
    ...attributes, type: "text", value: start == null ? "" : shownDefault(start), placeholder: hint(spec),
    autocomplete: "off", spellcheck: false,
  });
  const fitting = spec.type === "run" ? runs.filter((run) => !spec.kinds?.length || spec.kinds.includes(run.kind)) : [];
  const offers = [...(spec.choices ?? []), ...fitting.map((run) => [run.id, run.name])];
  if (offers.length) {
    const offer = (o) => (Array.isArray(o) ? h("option", { value: o[0] }, o[1]) : h("option", { value: o }));
    const list = h("datalist", { id: `${id}-list` }, offers.map(offer));
    input.setAttribute("list", list.id);
    input.beside = list;
  }
  return input;
}

const hint = (spec) => {
  if (spec.default != null && spec.default !== "" && !(Array.isArray(spec.default) && !spec.default.length)) return shownDefault(spec.default);
  return spec.example ? `such as ${shownDefault(spec.example)}` : "";
};

function choice(spec, attributes, start) {
  const options = (spec.choices ?? []).map((o) => (Array.isArray(o) ? o : [o, String(o)]));
  const chosen = start ?? spec.default;
  const none = !spec.required || (chosen == null && options.length !== 1);
  const select = h("select", attributes,
    none && h("option", { value: "" }, spec.required ? "choose …" : spec.default == null ? "as it fits" : `${spec.default} (as usual)`),
    options.filter(([value]) => !(none && !spec.required && value === spec.default)).map(([value, words]) => h("option", { value }, words)));
  const wanted = start ?? (spec.required ? spec.default : null);
  if (wanted != null && options.some(([value]) => String(value) === String(wanted))) select.value = wanted;
  return select;
}

function read(spec, control) {
  if (spec.type === "boolean") return control.checked === Boolean(spec.default) ? undefined : control.checked;
  const text = control.value.trim();
  if (text === "") return undefined;
  if (spec.type === "integer" || spec.type === "number") return Number(text);
  // Words stay one text: the command parts them as it does at a prompt.
  return text;
}
