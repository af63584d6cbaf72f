// The stage: the network as it stands, under the pointer and under the keyboard.
//
// Two canvases lie over one another: what a frame changes, and what moves without a frame
// (pulses, the handle of a weight). Over both lie the neurons as buttons that cannot be seen,
// so that each is reached, named and pressed like any other control.

import { at, surface } from "../../lib/canvas.js";
import { h } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { Matrices, drawEdges, strength } from "./edges.js";
import { Neurons, outlined, short } from "./neurons.js";
import { ends, middle, planned, weightAt } from "./plan.js";

const PULL = 1 / 55; // of a weight for a pixel

/**
 * @param pass  of pulses.js: what a pass hides, and its pulses
 * @param hear  {neuron(l, i | null), picked(l, i), weight(chosen), drag(place, value, done)}
 */
export function diagram({ parent, net, theme, pass, hear }) {
  const neurons = new Neurons(net, theme);
  let matrices = null, plan = null, built = "", laid = "";
  let hover = null, focus = null, pinned = null;
  let block = null, chosen = null, dragging = null, pulled = 0, numbers = false;

  const hits = h("div.hits", { role: "group", "aria-label": "neurons: arrow keys walk from one to the next" });
  const knob = h("div.knob", { tabIndex: 0, role: "slider", hidden: true, "aria-orientation": "vertical" });
  const stage = h("div.theatre");
  const base = surface(stage, draw, { className: "base", label: "the network" });
  const over = surface(stage, above, { className: "over" });
  over.canvas.setAttribute("aria-hidden", "true");
  stage.append(hits, knob);
  parent.append(stage);

  const lit = () => (hover ?? focus ?? pinned);
  const shown = (k, i, j) => (pass.gradient(k) ? pass.gradientAt(k, i, j) : net.weight(k, i, j));

  // ---------------------------------------------------------------- drawing

  function draw(context, width, height) {
    if (!net.parameters) return;
    plan = planned(net.layers, width, height);
    arranged();
    const c = theme.colours, one = lit();
    plan.blocks.forEach((here, k) => {
      const light = (pass.kind ? 0.42 : 1) * (block == null || block === k ? 1 : 0.3);
      const value = (i, j) => shown(k, i, j);
      if (here.kind === "matrix") { matrices.draw(context, k, here, value, c, { light }); return; }
      const to = one && one.l === k + 1, from = one && one.l === k;
      const some = to ? (i, j) => j === one.i : from ? (i) => i === one.i : one ? () => false : null;
      drawEdges(context, here, value, c, { lit: some, light });
    });
    neurons.draw(context, plan, { seen: (l) => pass.seen(l), words, focus: one });
  }

  function words(l, i) {
    const c = theme.colours;
    const said = pass.words(l, i, c);
    if (said) return said;
    const one = lit();
    if (l === 0 || l === net.blocks || pass.kind) return null; // those have their numbers beside them
    const near = one && ((one.l === l && one.i === i) || one.l === l + 1);
    return numbers || near ? { text: short(net.activation(l, i)), colour: c.ink } : null;
  }

  function above(context) {
    if (!plan || !net.parameters) return;
    pass.draw(context, plan, theme.colours);
    const one = dragging ?? chosen;
    if (!one || !plan.blocks[one.k]) return;
    const c = theme.colours, here = plan.blocks[one.k];
    const w = net.weight(one.k, one.i, one.j);
    if (here.kind === "edges") {
      const [x0, y0, x1, y1] = ends(here, one.i, one.j);
      context.strokeStyle = c.accent;
      context.lineWidth = 1.5 + 3 * strength(w);
      context.globalAlpha = 0.9;
      context.setLineDash(w < 0 ? [5, 4] : []);
      context.beginPath(); context.moveTo(x0, y0); context.lineTo(x1, y1); context.stroke();
      context.setLineDash([]); context.globalAlpha = 1;
    }
    const [x, y] = middle(plan, one);
    context.beginPath();
    context.arc(x, y, 6, 0, 2 * Math.PI);
    context.fillStyle = c.accent;
    context.fill();
    context.strokeStyle = c.paper;
    context.lineWidth = 2;
    context.stroke();
    outlined(context, `w = ${number(w, 3)}`, x, y - 18, c.ink, c, { size: 13 });
  }

  const redraw = () => { base.redraw(); over.redraw(); };

  // ---------------------------------------------------------------- neurons as buttons

  let buttons = [];
  const button = (l, i) => buttons[l]?.[i];

  function arranged() {
    const now = `${net.layers.join("-")} ${plan.width} ${plan.height}`;
    if (now === laid) return;
    laid = now;
    buttons.forEach((column, l) => column.forEach((one, i) => {
      const [x, y] = plan.columns[l].at(i), r = plan.columns[l].wide ? plan.columns[l].r : Math.max(plan.columns[l].r, 12);
      Object.assign(one.style, { left: `${x - r}px`, top: `${y - r}px`, width: `${2 * r}px`, height: `${2 * r}px` });
    }));
    placed();
  }

  function rebuild() {
    const had = focus && hits.contains(document.activeElement) ? focus : null;
    buttons = net.layers.map((n, l) => Array.from({ length: n }, (_, i) => h("button.neuron", {
      type: "button", tabIndex: -1, "aria-label": spoken(net, l, i), "aria-pressed": "false",
      onpointerenter: (event) => { if (event.pointerType === "mouse" && !dragging) point({ l, i }); },
      onpointerleave: () => point(null),
      onfocus: () => { focus = { l, i }; roving(l, i); label(l, i); hear.neuron(l, i); redraw(); },
      onblur: () => { focus = null; redraw(); },
      onclick: () => pin(l, i),
    })));
    hits.replaceChildren(...buttons.flat());
    const [l, i] = had && button(had.l, had.i) ? [had.l, had.i] : [net.blocks, 0];
    roving(l, i);
    if (had) button(l, i).focus({ preventScroll: true });
  }

  function roving(l, i) {
    for (const one of buttons.flat()) if (one.tabIndex === 0) one.tabIndex = -1;
    button(l, i).tabIndex = 0;
  }

  function label(l, i) { button(l, i)?.setAttribute("aria-label", spoken(net, l, i)); }

  function point(where) {
    hover = where;
    const one = lit();
    hear.neuron(one?.l ?? null, one?.i ?? null);
    redraw();
  }

  function pin(l, i) {
    const same = pinned?.l === l && pinned?.i === i;
    if (pinned) button(pinned.l, pinned.i)?.setAttribute("aria-pressed", "false");
    pinned = same ? null : { l, i };
    button(l, i).setAttribute("aria-pressed", String(!same));
    hear.picked(same ? null : l, i);
    redraw();
  }

  hits.addEventListener("keydown", (event) => {
    if (!focus || event.ctrlKey || event.metaKey || event.altKey) return;
    const { l, i } = focus, n = net.layers;
    const side = (to) => [to, Math.round(((i + 0.5) / n[l]) * n[to] - 0.5)];
    const go = {
      ArrowUp: () => [l, (i + n[l] - 1) % n[l]], ArrowDown: () => [l, (i + 1) % n[l]],
      ArrowLeft: () => (l > 0 ? side(l - 1) : null), ArrowRight: () => (l < net.blocks ? side(l + 1) : null),
      Home: () => side(0), End: () => side(net.blocks),
    }[event.key];
    if (!go && event.key.toLowerCase() !== "w") return;
    event.preventDefault();
    event.stopPropagation();
    if (go) { const to = go(); if (to) button(...to)?.focus(); return; }
    // The strongest weight that leads here, or away from an input.
    const k = Math.max(l - 1, 0);
    const best = Array.from({ length: n[l ? l - 1 : 1] }, (_, m) => m)
      .reduce((a, b) => (Math.abs(l ? net.weight(k, b, i) : net.weight(k, i, b)) > Math.abs(l ? net.weight(k, a, i) : net.weight(k, i, a)) ? b : a), 0);
    take(l ? { k, i: best, j: i } : { k, i, j: best });
    knob.focus();
  });

  // ---------------------------------------------------------------- weights under the hand

  function take(one) {
    chosen = one;
    knob.hidden = !one;
    if (one) placed();
    hear.weight(one);
    over.redraw();
  }

  function placed() {
    if (!chosen || !plan?.blocks[chosen.k]) { knob.hidden = true; return; }
    const [x, y] = middle(plan, chosen);
    knob.style.left = `${x - 14}px`;
    knob.style.top = `${y - 14}px`;
    told();
  }

  function told() {
    const w = net.weight(chosen.k, chosen.i, chosen.j);
    const limit = net.scene.limits?.weight ?? 1000;
    knob.setAttribute("aria-label", `weight from ${net.longName(chosen.k, chosen.i)} to ${net.longName(chosen.k + 1, chosen.j)}`);
    knob.setAttribute("aria-valuenow", String(w));
    knob.setAttribute("aria-valuemin", String(-limit));
    knob.setAttribute("aria-valuemax", String(limit));
    knob.setAttribute("aria-valuetext", number(w, 3));
  }

  /** The weight in hand gets a value, here at once and in Python. */
  function put(one, value, done) {
    const limit = net.scene.limits?.weight ?? 1000;
    const to = Math.max(-limit, Math.min(limit, value)), place = net.place(one.k, one.i, one.j);
    net.parameters[place] = pulled = to;
    hear.drag(place, to, done);
    if (chosen) told();
    redraw();
  }

  function grab(element, event, one) {
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    take(one);
    const first = net.weight(one.k, one.i, one.j), start = event.clientY;
    let moved = false;
    [dragging, pulled] = [one, first];
    stage.classList.add("pulling");
    const move = (e) => {
      moved ||= Math.abs(e.clientY - start) > 2;
      if (moved) put(one, first + (start - e.clientY) * PULL * (e.shiftKey ? 0.1 : 1), false);
    };
    const end = () => {
      element.removeEventListener("pointermove", move);
      for (const name of ["pointerup", "pointercancel"]) element.removeEventListener(name, end);
      if (moved) put(one, net.weight(one.k, one.i, one.j), true);
      dragging = null;
      stage.classList.remove("pulling");
      knob.focus({ preventScroll: true });
    };
    element.addEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, end);
  }

  knob.addEventListener("pointerdown", (event) => grab(knob, event, chosen));
  hits.addEventListener("pointerdown", (event) => {
    if (event.target !== hits || !plan) return;
    const [x, y] = at(over.canvas, event);
    const touch = event.pointerType !== "mouse";
    const one = weightAt(plan, x, y, touch ? 16 : 7);
    // A finger scrolls the page: it chooses with a tap, and pulls at the handle.
    if (!one || touch) { take(one); return; }
    grab(hits, event, one);
  });
  hits.addEventListener("pointermove", (event) => {
    if (dragging || event.target !== hits || event.pointerType !== "mouse" || !plan) return;
    const [x, y] = at(over.canvas, event);
    const one = weightAt(plan, x, y);
    hits.classList.toggle("over-weight", Boolean(one));
    hits.title = one ? `${net.nameOf(one.k, one.i)} → ${net.nameOf(one.k + 1, one.j)}: ${number(net.weight(one.k, one.i, one.j), 3)}` : "";
  });
  knob.addEventListener("keydown", (event) => {
    if (!chosen || event.ctrlKey || event.metaKey || event.altKey) return;
    const { k, i, j } = chosen, [n, m] = [net.layers[k], net.layers[k + 1]];
    const by = event.shiftKey ? 0.01 : 0.1, w = net.weight(k, i, j);
    const step = (d) => { const at = (i * m + j + d + n * m) % (n * m); take({ k, i: Math.floor(at / m), j: at % m }); };
    const act = {
      ArrowUp: () => put(chosen, w + by, true), ArrowDown: () => put(chosen, w - by, true),
      PageUp: () => put(chosen, w + 1, true), PageDown: () => put(chosen, w - 1, true),
      0: () => put(chosen, 0, true),
      ArrowRight: () => step(1), ArrowLeft: () => step(-1),
      Escape: () => { take(null); button(k + 1, j)?.focus(); },
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });

  return {
    element: stage,
    redraw,
    redrawOver: over.redraw,
    /** Another scene or theme. */
    renew() {
      matrices = new Matrices(theme.colours);
      neurons.renew();
      neurons.mapped();
      if (chosen && !(net.layers[chosen.k] > chosen.i && net.layers[chosen.k + 1] > chosen.j)) take(null);
      if (pinned && !(net.layers[pinned.l] > pinned.i)) pinned = null;
      hover = null;
      // Here and not as they are drawn: a reader who cannot see the stage has them, too.
      if (built !== net.layers.join("-")) rebuild();
      [built, laid] = [net.layers.join("-"), ""];
      redraw();
    },
    /** A new frame. */
    fresh() {
      // What is in the hand stands where the hand holds it, whatever an older frame says.
      if (dragging) net.parameters[net.place(dragging.k, dragging.i, dragging.j)] = pulled;
      neurons.mapped();
      if (chosen && document.activeElement === knob) told();
      redraw();
    },
    /** Names with numbers for a reader who walks through the page. */
    relabel() {
      if (buttons.flat().length <= 96) buttons.forEach((column, l) => column.forEach((_, i) => label(l, i)));
      else if (focus) label(focus.l, focus.i);
    },
    take,
    put,
    get chosen() { return chosen; },
    get held() { return dragging; },
    get pinned() { return pinned; },
    set block(k) { block = k; redraw(); },
    get numbers() { return numbers; },
    set numbers(on) { numbers = on; redraw(); },
    focus(l, i) { button(l, i)?.focus(); },
    /** The stage as one picture. */
    picture() {
      base.paint(); over.paint();
      const sheet = h("canvas", { width: base.canvas.width, height: base.canvas.height });
      const context = sheet.getContext("2d");
      context.drawImage(base.canvas, 0, 0);
      context.drawImage(over.canvas, 0, 0);
      return sheet;
    },
    say: (words) => base.say(words),
    close() { base.close(); over.close(); },
  };
}

/** A neuron in words and numbers. */
export function spoken(net, l, i) {
  const name = net.longName(l, i), a = number(net.activation(l, i), 3);
  if (l === 0) return `${name}: ${a}`;
  return `${name}: sum ${number(net.sum(l, i), 3)}, ${net.functionOf(l).replaceAll("_", " ")} gives ${a}`;
}
