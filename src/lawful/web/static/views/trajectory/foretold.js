// What a forecast looks like, and what it says at times that are not its own.

import { firstFrom } from "../../lib/strips.js";

const PENS = { physicsnet: { colour: "c1", dash: 1 }, held: { colour: "c3", dash: 3 }, integrator: { colour: "c2", dash: 2 } };

/** {colour, dash} of a method. */
export const pen = (method) => PENS[method] ?? PENS.physicsnet;

/**
 * A row of a forecast's table at other times, on the straight lines between its samples.
 * @param times  where it is asked for
 * @param said  the answer, with its own `time`
 * @param table  of the answer: rows as long as its time
 */
export function onto(times, said, table, row) {
  const n = said.time.length, values = table.subarray(row * n, (row + 1) * n);
  return Float64Array.from(times, (t) => {
    const k = firstFrom(said.time, t);
    if (k >= n || (k === 0 && t < said.time[0])) return NaN;
    if (k === 0 || said.time[k] === t) return values[k];
    return values[k - 1] + ((values[k] - values[k - 1]) * (t - said.time[k - 1])) / (said.time[k] - said.time[k - 1]);
  });
}
