// Many points at once: each a small disc written into the pixels of a sheet of its own.

/** How much of each pixel a disc covers, by offsets from its middle. */
function stamp(radius) {
  const reach = Math.ceil(radius + 0.5), found = [];
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const cover = Math.min(Math.max(radius + 0.5 - Math.hypot(x, y), 0), 1);
      if (cover > 0.02) found.push([x, y, cover]);
    }
  }
  return { reach, found };
}

/** A sheet of points; `draw` writes them, `image` is the canvas that shows them. */
export function sheet() {
  const image = document.createElement("canvas");
  const context = image.getContext("2d", { willReadFrequently: true });
  let pixels = null, order = new Uint32Array(0);

  /** Back to front, by counting into 1024 layers of depth. */
  const sorted = (depth, count) => {
    if (order.length !== count) order = new Uint32Array(count);
    let low = Infinity, high = -Infinity;
    for (let i = 0; i < count; i++) { low = Math.min(low, depth[i]); high = Math.max(high, depth[i]); }
    const scale = high > low ? 1023 / (high - low) : 0;
    const places = new Uint32Array(1025);
    for (let i = 0; i < count; i++) places[((depth[i] - low) * scale | 0) + 1]++;
    for (let k = 1; k < 1025; k++) places[k] += places[k - 1];
    for (let i = 0; i < count; i++) order[places[(depth[i] - low) * scale | 0]++] = i;
    return order;
  };

  return {
    image,
    /**
     * @param width, height  of the sheet, in its own pixels
     * @param x, y  where, in the same pixels
     * @param depth  larger is nearer; null where all lie in one plane
     * @param tint  of each point, 0…255: a step of `ramp`; 255 steps and one for "no value"
     * @param ramp  flat RGB
     * @param grey  RGB of points without a value
     * @param faint  1 where a point stands back, or null
     */
    draw({ width, height, x, y, depth, tint, known, ramp, grey, faint, radius, alpha = 0.85 }) {
      if (image.width !== width || image.height !== height) {
        [image.width, image.height] = [width, height];
        pixels = context.createImageData(width, height);
      }
      const data = pixels.data, count = x.length, { reach, found } = stamp(radius);
      data.fill(0);
      const turn = depth ? sorted(depth, count) : null;
      for (let n = 0; n < count; n++) {
        const i = turn ? turn[n] : n;
        const cx = Math.round(x[i]), cy = Math.round(y[i]);
        if (!(cx >= reach && cy >= reach && cx < width - reach && cy < height - reach)) continue;
        const at = 3 * tint[i], seen = known[i];
        const r = seen ? ramp[at] : grey[0], g = seen ? ramp[at + 1] : grey[1], b = seen ? ramp[at + 2] : grey[2];
        const strength = faint && faint[i] ? 0.1 : alpha;
        for (const [dx, dy, cover] of found) {
          const p = 4 * ((cy + dy) * width + cx + dx), a = cover * strength;
          const under = data[p + 3] / 255, left = under * (1 - a), whole = a + left;
          data[p] = (r * a + data[p] * left) / whole;
          data[p + 1] = (g * a + data[p + 1] * left) / whole;
          data[p + 2] = (b * a + data[p + 2] * left) / whole;
          data[p + 3] = 255 * whole;
        }
      }
      context.putImageData(pixels, 0, 0);
    },
  };
}
