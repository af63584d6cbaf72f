// What every view offers: its data as JSON, its picture as PNG, and how to make it in Python.

import { h } from "./dom.js";

/** Save a blob under a name. */
export function saved(blob, name) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Text to the clipboard; the button says that it is done. */
export async function copied(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without permission (a frame, plain http): by a selection.
    const area = h("textarea.unseen", { value: text, readOnly: true });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  if (!button) return;
  const words = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = words; }, 1200);
}

/** Several canvases below one another as one picture on the theme's paper. */
export function pictured(canvases, paper) {
  const width = Math.max(...canvases.map((c) => c.width));
  const height = canvases.reduce((sum, c) => sum + c.height, 0);
  const sheet = h("canvas", { width, height });
  const context = sheet.getContext("2d");
  context.fillStyle = paper;
  context.fillRect(0, 0, width, height);
  let top = 0;
  for (const c of canvases) { context.drawImage(c, 0, top); top += c.height; }
  return new Promise((resolve) => sheet.toBlob(resolve, "image/png"));
}

const plain = (value) => (ArrayBuffer.isView(value) ? { shape: value.shape, values: Array.from(value) } : value);

/**
 * @param line  of `connect`
 * @param name  of the files
 * @param canvases  gives the canvases that make the picture
 * @param data  gives the data shown
 * @param links  [{label, href}] more exports: GIF and MP4, where a server makes them
 */
export function toolbar({ line, name, theme, canvases, data, links = [] }) {
  const python = h("button", { type: "button" }, "Copy as Python");
  python.addEventListener("click", async () => {
    try { copied((await line.ask("python")).text, python); } catch (why) { python.title = why.message; }
  });
  const png = h("button", { type: "button", onclick: async () => saved(await pictured(canvases(), theme.colours.paper), `${name}.png`) }, "PNG");
  const json = h("button", { type: "button", onclick: () => {
    const record = JSON.stringify(data(), (_, value) => plain(value), 1);
    saved(new Blob([record], { type: "application/json" }), `${name}.json`);
  } }, "JSON");
  return h("div.toolbar", { role: "group", "aria-label": "copy and export" }, python, png, json,
    links.map(({ label, href }) => h("a.button", { href, download: "" }, label)));
}
