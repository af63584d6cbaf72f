// Formulas set by KaTeX. What it cannot set is shown as the text that it is.

import "../vendor/katex/katex.min.js";
import { h } from "./dom.js";

const LONGEST = 4000; // characters that are still set
// Nothing of a formula is trusted: no links, classes or pictures of its own. A macro that
// calls itself ends after a few hundred steps, and no rule is larger than a screen.
const SETTINGS = {
  trust: false, throwOnError: true, strict: "ignore", output: "htmlAndMathml", maxExpand: 300, maxSize: 5,
};

/**
 * A formula.
 * @param latex  as a file has it, perhaps by somebody else; "" where there is none
 * @param text  what is shown where LaTeX cannot be set
 * @param block  on a line of its own, which scrolls where it is too long
 * @param head  LaTeX of our own to stand before it: "H ="
 */
export function formula(latex, text, { block = false, head = "" } = {}) {
  const holder = h(block ? "div.formula" : "span.formula");
  const whole = String(latex ?? "").slice(0, LONGEST + 1);
  const set = whole && whole.length <= LONGEST && typeset(holder, head + whole, block);
  if (!set) holder.replaceChildren(h("code", {}, String(text ?? "")));
  if (block) {
    // A line that scrolls must be reachable by keyboard.
    holder.tabIndex = 0;
    holder.setAttribute("role", "group");
    holder.setAttribute("aria-label", "formula");
  }
  return holder;
}

function typeset(holder, latex, displayMode) {
  const part = h("span");
  try {
    // KaTeX's own words for an error would come with an inline style, which the page forbids:
    // it throws instead, and the text stands in.
    globalThis.katex.render(latex, part, { ...SETTINGS, displayMode });
  } catch {
    return false;
  }
  holder.replaceChildren(part);
  return true;
}

/** A name such as c_1 or GM, its index set low. */
export function symbol(name) {
  const [stem, ...rest] = String(name).split("_");
  return h("var.symbol", {}, stem, rest.length > 0 && h("sub", {}, rest.join("_")));
}
