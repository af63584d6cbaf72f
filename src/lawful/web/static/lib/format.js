// Numbers as a reader of physics writes them: −0.0123, 1.2×10⁻⁵.

const UP = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** A number with so many significant digits. */
export function number(x, digits = 4) {
  if (x == null || Number.isNaN(x)) return "–";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (x === 0) return "0";
  const size = Math.abs(x);
  if (size >= 1e-3 && size < 10 ** Math.max(digits + 1, 5)) {
    return String(Number(x.toPrecision(digits))).replace("-", "−");
  }
  const [mantissa, power] = x.toExponential(digits - 1).split("e");
  const up = String(Number(power)).replace(/./g, (c) => UP[c]);
  return `${String(Number(mantissa)).replace("-", "−")}×10${up}`;
}

/** A count with thin spaces: 12 345. */
export const count = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, "\u2009");

/** A share in per cent. */
export const percent = (x, digits = 3) => `${number(100 * x, digits)} %`;

/** Seconds in words: 0.8 s, 3 min 20 s. */
export function seconds(s) {
  if (s < 60) return `${number(s, 2)} s`;
  return `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`;
}
