// Keys of a view. They act while the view, or nothing at all, has the focus.

const TYPING = new Set(["INPUT", "SELECT", "TEXTAREA", "BUTTON"]);

/** `map`: {" ": play, s: step, ArrowLeft: …}; gives back how to stop listening. */
export function keys(el, map) {
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const focus = document.activeElement;
    const ours = !focus || focus === document.body || el.contains(focus);
    const range = focus?.tagName === "INPUT" && focus.type === "range";
    if (!ours || focus?.isContentEditable) return;
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
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}
