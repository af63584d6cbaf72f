// A constant with what the data leave it: a whisker, its value, the rational it is taken as.

import { h, svg } from "./dom.js";
import { symbol } from "./formula.js";
import { number } from "./format.js";

const [WIDE, TALL, EDGE] = [150, 30, 10];
const ROOM = 92; // pixels that two ends need to be told apart

/** {name, value, low, high, exact, rational, units, text} as a row of a table. */
export function constantRow(c) {
  return h("tr", {},
    h("th", { scope: "row" }, symbol(c.name)),
    h("td", {}, c.text, c.units && h("span.soft", {}, ` ${c.units}`)), h("td", {}, whisker(c)),
    h("td", {}, c.exact ? h("span.exact", {}, h("span", { "aria-hidden": "true" }, "◆ "), c.exact.replace("-", "−")) : "–"));
}

/** The interval on a scale of its own. */
export function whisker({ name, value, low, high, exact, rational }) {
  const known = [value, low, high].every((v) => Number.isFinite(v) && v !== null);
  if (!known) return h("span.soft", {}, "no interval");
  // A rational is taken without its sign, which the formula has.
  const taken = rational == null ? null : value < 0 && rational > 0 ? -rational : rational;
  const all = [value, low, high, ...(taken == null ? [] : [taken])];
  let [least, most] = [Math.min(...all), Math.max(...all)];
  if (!(most > least)) [least, most] = [least - 1, most + 1];
  const to = (v) => EDGE + ((v - least) / (most - least)) * (WIDE - 2 * EDGE);
  const y = 12, words = `${name}: from ${number(low, 7)} to ${number(high, 7)}${exact ? `, taken as ${exact}` : ""}`;
  const x = to(taken ?? value);
  return svg("svg.whisker", { viewBox: `0 0 ${WIDE} ${TALL}`, width: WIDE, height: TALL, role: "img", "aria-label": words },
    svg("title", {}, words),
    svg("line.reach", { x1: to(low), x2: to(high), y1: y, y2: y }),
    svg("line.reach", { x1: to(low), x2: to(low), y1: y - 5, y2: y + 5 }),
    svg("line.reach", { x1: to(high), x2: to(high), y1: y - 5, y2: y + 5 }),
    taken == null ? null : svg("path.taken", { d: `M${x} ${y - 7}l5 7l-5 7l-5 -7z` }),
    svg("circle.value", { cx: to(value), cy: y, r: 3.2 }),
    ends(to, value, low, high));
}

/** How far the ends are from the value; one word for both where they are near. */
function ends(to, value, low, high) {
  const [left, right] = [to(low), to(high)];
  const text = (x, anchor, words) => svg("text.end", { x, y: TALL - 1, "text-anchor": anchor }, words);
  if (right - left >= ROOM) return svg("g", {}, text(left, "start", offset(low, value)), text(right, "end", offset(high, value)));
  const middle = Math.min(Math.max((left + right) / 2, 32), WIDE - 32);
  return text(middle, "middle", `± ${number((high - low) / 2, 1)}`);
}

/** How far an end is from the value, for ends that differ in the seventh digit only. */
function offset(end, value) {
  const off = end - value;
  if (off === 0) return "±0";
  return `${off > 0 ? "+" : "−"}${number(Math.abs(off), 1)}`;
}
