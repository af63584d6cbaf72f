// The line where a map crosses a level, by marching squares (Lorensen and Cline's idea in two
// dimensions; crossings are placed linearly along the sides of a cell).

/**
 * Segments x0 y0 x1 y1 … of the line, in cells: the middle of the first cell is (0, 0), y upward.
 * @param values  rows upward, side × side
 * @param at  at(k): the number of cell k less the level
 */
export function isoline(side, at) {
  const lines = [];
  for (let row = 0; row + 1 < side; row++) {
    for (let c = 0; c + 1 < side; c++) {
      const k = row * side + c;
      const a = at(k), b = at(k + 1), d = at(k + side), e = at(k + side + 1);
      const which = (a > 0) | ((b > 0) << 1) | ((e > 0) << 2) | ((d > 0) << 3);
      if (which === 0 || which === 15 || !(a === a && b === b && d === d && e === e)) continue;
      cell(lines, which, c, row, a, b, d, e);
    }
  }
  return lines;
}

const crossing = (p, q) => p / (p - q);

function cell(lines, which, c, row, a, b, d, e) {
  const low = () => [c + crossing(a, b), row], high = () => [c + crossing(d, e), row + 1];
  const left = () => [c, row + crossing(a, d)], right = () => [c + 1, row + crossing(b, e)];
  const put = (p, q) => lines.push(...p, ...q);
  const code = which > 7 ? 15 - which : which;
  if (code === 1) put(low(), left());
  else if (code === 2) put(low(), right());
  else if (code === 3) put(left(), right());
  else if (code === 4) put(high(), right());
  else if (code === 6) put(low(), high());
  else if (code === 7) put(left(), high());
  else {
    // A saddle: the middle of the cell says which corners belong together.
    const joined = a + b + d + e > 0 === (which === 5);
    if (joined) { put(low(), right()); put(left(), high()); } else { put(low(), left()); put(high(), right()); }
  }
}
