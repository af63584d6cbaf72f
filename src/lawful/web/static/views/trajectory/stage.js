// The stage: paths in the plane or in space, trails that fade, a head at the moment.

import { at, surface } from "../../lib/canvas.js";
import { number } from "../../lib/format.js";
import { Space } from "../../lib/space.js";
import { firstFrom } from "../../lib/strips.js";
import { MARGIN, dial, floor, plane } from "./ground.js";

const PARTS = 22; // of a trail, each fainter than the one before it
const DASHES = [[], [7, 5], [2, 4], [10, 4, 2, 4]];
const LABELLED = 14; // heads that are named
const [TURN, TILT] = [-0.7, 0.4]; // of a picture that nobody has turned yet
const ROUND = 1.5; // the reach of a turning floor with its numbers, in halves of its side
const NUMBERS = 46; // pixels that the numbers beside it take

/**
 * @param onturn  the view was turned, moved or zoomed
 * @param onpick  onpick(time): a place on a path was clicked
 */
export function stage(parent, theme, { onturn, onpick }) {
  let trails = [], names = [], how = {}, space = null, cube = [], upright = [0, 1], now = 0, length = Infinity, laid = "";
  let box = { left: 0, top: 0, width: 1, height: 1 }, zoom = 1;
  const shift = [0, 0];
  const picture = surface(parent, draw, { className: "motion", label: "the motion" });
  const canvas = picture.canvas;
  const again = () => { laid = ""; picture.redraw(); };
  const solid = () => cube.length === 3;

  // ---------------------------------------------------------------- where things lie

  /** The range of each axis over all that sets it; some room where nothing varies. */
  function measured() {
    return names.map((_, k) => {
      let low = Infinity, high = -Infinity;
      for (const trail of trails) {
        if (trail.free) continue;
        for (const v of trail.columns[k]) { if (v < low) low = v; if (v > high) high = v; }
      }
      return high > low ? [low, high] : [(Number.isFinite(low) ? low : 0) - 1, (Number.isFinite(low) ? low : 0) + 1];
    });
  }

  function settle() {
    const ranges = how.hands ? [[-1.12, 1.12], [-1.12, 1.12]] : measured();
    const half = ranges.map(([low, high]) => (high - low) / 2), most = Math.max(...half);
    // Axes of one unit share one scale; of several units each has its own.
    const same = how.alike && half.every((v) => v > most / 1e4);
    cube = ranges.map(([low, high], k) => {
      const middle = (low + high) / 2, reach = names.length === 3 && same ? most : half[k];
      return [middle - reach, middle + reach];
    });
    // The floor lies right below what moves, and the upright scale goes as high as that does.
    if (names.length === 3) upright = same ? [ranges[2][0] - 0.06 * most, Math.max(ranges[2][1], ranges[2][0] + 0.5 * most)] : cube[2];
    const look = space ? { turn: space.turn, tilt: space.tilt } : {}, asked = how.look ?? {};
    zoom = asked.zoom ?? zoom;
    const unit = names.length === 3 ? cube.map(() => [-1, 1]) : cube;
    space = Object.assign(new Space(unit, { alike: how.hands || how.alike }), look, { turn: asked.turn ?? look.turn ?? TURN, tilt: asked.tilt ?? look.tilt ?? TILT });
    again();
  }

  const scaled = (v, k) => (solid() ? (2 * (v - cube[k][0])) / (cube[k][1] - cube[k][0]) - 1 : v);
  const spot = [[0], [0], [0]];
  const put = (values) => {
    const x = [0], y = [0], depth = [0];
    values.forEach((v, k) => { spot[k][0] = scaled(v, k); });
    space.lay(solid() ? spot : spot.slice(0, 2), box, x, y, depth);
    return [x[0], y[0], depth[0]];
  };

  function lay(width, height) {
    const flat = !solid();
    box = {
      left: (flat ? MARGIN.left : 10) + (flat ? 0 : shift[0]), top: MARGIN.top + (flat ? 0 : shift[1]),
      width: width - (flat ? MARGIN.left + MARGIN.right : 20), height: height - MARGIN.top - (flat ? MARGIN.bottom : 14),
    };
    space.zoom = zoom;
    if (!flat) fit();
    for (const trail of trails) {
      const n = trail.time.length;
      [trail.x, trail.y, trail.depth] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
      const columns = flat ? trail.columns : trail.columns.map((values, k) => Float64Array.from(values, (v) => scaled(v, k)));
      space.lay(columns, box, trail.x, trail.y, trail.depth);
      if (flat) for (let k = 0; k < n; k++) { trail.x[k] += shift[0]; trail.y[k] += shift[1]; }
      if (!flat && trail.kind === "own") {
        [trail.sx, trail.sy] = [new Float64Array(n), new Float64Array(n)];
        space.lay([columns[0], columns[1], new Float64Array(n).fill(scaled(upright[0], 2))], box, trail.sx, trail.sy, new Float64Array(n));
      }
    }
  }

  /** Fill the box, whichever way the floor is turned; the middle of what moves in its middle. */
  function fit() {
    const [low, high] = upright.map((v) => scaled(v, 2)), half = (high - low) / 2, steep = Math.sin(TILT), flatly = Math.cos(TILT);
    const unit = Math.min((box.width - 2 * NUMBERS) / (2 * Math.SQRT2), box.height / (2 * (ROUND * steep + half * flatly) + 0.3));
    space.zoom = (zoom * unit) / plainUnit();
    box.top += ((low + high) / 2) * Math.cos(space.tilt) * unit * zoom;
  }

  /** Pixels of a unit as the space itself would have it. */
  function plainUnit() {
    const bare = new Space([[-1, 1], [-1, 1], [-1, 1]]), x = [0], none = [0];
    Object.assign(bare, { turn: 0, tilt: 0 }).lay([[1], [0], [0]], box, x, none, none);
    return x[0] - box.left - box.width / 2;
  }

  /** The range that a flat picture shows, moved as it was dragged. */
  const flatRange = (k) => {
    const [low, high] = space.range(k, box), unit = (high - low) / (k ? box.height : box.width);
    const by = k ? shift[1] * unit : -shift[0] * unit;
    return [low + by, high + by];
  };

  // ---------------------------------------------------------------- the picture

  function draw(context, width, height) {
    if (!space) return;
    const c = theme.colours, key = `${width} ${height}`;
    if (laid !== key) { lay(width, height); laid = key; }
    if (solid()) floor(context, c, put, [cube[0], cube[1], upright], names, (v) => number(v, 3));
    else if (!how.hands) plane(context, c, box, [flatRange(0), flatRange(1)], names);
    context.save();
    context.beginPath();
    if (solid()) context.rect(0, 0, width, height); else context.rect(box.left, box.top, box.width, box.height);
    context.clip();
    context.lineJoin = context.lineCap = "round";
    if (how.hands) clock(context, c);
    for (const trail of trails) if (trail.sx) shadow(context, c, trail);
    for (const trail of trails) path(context, c, trail);
    for (const trail of trails) tail(context, c, trail);
    const heads = trails.map((trail) => ({ trail, spot: where(trail) })).filter(({ spot: s }) => s);
    heads.sort((a, b) => a.spot[2] - b.spot[2]);
    for (const { trail, spot: s } of heads) head(context, c, trail, s);
    label(context, c, heads, width);
    context.restore();
  }

  function clock(context, c) {
    const centre = put([0, 0]), rim = put([1, 0]);
    centre[0] += shift[0];
    centre[1] += shift[1];
    dial(context, c, centre, rim[0] + shift[0] - centre[0]);
    for (const trail of trails) {
      const s = where(trail);
      if (!s || trail.kind === "beside") continue;
      context.strokeStyle = tint(c, trail);
      context.lineWidth = trail.kind === "own" ? 3 : 2;
      context.setLineDash(DASHES[trail.dash ?? 0]);
      context.beginPath();
      context.moveTo(centre[0], centre[1]);
      context.lineTo(s[0], s[1]);
      context.stroke();
      context.setLineDash([]);
    }
  }

  const tint = (c, trail) => c[trail.colour] ?? trail.colour;

  function stretch(context, trail, from, to, xs = trail.x, ys = trail.y) {
    context.beginPath();
    for (let k = from, pen = false; k <= to; k++) {
      const good = Number.isFinite(xs[k]) && Number.isFinite(ys[k]);
      if (good) context[pen ? "lineTo" : "moveTo"](xs[k], ys[k]);
      pen = good;
    }
    context.stroke();
  }

  /** The whole path, faint; what is far in space fainter. */
  function path(context, c, trail) {
    if (how.hands) return;
    const last = trail.time.length - 1, base = { own: how.truth ? 0.34 : 0.26, beside: 0.2, said: 0.75 }[trail.kind];
    context.strokeStyle = tint(c, trail);
    context.lineWidth = trail.kind === "own" && how.truth ? 5 : trail.kind === "said" ? 1.8 : 1.2;
    context.setLineDash(DASHES[trail.dash ?? 0]);
    const each = solid() && trail.kind !== "said" ? Math.max(Math.ceil(last / 160), 4) : last || 1;
    for (let k = 0; k < last; k += each) {
      const middle = Math.min(k + (each >> 1), last), near = solid() ? 0.6 + 0.55 * ((trail.depth[middle] || 0) + 1) / 2 : 1;
      context.globalAlpha = Math.min(base * near, 1);
      stretch(context, trail, k, Math.min(k + each, last));
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  /** Where a path's shadow falls, and a thread from its head to the floor. */
  function shadow(context, c, trail) {
    context.strokeStyle = c.soft;
    context.lineWidth = 1;
    context.globalAlpha = 0.22;
    stretch(context, trail, 0, trail.time.length - 1, trail.sx, trail.sy);
    const k = Math.min(Math.round(place(trail)), trail.time.length - 1), s = where(trail);
    if (s && Number.isFinite(trail.sx[k])) {
      context.globalAlpha = 0.6;
      context.setLineDash([2, 3]);
      context.beginPath();
      context.moveTo(s[0], s[1]);
      context.lineTo(trail.sx[k], trail.sy[k]);
      context.stroke();
      context.setLineDash([]);
      context.beginPath();
      context.ellipse(trail.sx[k], trail.sy[k], 4, 2, 0, 0, 7);
      context.fillStyle = c.soft;
      context.fill();
    }
    context.globalAlpha = 1;
  }

  /** The trail behind the head: it fades. */
  function tail(context, c, trail) {
    if (trail.kind === "beside") return;
    const to = place(trail), from = Math.max(firstFrom(trail.time, now - length), 0);
    const whole = Math.floor(to), span = whole - from;
    if (span < 1) return;
    context.strokeStyle = tint(c, trail);
    context.lineCap = "butt"; // parts that overlap would show where they join
    context.setLineDash(DASHES[trail.dash ?? 0]);
    const parts = Math.min(PARTS, span), wide = trail.kind === "own" ? (how.truth ? 6 : 3.4) : 2.4;
    for (let p = 0; p < parts; p++) {
      const [a, b] = [from + Math.floor((p * span) / parts), from + Math.floor(((p + 1) * span) / parts)];
      const age = (p + 1) / parts;
      context.globalAlpha = (how.truth && trail.kind === "own" ? 0.55 : 1) * age ** 1.6;
      context.lineWidth = 1 + (wide - 1) * age;
      stretch(context, trail, a, b);
    }
    const s = where(trail);
    if (s && Number.isFinite(trail.x[whole])) {
      context.beginPath();
      context.moveTo(trail.x[whole], trail.y[whole]);
      context.lineTo(s[0], s[1]);
      context.stroke();
    }
    context.globalAlpha = 1;
    context.lineCap = "round";
    context.setLineDash([]);
  }

  /** The moment as a place among a trail's samples, between two of them. */
  function place(trail) {
    const { time } = trail, k = firstFrom(time, now);
    if (k <= 0) return 0;
    if (k >= time.length || !(time[k] > time[k - 1])) return Math.max(Math.min(k, time.length) - 1, 0);
    return k - 1 + (now - time[k - 1]) / (time[k] - time[k - 1]);
  }

  /** Where the head is: on the straight line that is drawn between two samples. */
  function where(trail) {
    const n = trail.time.length;
    if (!n || now < trail.time[0] - 1e-12 || now > (trail.end ?? trail.time[n - 1]) * (1 + 1e-9) + 1e-12) return null;
    const p = place(trail), k = Math.floor(p), f = p - k, j = Math.min(k + 1, n - 1);
    const mix = (values) => (f ? values[k] + (values[j] - values[k]) * f : values[k]);
    const found = [mix(trail.x), mix(trail.y), mix(trail.depth)];
    return found.every(Number.isFinite) ? found : null;
  }

  function head(context, c, trail, [x, y, depth]) {
    const near = solid() ? 1 + 0.25 * depth : 1, radius = { own: how.truth ? 8 : 7, beside: 3.5, said: 5.5 }[trail.kind] * near;
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.fillStyle = tint(c, trail);
    context.globalAlpha = trail.kind === "beside" ? 0.7 : 1;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = c.panel;
    context.lineWidth = 2;
    context.stroke();
  }

  function label(context, c, heads, width) {
    if (heads.length > LABELLED || heads.length < 2) return;
    context.font = `11.5px ${c.font}`;
    context.textBaseline = "middle";
    const taken = [], order = { own: 0, said: 1, beside: 2 };
    for (const { trail, spot: [x, y] } of [...heads].sort((a, b) => order[a.trail.kind] - order[b.trail.kind])) {
      // A name that would lie on another is left out.
      if (!trail.name || taken.some(([tx, ty, tw]) => Math.abs(ty - y) < 13 && x + 12 < tx + tw && tx < x + 12 + context.measureText(trail.name).width)) continue;
      taken.push([x + 12, y, context.measureText(trail.name).width]);
      const wide = context.measureText(trail.name).width, left = x + 12 + wide > width ? x - 12 - wide : x + 12;
      context.textAlign = "left";
      context.lineWidth = 3;
      context.strokeStyle = c.panel;
      context.strokeText(trail.name, left, y);
      context.fillStyle = trail.kind === "beside" ? c.soft : c.ink;
      context.fillText(trail.name, left, y);
    }
  }

  // ---------------------------------------------------------------- the pointer

  let down = null, moved = 0, pinch = 0;
  const fingers = new Map();
  canvas.addEventListener("pointerdown", (event) => {
    if (!space || event.button === 1) return;
    const spot = at(canvas, event);
    fingers.set(event.pointerId, spot);
    canvas.setPointerCapture(event.pointerId);
    [down, moved, pinch] = [spot, 0, spread()];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const spot = at(canvas, event), before = fingers.get(event.pointerId);
    fingers.set(event.pointerId, spot);
    const [dx, dy] = [spot[0] - before[0], spot[1] - before[1]];
    moved += Math.hypot(dx, dy);
    if (fingers.size > 1) {
      const wide = spread();
      if (pinch > 0 && wide > 0) grow(wide / pinch, false);
      pinch = wide;
      move(dx / 2, dy / 2);
    } else if (moved > 3) {
      if (solid() && !event.shiftKey && !(event.buttons & 2)) api.rotate(dx * 0.009, dy * 0.009, false);
      else move(dx, dy);
    }
  });
  const up = (event) => {
    if (!fingers.delete(event.pointerId) || fingers.size) return;
    if (moved < 4 && event.type === "pointerup") pick(at(canvas, event)); else if (moved >= 4) onturn();
    down = null;
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls, as it does elsewhere
    event.preventDefault();
    grow(event.deltaY < 0 ? 1.12 : 1 / 1.12);
  }, { passive: false });
  canvas.addEventListener("dblclick", () => api.home());

  const spread = () => {
    const [a, b] = [...fingers.values()];
    return b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0;
  };
  function move(dx, dy) { shift[0] += dx; shift[1] += dy; again(); }
  function grow(by, tell = true) {
    zoom = Math.min(Math.max(zoom * by, 0.3), 60);
    shift[0] *= by;
    shift[1] *= by;
    again();
    if (tell) onturn();
  }
  function pick([px, py]) {
    let least = 18 * 18, found = null;
    for (const trail of trails) {
      if (trail.kind !== "own") continue;
      for (let k = 0; k < trail.x.length; k++) {
        const away = (trail.x[k] - px) ** 2 + (trail.y[k] - py) ** 2;
        if (away < least) [least, found] = [away, trail.time[k]];
      }
    }
    if (found !== null) onpick(found);
  }

  const api = {
    canvas,
    /**
     * @param given  [{name, columns, time, colour, dash, kind: "own" | "beside" | "said", free}]
     * @param axes  their names, with units; two or three
     * @param options  {alike, hands, truth, look: {turn, tilt, zoom}}
     */
    show(given, axes, options) {
      const other = axes.join() !== names.join();
      [trails, names, how] = [given, axes, options];
      if (other) shift.fill(0);
      settle();
      how.look = null;
    },
    /** The moment, and how long the trail behind it is, in time. */
    moment(t, long) { now = t; length = long; picture.redraw(); },
    rotate(turn, tilt, tell = true) {
      if (!space || !solid()) return;
      space.turn += turn;
      space.tilt = Math.min(Math.max(space.tilt + tilt, -0.1), 1.5);
      again();
      if (tell) onturn();
    },
    grow(by) { if (space) grow(by); },
    home() {
      if (!space) return;
      shift.fill(0);
      zoom = 1;
      Object.assign(space, { turn: TURN, tilt: TILT });
      again();
      onturn();
    },
    get look() { return space ? { turn: round(space.turn), tilt: round(space.tilt), zoom: round(zoom) } : {}; },
    redraw: again,
    say: picture.say,
    paint() { picture.paint(); return canvas; },
    close: picture.close,
  };
  return api;
}

const round = (v) => Math.round(v * 1000) / 1000;
