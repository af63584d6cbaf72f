// Keys of a view. They act while the view, or nothing at all, has the focus.

const TYPING = new Set(["INPUT", "SELECT", "TEXTAREA", "BUTTON"]);

/** What has the focus, seen from an element: a notebook may keep it in a tree of its own. */
export const focused = (el) => el.getRootNode().activeElement ?? document.activeElement;

/** `map`: {" ": play, s: step, ArrowLeft: …}; gives back how to stop listening. */
export function keys(el, map) {
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const focus = focused(el);
    // In a notebook many views stand on one page, and its own keys act where none has the focus.
    // What only a script can focus (a heading, after a change of place) holds no key either.
    const alone = !el.closest(".in-notebook") && (!focus || focus === document.body || focus.tabIndex < 0);
    const range = focus?.tagName === "INPUT" && focus.type === "range";
    if (!(alone || el.contains(focus)) || focus?.isContentEditable) return;
    if (TYPING.has(focus?.tagName)) {
      // A focused control keeps the keys that mean something to it.
      if (!range && focus.tagName !== "BUTTON") return;
      if (range && event.key.startsWith("Arrow")) return;
      if (focus.tagName === "BUTTON" && (event.key === " " || event.key === "Enter")) return;
    }
    const act = map[event.key] ?? map[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act(event);
  };
  const beyond = (event) => { if (!event.composedPath().includes(el)) press(event); };
  el.addEventListener("keydown", press);
  document.addEventListener("keydown", beyond);
  return () => {
    el.removeEventListener("keydown", press);
    document.removeEventListener("keydown", beyond);
  };
}
