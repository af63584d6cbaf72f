// A view inside a notebook: a line of its own for each picture of a widget, and the
// notebook's theme where the reader has not chosen one.

// Anywhere a model is shared: the same widget shown twice has one model and two pictures,
// and what one asks is no answer for the other.
const token = () => Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join("");

/** Dark or light, as the notebook around is; "auto" where it does not say. */
export function surroundings() {
  const { body, documentElement: root } = document;
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "true" ? "light" : "dark";
  for (const one of [body, root]) {
    if (one.dataset.theme === "dark" || one.classList.contains("dark")) return "dark";
    if (one.dataset.theme === "light" || one.classList.contains("light")) return "light";
  }
  return "auto";
}

/** A model that speaks for one picture. */
function own(model, page) {
  const heard = new Map();
  const listening = new Set();
  const watch = new MutationObserver(() => listening.forEach((f) => f()));
  for (const one of [document.body, document.documentElement]) {
    watch.observe(one, { attributes: true, attributeFilter: ["class", "data-theme", "data-jp-theme-light"] });
  }
  return {
    get: (key) => {
      const value = model.get(key);
      return key === "theme" && (value ?? "auto") === "auto" ? surroundings() : value;
    },
    set: (key, value) => model.set(key, value),
    save_changes: () => model.save_changes(),
    on(event, f) {
      if (event === "change:theme") listening.add(f);
      if (event !== "msg:custom") { model.on(event, f); return; }
      const mine = (content, buffers) => { if (content.page === page) f(content, buffers); };
      heard.set(f, mine);
      model.on(event, mine);
    },
    off(event, f) {
      listening.delete(f);
      model.off(event, heard.get(f) ?? f);
      heard.delete(f);
    },
    send: (content) => model.send({ ...content, page }),
    close() { watch.disconnect(); listening.clear(); },
  };
}

/** The notebook around does not hear the plain keys of a view: D, D would delete its cell. */
function kept(el) {
  el.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "Escape") event.stopPropagation();
  });
}

/** Fonts of a sheet that stands in a tree of its own count in the document only. */
function lent(model, el) {
  const tree = el.getRootNode();
  const faces = tree === document ? null : (model.get("_css") ?? "").match(/@font-face\{[^}]*\}/g);
  if (!faces) return;
  const name = `lawful-fonts-${faces.length}`;
  if (document.getElementById(name)) return;
  const sheet = document.createElement("style");
  sheet.id = name;
  sheet.textContent = faces.join("\n");
  document.head.append(sheet);
}

/** When an element stands on the page and has a width: colours and sizes mean nothing before. */
const placed = (el) => new Promise((resolve) => {
  const watch = new ResizeObserver(() => {
    if (!el.isConnected || !el.clientWidth) return;
    watch.disconnect();
    resolve();
  });
  watch.observe(el);
});

/** The view, each of its pictures with a line of its own. */
export function seated(view) {
  return {
    async render({ model, el }) {
      await placed(el);
      const mine = own(model, token());
      const inner = document.createElement("div");
      el.classList.add("in-notebook");
      el.append(inner);
      kept(el);
      lent(model, el);
      const end = view.render({ model: mine, el: inner });
      return async () => {
        (await end)?.();
        mine.send({ bye: true });
        mine.close();
        inner.remove();
      };
    },
  };
}
