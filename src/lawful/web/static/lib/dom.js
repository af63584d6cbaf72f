// Elements in one line: h("button.primary", { onclick }, "Play").

const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && !(element instanceof SVGElement)) element[name] = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

/** An HTML element: a tag with classes, attributes, properties or listeners, children. */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  return filled(element, attributes, children);
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElementNS(SVG, name);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  return filled(element, attributes, children);
}

let count = 0;
/** A label around a control, with its value in words beside it. */
export function labelled(words, control, value = null) {
  control.id ||= `lawful-${++count}`;
  return h("div.field", {}, h("label", { htmlFor: control.id }, words), control, value);
}

/** A slider over a range; `log` moves along the logarithm. Reads and writes real values. */
export function slider({ low, high, value, step = null, log = false, words, shown = String, oninput }) {
  const to = (x) => (log ? Math.log10(x) : x);
  const from = (s) => (log ? 10 ** s : s);
  const input = h("input", {
    type: "range", min: to(low), max: to(high), step: step ?? (to(high) - to(low)) / 400 , value: to(value),
  });
  const output = h("output.value", {}, shown(value));
  const say = (x) => {
    output.textContent = shown(x);
    input.setAttribute("aria-valuetext", shown(x));
  };
  input.addEventListener("input", () => {
    const x = from(Number(input.value));
    say(x);
    oninput?.(x);
  });
  say(value);
  return {
    element: labelled(words, input, output),
    input,
    get value() { return from(Number(input.value)); },
    set value(x) { input.value = to(x); say(x); },
    set high(x) { input.max = to(x); },
  };
}

/** A choice among words. */
export function choice({ words, options, value, onchange }) {
  const select = h("select", {}, options.map((o) => {
    const [name, shown] = Array.isArray(o) ? o : [o, o];
    return h("option", { value: name, selected: name === value }, shown);
  }));
  select.addEventListener("change", () => onchange?.(select.value));
  return { element: labelled(words, select), select, get value() { return select.value; }, set value(v) { select.value = v; } };
}

/** Words that a screen reader says when they change, at most one a second. */
export function speaker(root) {
  const region = h("div.unseen", { "aria-live": "polite", role: "status" });
  root.append(region);
  let timer = 0, next = "";
  return (words) => {
    next = words;
    timer ||= setTimeout(() => { timer = 0; region.textContent = next; }, 1000);
  };
}

/** Whether the reader asked for less motion. */
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
