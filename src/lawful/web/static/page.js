// An exported page: views that are told what was recorded for them.

import { h } from "./lib/dom.js";
import { themed } from "./lib/theme.js";

const BEYOND = {
  got: "a question beyond what this page holds", expected: "",
  remedy: "open the run live: lawful open FOLDER",
};
const THEMES = [["auto", "As the system"], ["light", "Light"], ["dark", "Dark"]];
const TITLES = {
  trajectory: "Trajectory", energy: "Laws along the run", latent: "Latent space", equations: "Equations",
  memory: "Memory", training: "Training", network: "Network", field: "Field",
};

/** Words of a question in one order, without those that say nothing: run 0 is the first. */
const key = (view, name, given) => {
  const said = Object.entries(given ?? {}).filter(([k, v]) => v != null && !(k === "run" && v === 0));
  return JSON.stringify([view, name, said.sort(([a], [b]) => (a < b ? -1 : 1))]);
};

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;

/** The answers by their questions. */
function shelf(answers) {
  const held = new Map(answers.map((a) => [key(a.view, a.do, a.with), a]));
  return (view, name, given) => held.get(key(view, name, given));
}

/** What the views share, and who listens. */
function sharing(values) {
  const listeners = new Map();
  const on = (event, f) => {
    if (!listeners.has(event)) listeners.set(event, new Set());
    listeners.get(event).add(f);
  };
  return {
    values, on,
    off: (event, f) => listeners.get(event)?.delete(f),
    set(name, value) {
      if (values[name] === value) return;
      values[name] = value;
      for (const f of [...(listeners.get(`change:${name}`) ?? [])]) f();
    },
  };
}

/** The model of one view, after the contract of anywidget. */
function modelled(view, shared, answer) {
  const own = { look: {}, links: [] };
  const hears = new Set();
  const tell = (content, buffers = []) => setTimeout(() => hears.forEach((f) => f(content, buffers)));
  return {
    get: (name) => (name in own ? own[name] : shared.values[name]),
    set(name, value) { if (name in own) own[name] = value; else shared.set(name, value); },
    save_changes() {},
    on(event, f) { if (event === "msg:custom") hears.add(f); else shared.on(event, f); },
    off(event, f) { hears.delete(f); shared.off(event, f); },
    send({ do: name, with: given, id }) {
      if (!name) return;
      const found = answer(view, name, given);
      if (found) {
        tell({ kind: "answer", id, seq: 0, data: found.data, arrays: found.arrays }, found.arrays.map((a) => bytes(a.base64)));
      } else {
        tell({ kind: "trouble", id, seq: 0, arrays: [], data: { ...BEYOND, text: `${BEYOND.got}; ${BEYOND.remedy}` } });
      }
    },
  };
}

const date = (text) => {
  const when = new Date(text);
  return Number.isNaN(when.getTime()) ? "" : when.toLocaleDateString(undefined, { dateStyle: "long" });
};

function heading(data, shared) {
  const select = h("select", { "aria-label": "colours" },
    THEMES.map(([name, words]) => h("option", { value: name, selected: name === data.theme }, words)));
  select.addEventListener("change", () => shared.set("theme", select.value));
  return h("header.page-head", {},
    h("div", {}, h("h1", {}, data.name), h("p.soft", {}, data.sentence)), select);
}

function foot(data) {
  const made = [`Made with Lawful ${data.version}`, date(data.created)].filter(Boolean).join(", ");
  return h("footer.page-foot.soft", {}, data.left.map((words) => h("p", {}, words)), h("p", {}, `${made}.`));
}

/** Show the page; `modules` are this one and the views, by their paths. */
export function show(modules) {
  const data = JSON.parse(document.getElementById("lawful-data").textContent);
  const shared = sharing({ theme: data.theme, run: 0, cursor: null, equation: "" });
  const answer = shelf(data.answers);
  themed(document.body, { get: (name) => shared.values[name], on: shared.on, off: shared.off });
  const places = data.views.map((view) => {
    const el = h("div.page-view");
    return { view, el, section: h("section.page-part", { "aria-label": TITLES[view] ?? view }, el) };
  });
  document.body.append(heading(data, shared), h("main.page-main", {}, places.map((p) => p.section)), foot(data));
  for (const { view, el } of places) {
    try {
      modules[`views/${view}.js`].default.render({ model: modelled(view, shared, answer), el });
    } catch (why) {
      // The other views are still worth seeing.
      el.append(h("p.trouble", { role: "alert" }, `This view cannot be drawn: ${why.message}`));
      setTimeout(() => { throw why; });
    }
  }
}
