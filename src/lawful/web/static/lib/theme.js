// The colours of a view, from the custom properties of theme.css, dark or light.

const NAMES = ["paper", "panel", "ink", "soft", "hair", "accent", "positive", "negative", "c0", "c1", "c2", "c3", "c4", "c5"];

/** Make `el` the root of a view; `changed` is called when the theme changes. */
export function themed(el, model, changed = () => {}) {
  el.classList.add("lawful");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let colours = {};
  const apply = () => {
    const asked = model.get("theme") || "auto";
    el.dataset.theme = asked === "auto" ? (dark.matches ? "dark" : "light") : asked;
    const style = getComputedStyle(el);
    colours = Object.fromEntries(NAMES.map((n) => [n, style.getPropertyValue(`--${n}`).trim()]));
    colours.palette = [0, 1, 2, 3, 4, 5].map((k) => colours[`c${k}`]);
    colours.dark = el.dataset.theme === "dark";
    colours.font = style.fontFamily;
  };
  const again = () => { apply(); changed(colours); };
  apply();
  model.on("change:theme", again);
  dark.addEventListener("change", again);
  return {
    get colours() { return colours; },
    close() { model.off("change:theme", again); dark.removeEventListener("change", again); },
  };
}

const parsed = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));

/** A mixture of two `#rrggbb` colours as [r, g, b]. */
export function mixed(first, second, share) {
  const [a, b] = [parsed(first), parsed(second)];
  return a.map((x, k) => Math.round(x + (b[k] - x) * share));
}

/** 256 steps from `negative` over `middle` to `positive`, as a flat array of RGB. */
export function diverging(colours, middle = colours.panel) {
  const ramp = new Uint8ClampedArray(256 * 3);
  for (let k = 0; k < 256; k++) {
    const t = (k - 127.5) / 127.5;
    ramp.set(mixed(middle, t < 0 ? colours.negative : colours.positive, Math.abs(t)), 3 * k);
  }
  return ramp;
}
