// A circle of colours of equal lightness and chroma in Oklab: for phases and other angles.
// Source: B. Ottosson, "A perceptual color space for image processing" (2020).

export const LIGHTNESS = 0.74;
export const CHROMA = 0.125;
const BLUE = 4.42; // where phase 0 is: blue, as positive is everywhere here

const linear = (L, a, b) => {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
};

const encoded = (x) => {
  const c = Math.min(Math.max(x, 0), 1);
  return Math.round(255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055));
};

/** 256 colours around the circle, flat RGB. */
export function circle(L = LIGHTNESS, C = CHROMA) {
  const ramp = new Uint8ClampedArray(256 * 3);
  for (let k = 0; k < 256; k++) {
    const hue = BLUE + (2 * Math.PI * k) / 256;
    ramp.set(linear(L, C * Math.cos(hue), C * Math.sin(hue)).map(encoded), 3 * k);
  }
  return ramp;
}

const TURN = 256 / (2 * Math.PI);
/** The colour's number of an angle in radians. */
export const shade = (angle) => Math.floor(angle * TURN + 512) & 255;
