// The start sheet: choose a command, fill its fields, and it runs.

import { h } from "../lib/dom.js";
import { field } from "./fields.js";
import { sheet } from "./help.js";
import { asked } from "./rest.js";

/** Every run has a name; the server makes one where none is given. */
const NAME = { name: "name", type: "text", help: "What the result is called; after what it is made of when not given." };

export class Start {
  #deps;
  #sheet;
  #commands = [];
  #fields = [];
  #chosen = null;

  /** @param deps  {runs, jobs, notes, meta: () => Promise} */
  constructor(deps) {
    this.#deps = deps;
    this.#sheet = sheet("New run", { className: "start" });
  }

  /** Open the sheet, at a command and with what is known of its fields. */
  async open(command = null, given = {}) {
    const { body, open } = this.#sheet;
    open();
    if (!this.#commands.length) {
      body.replaceChildren(h("p.soft", {}, "Asking what can be run …"));
      try {
        this.#commands = (await this.#deps.meta()).commands ?? [];
      } catch (why) {
        const again = h("button", { type: "button", onclick: () => this.open(command, given) }, "Ask again");
        body.replaceChildren(h("div.trouble", { role: "alert" }, h("p", {}, why.message), again));
        return;
      }
    }
    this.#show(command ?? this.#chosen ?? this.#commands[0]?.name, given);
  }

  #show(name, given = {}) {
    const command = this.#commands.find((c) => c.name === name) ?? this.#commands[0];
    if (!command) { this.#sheet.body.replaceChildren(h("p", {}, "This server starts no runs.")); return; }
    this.#chosen = command.name;
    const choices = h("div.commands", { role: "radiogroup", "aria-label": "what to run" }, this.#commands.map((c) => {
      const choose = () => {
        this.#show(c.name);
        this.#sheet.body.querySelector("input[name=command]:checked").focus();
      };
      const radio = h("input.unseen", { type: "radio", name: "command", value: c.name, checked: c === command, onchange: choose });
      return h("label.command", {}, radio, h("span", {}, c.title ?? c.name));
    }));
    this.#fields = [...(command.fields ?? []), NAME].map((spec) => field(spec, { given: given[spec.name], runs: this.#deps.runs.list }));
    const [more, first] = [this.#fields.filter((f) => f.spec.more), this.#fields.filter((f) => !f.spec.more)];
    const trouble = h("div.form-trouble", { role: "alert" });
    const go = h("button.primary", { type: "submit" }, "Start");
    const form = h("form", { noValidate: false },
      h("p.command-words", {}, command.sentence ?? ""),
      h("div.form-fields", {}, first.map((f) => f.element)),
      more.length > 0 && h("details.more", { open: more.some((f) => given[f.spec.name] !== undefined) },
        h("summary", {}, "More settings"), h("div.form-fields", {}, more.map((f) => f.element))),
      trouble,
      h("div.form-foot", {}, h("button", { type: "button", onclick: () => this.#sheet.dialog.close() }, "Not now"), go));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#submit(command, go, trouble); });
    // A wrong field behind "More settings" must be seen to be corrected.
    form.addEventListener("invalid", (event) => { const hidden = event.target.closest("details"); if (hidden) hidden.open = true; }, true);
    this.#sheet.body.replaceChildren(choices, form);
  }

  async #submit(command, go, trouble) {
    const fields = Object.fromEntries(this.#fields.map((f) => [f.spec.name, f.value]).filter(([, v]) => v !== undefined));
    for (const f of this.#fields) f.complain("");
    trouble.replaceChildren();
    go.disabled = true;
    try {
      const job = await asked("/api/v1/jobs", { method: "POST", body: { command: command.name, fields } });
      this.#sheet.dialog.close();
      this.#deps.jobs.began(job.job ?? job);
    } catch (why) {
      trouble.replaceChildren(h("p.trouble", {}, why.message));
      const wrong = this.#fields.find((f) => why.got?.includes(f.spec.name));
      wrong?.complain(why.message);
      wrong?.focus();
    } finally {
      go.disabled = false;
    }
  }
}
