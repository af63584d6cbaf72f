// The line between a view and its Python half, the same in the dashboard, in a
// notebook and in an exported page.
//
//   to Python     {do, with, id}   an order (id null) or a question (id a number); {ack: seq}
//   from Python   {kind: "frame" | "answer" | "trouble", id, seq, data, arrays} and buffers
//
// One frame is in flight: the next one is made when this one has been drawn.

const TYPES = {
  float32: Float32Array, float64: Float64Array, int32: Int32Array, uint32: Uint32Array,
  int16: Int16Array, uint16: Uint16Array, int8: Int8Array, uint8: Uint8Array,
};

/** The data of a message, each array a typed array with its `shape`. */
export function decoded(content, buffers) {
  const data = { ...content.data };
  (content.arrays ?? []).forEach(({ name, dtype, shape }, k) => {
    const Type = TYPES[dtype];
    const given = buffers[k];
    const view = given instanceof ArrayBuffer ? new DataView(given) : given;
    const aligned = view.byteOffset % Type.BYTES_PER_ELEMENT === 0;
    const bytes = aligned ? view.buffer : view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
    const array = new Type(bytes, aligned ? view.byteOffset : 0, view.byteLength / Type.BYTES_PER_ELEMENT);
    array.shape = shape;
    data[name] = array;
  });
  return data;
}

/**
 * Connect a view.
 * @param model  what anywidget calls a model: get, set, save_changes, on, off, send
 * @param frame  called with the data of the newest frame, once for each drawn picture
 * @param trouble  called with {text, got, expected, remedy} where an order was refused
 */
export function connect(model, { frame = () => {}, trouble = () => {} } = {}) {
  const waiting = new Map();
  let count = 0;
  let newest = null;
  let scheduled = 0;

  const show = () => {
    scheduled = 0;
    const { content, buffers } = newest;
    newest = null;
    try {
      frame(decoded(content, buffers));
    } finally {
      model.send({ ack: content.seq });
    }
  };

  const hear = (content, buffers = []) => {
    if (content.kind === "frame") {
      newest = { content, buffers };
      scheduled ||= requestAnimationFrame(show);
      return;
    }
    const asked = waiting.get(content.id);
    waiting.delete(content.id);
    if (content.kind === "trouble") {
      const why = Object.assign(new Error(content.data.text), content.data);
      if (asked) asked.reject(why);
      else trouble(content.data);
    } else {
      asked?.resolve(decoded(content, buffers));
    }
  };
  model.on("msg:custom", hear);
  model.send({ ack: 0 }); // ready for the first frame

  return {
    /** Give an order; what is refused comes to `trouble`. */
    order(name, given = {}) {
      model.send({ do: name, with: given, id: null });
    },
    /** Ask a question; resolves with the answer's data, rejects with what was refused. */
    ask(name, given = {}) {
      const id = ++count;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        model.send({ do: name, with: given, id });
      });
    },
    close() {
      model.off("msg:custom", hear);
      if (scheduled) cancelAnimationFrame(scheduled);
      for (const { reject } of waiting.values()) reject(new Error("the view was closed"));
      waiting.clear();
    },
  };
}
