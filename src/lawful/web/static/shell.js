// The page: what its address says is shown, among the runs of the folder.

import { h } from "./lib/dom.js";
import { Host } from "./host.js";
import { LIVE as NO_RUN, parsed } from "./shell/address.js";
import { badge } from "./shell/badge.js";
import { mark } from "./shell/drawings.js";
import { help } from "./shell/help.js";
import { Home } from "./shell/home.js";
import { Jobs } from "./shell/jobs.js";
import { closeMenus } from "./shell/menu.js";
import { Shared } from "./shell/model.js";
import { Place } from "./shell/place.js";
import { Refused, asked } from "./shell/rest.js";
import { Runs, aged } from "./shell/runs.js";
import { Notes } from "./shell/say.js";
import { Sidebar } from "./shell/sidebar.js";
import { Start } from "./shell/start.js";
import { theme, themeButton } from "./shell/theme.js";
import { themed } from "./lib/theme.js";
import { Upload } from "./shell/upload.js";
import { LIVE } from "./shell/views.js";

const body = document.body;
const main = document.getElementById("main");
const page = new Shared({ theme });

// The page is themed as a view is, by a model of its own.
const listeners = new Set();
page.join({ tell: (key) => { if (key === "theme") for (const hear of listeners) hear(); } });
themed(body, { get: (key) => page.get(key), on: (_, hear) => listeners.add(hear), off: (_, hear) => listeners.delete(hear) });
body.dataset.ready = "";

const notes = new Notes(body);
const said = (words) => notes.say(words);
const host = new Host();
const runs = new Runs();

let metaAsked = null;
/** What the server can do; asked once, and again where that failed. */
const meta = () => {
  metaAsked ??= asked("/api/v1/meta").catch((why) => { metaAsked = null; throw why; });
  return metaAsked;
};
let command = "lawful open .";
meta().then((known) => {
  if (!known.folder) return;
  command = `lawful open ${/^[\w./~-]+$/.test(known.folder) ? known.folder : `"${known.folder}"`}`;
  folder.textContent = known.folder.split(/[\\/]/).filter(Boolean).at(-1) ?? known.folder;
  folder.title = known.folder;
}, () => {});

const jobs = new Jobs({ runs, notes });
const start = new Start({ runs, jobs, notes, meta });
const upload = new Upload({ runs, notes, meta });
const colours = themeButton(page, said);

let shown = null;
const keysheet = help(() => shown?.keys ?? []);

// ------------------------------------------------------------------ the top

const folder = h("span.folder-name.soft");
const drawer = h("button.plain.icon.menu-button", {
  type: "button", "aria-label": "runs and more", "aria-controls": "side", "aria-expanded": "false",
  onclick: () => { side.open = !side.open; },
}, "☰");
const act = (words, does, className = "") => h(`button${className}`, { type: "button", onclick: does }, words);
document.getElementById("top").append(
  drawer,
  h("a.brand", { href: "#/", "aria-label": "Lawful, start page" }, mark(), h("span", {}, "Lawful")),
  folder,
  h("div.top-acts", {},
    badge(host, { said, command: () => command }),
    jobs.button,
    act("Add data", () => upload.choose(), ".wide"),
    act("New run", () => start.open(), ".wide.new-run"),
    colours.element,
    h("button.plain.icon", { type: "button", "aria-label": "keys and help", title: "Keys (?)", onclick: () => keysheet.open() }, "?")),
);

const closing = (does) => () => { side.open = false; does(); };
const side = new Sidebar(document.getElementById("side"), runs, notes, [
  act("New run", closing(() => start.open())),
  act("Add data", closing(() => upload.choose())),
  act("Started here", closing(() => jobs.open())),
]);
side.button = drawer;
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
main.addEventListener("pointerdown", () => { if (side.open) side.open = false; });

// ---------------------------------------------------------------- the middle

const live = (address) => LIVE.find((entry) => entry.views.includes(address.views[0])) ?? LIVE[0];

async function entryOf(address) {
  if (address.place === NO_RUN) return { ...live(address), id: null };
  if (!runs.find(address.place)) await runs.refresh();
  const found = runs.find(address.place);
  if (found) return found;
  throw runs.trouble ?? new Refused({
    got: `the run “${address.place}”`, expected: "one of this folder",
    remedy: "see whether its folder was moved or has another name",
  });
}

const same = (address) => shown instanceof Place && shown.id === address.place
  && (address.place !== NO_RUN || shown.entry.name === live(address).name);

let turn = 0, first = true;
async function go() {
  const now = ++turn;
  const address = parsed(location.hash);
  body.dataset.where = address.place == null ? "home" : "place";
  closeMenus();
  if (address.place == null) put(new Home({ runs, notes, upload, start }));
  else if (!same(address)) {
    let entry;
    try {
      entry = await entryOf(address);
    } catch (why) {
      if (now === turn) lost(address, why);
      return;
    }
    if (now !== turn) return;
    put(new Place(entry, { host, page, notes, start }));
  }
  if (shown instanceof Place) shown.show(address);
  document.title = shown instanceof Place ? `${shown.title} – Lawful` : "Lawful";
  side.current = { place: address.place, view: address.views[0] ?? live(address).views[0] };
}

/** Another page: the old one goes, and the heading of the new one has the focus. */
function put(next) {
  const before = shown;
  shown = next;
  main.append(next.element);
  before?.close();
  for (const other of [...main.children]) if (other !== next.element) other.remove();
  main.scrollTo(0, 0);
  scrollTo(0, 0);
  if (!first && !document.querySelector("dialog[open]")) next.heading.focus({ preventScroll: true });
  first = false;
}

function lost(address, why) {
  const heading = h("h1", { tabIndex: -1 }, "That is not here.");
  put({
    heading, keys: [], close() { this.element.remove(); },
    element: h("div.home", {}, heading, h("p.trouble", {}, why.message),
      h("p", {}, h("a", { href: "#/" }, "All runs of this folder"))),
  });
  document.title = "Not here – Lawful";
}

// ------------------------------------------------------------- keys and faults

const TYPING = "input:not([type=checkbox]):not([type=radio]):not([type=range]), select, textarea, [contenteditable]";
const search = () => {
  if (shown instanceof Home) { shown.search.focus(); shown.search.select(); return; }
  if (getComputedStyle(drawer).display !== "none") side.open = true;
  side.search.focus();
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const { key, target } = event;
  if (key === "Escape") {
    if (document.querySelector("dialog[open]")) return; // the browser closes it
    if (closeMenus() || (side.open && !(side.open = false)) || notes.dismiss()) event.preventDefault();
    return;
  }
  if (target.matches?.(TYPING) || document.querySelector("dialog[open]")) return;
  if (key === "?") keysheet.open();
  else if (key === "/") search();
  else if (key === "t" || key === "T") colours.next();
  else if (/^[1-8]$/.test(key) && shown instanceof Place) shown.choose(Number(key));
  else return;
  event.preventDefault();
});

/** A fault is said where it belongs: in the view whose file it comes from. */
function fault(why, where) {
  const name = /\/views\/([a-z]+)/.exec(`${why?.stack ?? ""} ${where}`)?.[1];
  if (name && shown instanceof Place && shown.fault(name, why)) return;
  notes.put(`Something on this page went wrong: ${why?.message ?? why}. Reload the page if it does not work as it should.`, { trouble: true });
}
addEventListener("error", (event) => { if (event.error) fault(event.error, event.filename ?? ""); });
addEventListener("unhandledrejection", (event) => {
  // A view that goes while it asks is no fault.
  if (event.reason?.message === "the view was closed") { event.preventDefault(); return; }
  fault(event.reason, "");
});

setInterval(() => { if (!document.hidden) aged(); }, 20_000);
addEventListener("hashchange", go);
addEventListener("focus", () => { runs.refresh(); jobs.refresh(); });
host.onstatus(({ state }) => { if (state === "connected") { runs.refresh(); jobs.refresh(); } });
go();
