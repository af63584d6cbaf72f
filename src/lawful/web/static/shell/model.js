// What a view is given in this page: a model as notebooks give it, without a notebook.

const SHARED = new Set(["run", "cursor", "equation"]);
const same = (a, b) => a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));

/** Values that several models see, each told of a change. */
export class Shared {
  #values;
  #models = new Set();

  constructor(values) { this.#values = { ...values }; }

  get(key) { return this.#values[key]; }

  set(key, value) {
    if (same(this.#values[key], value)) return;
    this.#values[key] = value;
    for (const model of [...this.#models]) model.tell(key, value);
  }

  join(model) { this.#models.add(model); }

  leave(model) { this.#models.delete(model); }
}

/**
 * The model of one view: get, set, save_changes, on, off, send, as anywidget has them.
 *
 * `run`, `cursor` and `equation` belong to all views of the same data, `theme` to the page,
 * the rest (its `look`) to the view alone.
 */
export class Model {
  #own;
  #data;
  #page;
  #send;
  #saved;
  #listeners = new Map();
  #changed = false;

  /**
   * @param data  a `Shared` of the views of the same data
   * @param page  a `Shared` of the page
   * @param own  values of this view
   * @param send  send(content): to the Python half
   * @param saved  called when the view has changed values of its own
   */
  constructor({ data, page, own = {}, send, saved = () => {} }) {
    [this.#data, this.#page, this.#own, this.#send, this.#saved] = [data, page, { ...own }, send, saved];
    data.join(this);
    page.join(this);
  }

  get(key) { return (this.#store(key) ?? { get: (k) => this.#own[k] }).get(key); }

  set(key, value) {
    if (typeof key === "object") { for (const [k, v] of Object.entries(key)) this.set(k, v); return; }
    const store = this.#store(key);
    if (store) { store.set(key, value); return; }
    if (same(this.#own[key], value)) return;
    this.#own[key] = value;
    this.#changed = true;
    this.tell(key, value);
  }

  save_changes() {
    if (!this.#changed) return;
    this.#changed = false;
    this.#saved(this);
  }

  on(event, hear) {
    if (!this.#listeners.has(event)) this.#listeners.set(event, new Set());
    this.#listeners.get(event).add(hear);
  }

  off(event, hear) {
    if (event === undefined) this.#listeners.clear();
    else if (hear === undefined) this.#listeners.delete(event);
    else this.#listeners.get(event)?.delete(hear);
  }

  send(content) { this.#send(content); }

  /** A value has changed, here or in another view. */
  tell(key, value) {
    this.#call(`change:${key}`, this, value);
    this.#call("change", this);
  }

  /** The Python half says something. */
  hear(content, buffers) { this.#call("msg:custom", content, buffers); }

  close() {
    this.#listeners.clear();
    this.#data.leave(this);
    this.#page.leave(this);
  }

  #store(key) { return SHARED.has(key) ? this.#data : key === "theme" ? this.#page : null; }

  #call(event, ...given) {
    for (const hear of [...(this.#listeners.get(event) ?? [])]) {
      // One listener's fault is reported, and keeps the news from nobody else.
      try { hear(...given); } catch (why) { reportError(why); }
    }
  }
}
