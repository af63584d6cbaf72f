// From low to high: a map of colours in which equal steps look equal.
//
// Between its anchors it goes straight through Oklab, and is then cut into 256 steps of equal
// length. Source: B. Ottosson, "A perceptual color space for image processing" (2020).

const ANCHORS = {
  // Neither end is lost in the paper.
  dark: ["#3a4fa8", "#2f86b0", "#4bb59a", "#a8dca0", "#f2f0d0"],
  light: ["#1d2b6b", "#176b96", "#1f9a8c", "#6fb25a", "#c9a227"],
};

const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const gamma = (v) => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);

function oklab(hex) {
  const [r, g, b] = [1, 3, 5].map((k) => linear(parseInt(hex.slice(k, k + 2), 16) / 255));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
  ];
}

function rgb([L, a, b]) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((v) => Math.round(255 * gamma(Math.min(Math.max(v, 0), 1))));
}

const mixedLab = (a, b, t) => a.map((v, k) => v + (b[k] - v) * t);
const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/** 256 steps from low to high, as a flat array of RGB; dark or light paper. */
export function shades(dark) {
  const anchors = ANCHORS[dark ? "dark" : "light"].map(oklab);
  const ways = anchors.slice(1).map((next, k) => apart(anchors[k], next));
  const whole = ways.reduce((sum, w) => sum + w, 0);
  const ramp = new Uint8ClampedArray(256 * 3);
  for (let k = 0; k < 256; k++) {
    let left = (k / 255) * whole, part = 0;
    while (part < ways.length - 1 && left > ways[part]) left -= ways[part++];
    ramp.set(rgb(mixedLab(anchors[part], anchors[part + 1], Math.min(left / ways[part], 1))), 3 * k);
  }
  return ramp;
}

/** One step of a ramp as CSS. */
export const css = (ramp, k) => `rgb(${ramp[3 * k]}, ${ramp[3 * k + 1]}, ${ramp[3 * k + 2]})`;
