// What of a network stands in an address, and the orders that make it so.

const DIALS = ["rate", "momentum", "friction", "temperature", "mass"];
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** What is to be shared of the present moment. */
export function shared(net, { log }) {
  const { scene, frame } = net;
  const dials = Object.fromEntries(DIALS.filter((d) => frame[d] != null).map((d) => [d, frame[d]]));
  return {
    ...scene.look, seed: frame.seed, optimizer: frame.optimizer, ...dials,
    ...(frame.sample > 0 ? { sample: frame.sample } : {}),
    ...(frame.sample < 0 ? { input: frame.input.slice(0, 8) } : {}),
    ...(log ? { log: 1 } : {}),
    ...(scene.features.length > 2 && !same(scene.slice, [0, 1]) ? { slice: scene.slice } : {}),
  };
}

/**
 * The orders that turn what is there into what an address asks for. The server begins a new
 * session from the same address; where the session was there before, this does it.
 */
export function wishes(look, net) {
  const { scene, frame } = net, orders = [];
  const told = typeof look.dataset === "string" ? { name: look.dataset } : look.dataset;
  if (told?.name && Object.entries(told).some(([key, value]) => !same((key === "validation" ? scene.validation : scene.recipe[key]), value))) orders.push(["dataset", told]);
  const shape = {};
  if (look.layers && look.layers !== net.layers.join("-")) shape.layers = String(look.layers);
  const there = { activations: net.functions, initializations: scene.initializations, loss: scene.loss };
  for (const [key, held] of Object.entries(there)) if (look[key] && !same(look[key], held)) shape[key] = look[key];
  if (Object.keys(shape).length) orders.push(["architecture", shape]);
  if (look.optimizer && look.optimizer !== frame.optimizer) orders.push(["optimizer", { name: look.optimizer }]);
  for (const dial of DIALS) {
    const held = look.optimizer && look.optimizer !== frame.optimizer ? null : frame[dial];
    if (typeof look[dial] === "number" && look[dial] !== held) orders.push([dial, { value: look[dial] }]);
  }
  if (Array.isArray(look.slice)) orders.push(["slice", { i: look.slice[0], j: look.slice[1] }]);
  if (Array.isArray(look.input)) orders.push(["input", { values: look.input }]);
  else if (Number.isInteger(look.sample) && look.sample !== frame.sample) orders.push(["sample", { index: look.sample }]);
  return orders;
}
