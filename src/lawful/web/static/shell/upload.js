// Files from the reader's machine into the folder: by a button, or dropped anywhere.

import { h } from "../lib/dom.js";
import { fragment } from "./address.js";
import { sent } from "./rest.js";
import { bytes } from "./runs.js";

export class Upload {
  #deps;
  #input;
  #veil;
  #within = 0;

  /** @param deps  {runs, notes, meta: () => Promise} */
  constructor(deps) {
    this.#deps = deps;
    this.#input = h("input", { type: "file", multiple: true, hidden: true, "aria-label": "files of measurements" });
    this.#input.addEventListener("change", () => { this.take([...this.#input.files]); this.#input.value = ""; });
    this.#veil = h("div.veil", { hidden: true, "aria-hidden": "true" }, h("p", {}, "Drop it: it goes into the folder of this studio."));
    document.body.append(this.#input, this.#veil);
    this.#listen();
  }

  /** Let the reader choose files. */
  choose() { this.#input.click(); }

  /** Send files, one after another; one alone is opened when it is there. */
  async take(files) {
    const done = [];
    for (const file of files) {
      const entry = await this.#one(file);
      if (entry) done.push(entry);
    }
    if (!done.length) return;
    await this.#deps.runs.refresh();
    if (done.length === 1 && files.length === 1) location.hash = fragment({ place: done[0].id });
  }

  async #one(file) {
    const { notes } = this.#deps;
    const { limits = {} } = await this.#deps.meta().catch(() => ({}));
    if (!file.size) {
      notes.put(`“${file.name}” is empty. Choose a file with measurements, or look whether it was copied whole.`, { trouble: true });
      return null;
    }
    if (limits.upload && file.size > limits.upload) {
      notes.put(`“${file.name}” holds ${bytes(file.size)}; at most ${bytes(limits.upload)} go through the page. `
        + "Copy it into the folder instead: it is seen there at once.", { trouble: true });
      return null;
    }
    const { done, cancel } = sent(`/api/v1/uploads?name=${encodeURIComponent(file.name)}`, file, (share) => {
      note.share = share < 1 ? share : null;
      if (share >= 1) note.say(`Reading “${file.name}” …`);
    });
    const note = notes.put(`Sending “${file.name}” …`, { progress: true, links: [{ label: "Cancel", act: cancel }] });
    try {
      const answer = await done;
      const entry = answer?.entry ?? answer?.run ?? answer;
      const said = [`“${entry?.name ?? file.name}” is in the folder.`, ...(entry?.notes ?? [])].join(" ");
      notes.put(said);
      return entry;
    } catch (why) {
      notes.put(`“${file.name}” was not taken: ${why.message}`, { trouble: true });
      return null;
    } finally {
      note.close();
    }
  }

  #listen() {
    const files = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const show = (on) => { this.#veil.hidden = !on; if (!on) this.#within = 0; };
    addEventListener("dragenter", (event) => { if (files(event)) { event.preventDefault(); this.#within++; show(true); } });
    addEventListener("dragleave", (event) => { if (files(event) && --this.#within <= 0) show(false); });
    addEventListener("dragover", (event) => { if (files(event)) { event.preventDefault(); event.dataTransfer.dropEffect = "copy"; } });
    addEventListener("drop", (event) => {
      show(false);
      // A view that takes files itself has said so.
      if (!files(event) || event.defaultPrevented) return;
      event.preventDefault();
      this.take([...event.dataTransfer.files]);
    });
  }
}
