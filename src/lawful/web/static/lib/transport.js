// Play, pause, scrub, speed: one bar for everything that runs in time.

import { h } from "./dom.js";

/**
 * @param length  how many moments there are
 * @param seconds  how long all of them take at speed 1
 * @param onseek  called with the index of the moment to show
 * @param say  the moment in words: t = 1.2 s
 */
export function transport({ length, seconds = 10, onseek, say = (k) => `${k + 1}` }) {
  let position = 0, playing = false, speed = 1, last = 0, frame = 0;
  const button = h("button.play", { type: "button", "aria-label": "play", onclick: () => api.toggle() }, "▶");
  const scrub = h("input.scrub", { type: "range", min: 0, max: Math.max(length - 1, 0), step: 1, value: 0, "aria-label": "moment" });
  const words = h("output.value", {}, "");
  const rate = h("select", { "aria-label": "speed", title: "speed" },
    [0.25, 0.5, 1, 2, 4, 8].map((v) => h("option", { value: v, selected: v === 1 }, `${v}×`)));
  rate.addEventListener("change", () => { speed = Number(rate.value); });
  scrub.addEventListener("input", () => api.seek(Number(scrub.value)));

  const shown = () => {
    const k = Math.round(position);
    scrub.value = k;
    words.textContent = say(k);
    scrub.setAttribute("aria-valuetext", say(k));
    button.textContent = playing ? "❚❚" : "▶";
    button.setAttribute("aria-label", playing ? "pause" : "play");
  };
  const tick = (now) => {
    if (!playing) return;
    position += ((now - last) / 1000) * speed * ((length - 1) / seconds);
    last = now;
    if (position >= length - 1) { position = length - 1; playing = false; }
    shown();
    onseek(Math.round(position));
    if (playing) frame = requestAnimationFrame(tick);
  };
  const api = {
    element: h("div.transport", { role: "group", "aria-label": "playback" }, button, scrub, words, rate),
    get position() { return Math.round(position); },
    get playing() { return playing; },
    play() {
      if (playing || length < 2) return;
      if (position >= length - 1) position = 0;
      playing = true;
      last = performance.now();
      shown();
      frame = requestAnimationFrame(tick);
    },
    pause() { playing = false; cancelAnimationFrame(frame); shown(); },
    toggle() { if (playing) api.pause(); else api.play(); },
    /** Go to a moment and tell. */
    seek(k) { api.put(k); onseek(Math.round(position)); },
    /** Go to a moment without telling. */
    put(k) { position = Math.min(Math.max(k, 0), length - 1); shown(); },
    step(by) { api.pause(); api.seek(Math.round(position) + by); },
    set length(n) { length = n; scrub.max = Math.max(n - 1, 0); api.put(Math.min(position, n - 1)); },
    close() { playing = false; cancelAnimationFrame(frame); },
  };
  shown();
  return api;
}
