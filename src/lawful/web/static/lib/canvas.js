// A canvas as sharp as the screen, redrawn when it must be and only while it is seen.

/**
 * @param parent  the element that gives the width; the canvas takes its size
 * @param draw  draw(context, width, height) in CSS pixels
 * @param label  what a screen reader says of it
 */
export function surface(parent, draw, { label = "", className = "", height = null } = {}) {
  const canvas = document.createElement("canvas");
  canvas.className = className;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  parent.append(canvas);
  const context = canvas.getContext("2d");
  let asked = 0, seen = true;

  const paint = () => {
    asked = 0;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const width = canvas.clientWidth, tall = canvas.clientHeight;
    if (!width || !tall) return;
    const [w, t] = [Math.round(width * ratio), Math.round(tall * ratio)];
    if (canvas.width !== w || canvas.height !== t) [canvas.width, canvas.height] = [w, t];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, tall);
    draw(context, width, tall);
  };
  const redraw = () => { if (seen) asked ||= requestAnimationFrame(paint); };
  if (height) canvas.style.height = `${height}px`;
  const size = new ResizeObserver(redraw);
  size.observe(canvas);
  const sight = new IntersectionObserver(([entry]) => { seen = entry.isIntersecting; redraw(); });
  sight.observe(canvas);
  return {
    canvas, context, redraw,
    /** Paint at once, for a picture that is about to be saved. */
    paint,
    say(words) { canvas.setAttribute("aria-label", words); },
    close() { size.disconnect(); sight.disconnect(); cancelAnimationFrame(asked); canvas.remove(); },
  };
}

/** The point of a pointer event in CSS pixels of the canvas. */
export function at(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}
