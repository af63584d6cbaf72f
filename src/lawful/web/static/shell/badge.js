// Whether the server is there: frames a second, tries to reconnect, or what to do.

import { h } from "../lib/dom.js";

const SECOND = 1000;

/** @param command  gives the command line that starts the server */
export function badge(host, { said, command }) {
  const dot = h("span.dot", { "aria-hidden": "true" });
  const words = h("span.badge-words");
  const body = h("div.menu-body");
  const summary = h("summary.badge", {}, dot, words);
  const element = h("details.menu.badge-menu", {}, summary, body);
  const why = h("p");
  const remedy = h("pre", { tabIndex: 0, "aria-label": "command" });
  const again = h("button", { type: "button", onclick: () => host.retry() }, "Try now");
  let state = "", frames = 0, tried = 0;
  body.append(why, remedy, again);

  const shown = () => {
    const { state: now, tries } = host.status;
    element.dataset.state = now;
    const text = now === "connected"
      ? (frames ? `${frames} frames/s` : "connected")
      : now === "reconnecting" ? `reconnecting (${tries})` : now;
    if (words.textContent !== text) words.textContent = text;
    // Each try may find something else: another server in the place of the old one.
    if (now === state) { if (now !== "connected" && tries !== tried) told(); tried = tries; return; }
    tried = tries;
    // The first connection is what everybody expects: only a change is said.
    if (state && !(state === "connecting" && now === "connected")) said(now === "offline" ? "offline: the server does not answer" : now);
    state = now;
    told();
    if (state === "offline") element.open = true;
    else if (state === "connected") element.open = false;
  };

  const told = async () => {
    remedy.textContent = command();
    remedy.hidden = again.hidden = state === "connected" || state === "connecting";
    if (state === "connected") why.textContent = "The line to the server is open. The number says how many pictures a second come over it.";
    else if (state === "connecting") why.textContent = "The line to the server is being opened.";
    else {
      const { words, start } = await reason();
      if (state !== "reconnecting" && state !== "offline") return;
      why.textContent = words;
      remedy.hidden = !start;
    }
  };

  host.onstatus(shown);
  setInterval(() => { frames = host.counted(); if (!document.hidden) shown(); }, SECOND);
  shown();
  return element;
}

/** Why there is no line: a server that is gone, or another one in its place. */
async function reason() {
  try {
    const health = await fetch("/api/v1/health", { cache: "no-store" });
    const meta = health.ok ? await fetch("/api/v1/meta", { cache: "no-store" }) : null;
    if (meta?.status === 401) return { words: "The server was started anew. Open the address that it printed; this page has the old one." };
    if (meta?.ok) return { words: "The server is there; the line to it is being opened again." };
  } catch { /* nobody answers */ }
  const words = "Nobody answers. Is the server still running? What is shown stays; to go on, start it again and open "
    + "the address it prints:";
  return { words, start: true };
}
