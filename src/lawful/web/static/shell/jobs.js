// Runs that were started here: how far they are, what they say, cancel, resume.

import { h } from "../lib/dom.js";
import { fragment } from "./address.js";
import { sheet } from "./help.js";
import { asked } from "./rest.js";
import { when } from "./runs.js";

const PACE = 1000;
const OVER = new Set(["done", "failed", "cancelled", "interrupted"]);
export const active = (job) => !OVER.has(job.state);

export class Jobs {
  list = [];
  #deps;
  #sheet = sheet("Started here", { className: "jobs" });
  #cards = new Map();
  #timer = 0;
  #beats = 0;
  #known = false;

  /** @param deps  {runs, notes, start} */
  constructor(deps) {
    this.#deps = deps;
    this.count = h("span.count");
    this.ring = h("progress.ring", { max: 1, "aria-hidden": "true" });
    this.button = h("button.jobs-button", { type: "button", hidden: true, onclick: () => this.open() }, this.ring, this.count);
    this.none = h("p.soft", {}, "Nothing was started here yet.");
    this.cards = h("ul.cards");
    this.#sheet.body.append(this.none, this.cards);
  }

  open() { this.#sheet.open(); this.refresh(); }

  /** A run was just started. */
  began(job) {
    this.#put([job, ...this.list.filter((j) => j.id !== job.id)]);
    this.#deps.notes.put(`${job.command} has started.`, { links: [{ label: "Watch it", act: () => this.open() }] });
    this.#soon();
  }

  async refresh() {
    try {
      const answer = await asked("/api/v1/jobs");
      this.#put(Array.isArray(answer) ? answer : answer.jobs ?? []);
    } catch (why) {
      // The badge says that nobody answers; here what was known stays.
      if (why.status) this.#deps.notes.put(why.message, { trouble: true });
    }
    this.#soon();
  }

  #soon() {
    clearTimeout(this.#timer);
    if (!this.list.some(active)) return;
    this.#timer = setTimeout(async () => {
      await this.refresh();
      // A run writes as it goes: its folder is there before its end.
      if (++this.#beats % 3 === 0) this.#deps.runs.refresh();
    }, PACE);
  }

  #put(list) {
    const before = new Map(this.list.map((job) => [job.id, job]));
    this.list = list;
    for (const job of list) {
      const was = before.get(job.id);
      if (this.#known && was && active(was) && !active(job)) this.#ended(job);
    }
    this.#known = true;
    const running = list.filter(active);
    this.button.hidden = !list.length;
    this.count.textContent = running.length ? `${running.length} running` : "Started here";
    this.ring.hidden = !running.length;
    this.button.classList.toggle("idle", !running.length);
    const share = running.length ? running.reduce((sum, j) => sum + (j.progress ?? 0), 0) / running.length : 0;
    if (running.some((j) => j.progress != null)) this.ring.value = share;
    else this.ring.removeAttribute("value");
    this.none.hidden = list.length > 0;
    this.#draw();
  }

  #ended(job) {
    this.#deps.runs.refresh();
    const failed = job.state === "failed";
    const links = job.state === "done" && job.run ? [{ label: "Open it", href: fragment({ place: job.run }) }]
      : failed ? [{ label: "See why", act: () => this.open() }] : [];
    const words = failed ? `${job.command} has failed. ${job.words ?? ""}` : `${job.command} is ${job.state}.`;
    this.#deps.notes.put(words, { trouble: failed, links });
  }

  #draw() {
    const wanted = this.list.map((job) => {
      if (!this.#cards.has(job.id)) this.#cards.set(job.id, new Card(this, job));
      return this.#cards.get(job.id);
    });
    this.list.forEach((job, k) => wanted[k].show(job));
    const present = [...this.cards.children];
    const next = wanted.map((card) => card.element);
    if (present.length !== next.length || present.some((element, k) => element !== next[k])) this.cards.replaceChildren(...next);
  }

  /** Cancel or resume. */
  async act(job, method, path) {
    try {
      const answer = await asked(`/api/v1/jobs/${encodeURIComponent(job.id)}${path}`, { method });
      if (answer?.id && method === "POST") this.began(answer);
    } catch (why) {
      this.#deps.notes.put(why.message, { trouble: true });
    }
    await this.refresh();
  }

  close() { this.#sheet.dialog.close(); }
}

/** One run in the list. It is changed in place, so that what is being read or pressed stays. */
class Card {
  constructor(jobs, job) {
    this.title = h("h3", {}, job.command);
    this.state = h("span.state");
    this.words = h("p", {});
    this.bar = h("progress", { max: 1, "aria-label": `progress of ${job.command}` });
    this.lines = h("pre", { tabIndex: 0, "aria-label": "last lines of the output" });
    this.output = h("details", {}, h("summary", {}, "Last lines"), this.lines);
    this.command = h("code.soft", {});
    this.cancel = h("button", { type: "button", onclick: () => jobs.act(this.job, "DELETE", "") }, "Cancel");
    this.resume = h("button", { type: "button", onclick: () => jobs.act(this.job, "POST", "/resume") }, "Resume");
    this.open = h("a.button", { onclick: () => jobs.close() }, "Open");
    this.time = h("span.soft");
    this.element = h("li.card", {}, h("div.card-head", {}, this.title, this.state, this.time), this.command, this.words, this.bar,
      h("div.row", {}, this.cancel, this.resume, this.open), this.output);
  }

  show(job) {
    this.job = job;
    const on = active(job);
    this.element.dataset.state = job.state;
    this.state.textContent = job.state;
    put(this.words, job.words ?? "");
    put(this.command, job.text ?? "");
    this.bar.hidden = !on;
    if (job.progress == null) this.bar.removeAttribute("value");
    else this.bar.value = job.progress;
    this.cancel.hidden = !on || job.state === "stopping";
    this.resume.hidden = on || !job.resumable;
    this.open.hidden = !job.run;
    if (job.run) this.open.href = fragment({ place: job.run });
    const text = (job.lines ?? []).join("\n");
    this.output.hidden = !text;
    if (put(this.lines, text)) this.lines.scrollTop = this.lines.scrollHeight;
    if (job.state === "failed" && !this.was) this.output.open = true;
    this.was = job.state === "failed";
    this.time.replaceChildren(when(job.ended ?? job.started) ?? "");
  }
}

function put(element, text) {
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}
