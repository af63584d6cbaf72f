// The weights of one layer in numbers: a matrix to walk through, each value to be typed.

import { at, surface } from "../../lib/canvas.js";
import { h, slider } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { short } from "./neurons.js";
import { ramp } from "./maps.js";

const OFTEN = 150;

/**
 * @param diagram  to take a weight in hand and to move it
 * @param hear  {block(k | null)}
 */
export function weights({ net, theme, diagram, hear }) {
  const layer = slider({
    low: 0, high: 1, step: 1, value: 0, words: "Weight layer", shown: (k) => says(Math.round(k)), oninput: (k) => turn(Math.round(k)),
  });
  const holder = h("div.matrix");
  const matrix = surface(holder, draw, { label: "weights" });
  const value = h("input.number", { type: "text", inputMode: "decimal", autocomplete: "off" });
  const named = h("span");
  const field = h("label.input.weight-value", { hidden: true }, named, value);
  const facts = h("p.soft");
  const element = h("section.panel", { "aria-label": "weights" }, h("h3", {}, "Weights"), layer.element, holder, facts, field);
  let block = null, drawn = 0, timer = 0, colours256 = null;

  function says(k) { return !k || !net.scene ? "all" : `${k}: ${net.layerName(k - 1)} → ${net.layerName(k)}`; }

  function turn(k) {
    block = k ? k - 1 : null;
    hear.block(block);
    tell();
    matrix.redraw();
  }

  const shownBlock = () => block ?? diagram.chosen?.k ?? 0;

  function draw(context, width, height) {
    if (!net.parameters || !colours256) return;
    const k = Math.min(shownBlock(), net.blocks - 1), [n, m] = [net.layers[k], net.layers[k + 1]];
    const c = theme.colours, [w, t] = [width / m, height / (n + 1)], chosen = diagram.chosen;
    const [start] = net.scene.layout[k].weights;
    let square = 0;
    for (let p = start; p < start + n * m; p++) square += net.parameters[p] ** 2;
    const by = 127.5 / Math.max(2.2 * Math.sqrt(square / (n * m)), 1e-9);
    const words = w > 34 && t > 13;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = `11px ${c.font}`;
    for (let i = 0; i <= n; i++) {
      for (let j = 0; j < m; j++) {
        // The last row holds the biases, a little apart.
        const v = i < n ? net.parameters[start + i * m + j] : net.bias(k + 1, j);
        const word = v === v ? colours256[Math.max(0, Math.min(255, (127.5 + v * by) | 0))] : 0;
        const y = i * t + (i === n ? Math.min(3, t * 0.2) : 0), tall = i === n ? t - Math.min(3, t * 0.2) : t;
        context.fillStyle = `rgb(${word & 255}, ${(word >> 8) & 255}, ${(word >> 16) & 255})`;
        context.fillRect(j * w + 0.5, y + 0.5, Math.max(w - 1, 0.6), Math.max(tall - 1, 0.6));
        if (words) {
          context.fillStyle = c.ink;
          context.fillText(short(v), (j + 0.5) * w, y + tall / 2);
        } else if (w > 6 && t > 6 && v * by < -25) {
          context.fillStyle = c.ink;
          context.fillRect((j + 0.3) * w, y + tall / 2 - 0.5, w * 0.4, 1);
        }
      }
    }
    if (chosen?.k !== k) return;
    context.strokeStyle = c.accent;
    context.lineWidth = 2;
    context.strokeRect(chosen.j * w + 1, chosen.i * t + 1, w - 2, t - 2);
  }

  holder.addEventListener("pointerdown", (event) => {
    const [x, y] = at(matrix.canvas, event), k = Math.min(shownBlock(), net.blocks - 1);
    const [i, j] = [Math.floor((y / matrix.canvas.clientHeight) * (net.layers[k] + 1)), Math.floor((x / matrix.canvas.clientWidth) * net.layers[k + 1])];
    if (i >= 0 && i < net.layers[k] && j >= 0 && j < net.layers[k + 1]) diagram.take({ k, i, j });
  });

  function typed() {
    const to = Number(value.value.replace("−", "-")), one = diagram.chosen;
    if (one && value.value.trim() && Number.isFinite(to)) diagram.put(one, to, true);
    else tell();
  }
  value.addEventListener("change", typed);

  function tell() {
    drawn = performance.now();
    if (!net.parameters) return;
    const k = Math.min(shownBlock(), net.blocks - 1), [n, m] = [net.layers[k], net.layers[k + 1]];
    const [start] = net.scene.layout[k].weights;
    let square = 0, most = 0;
    for (let p = start; p < start + n * m; p++) { const w = net.parameters[p]; square += w * w; most = Math.max(most, Math.abs(w)); }
    facts.textContent = `${n} × ${m} from ${net.layerName(k)} (rows) to ${net.layerName(k + 1)} (columns), biases below; root mean square ${number(Math.sqrt(square / (n * m)), 3)}, largest ${number(most, 3)}`;
    matrix.say(facts.textContent);
    const one = diagram.chosen;
    field.hidden = !one;
    if (one) {
      named.textContent = `${net.nameOf(one.k, one.i)} → ${net.nameOf(one.k + 1, one.j)}`;
      value.setAttribute("aria-label", `weight from ${net.longName(one.k, one.i)} to ${net.longName(one.k + 1, one.j)}`);
      if (document.activeElement !== value) value.value = number(net.weight(one.k, one.i, one.j), 4);
    }
  }

  function sized() {
    const k = Math.min(shownBlock(), net.blocks - 1), n = net.layers[k] + 1;
    matrix.canvas.style.height = `${Math.min(Math.max(n * 20, 44), 220)}px`;
  }

  return {
    element,
    renew() {
      colours256 = ramp(theme.colours, theme.colours.panel);
      layer.input.max = net.blocks;
      if (block != null && block >= net.blocks) { block = null; hear.block(null); }
      layer.value = block == null ? 0 : block + 1;
      sized();
      tell();
      matrix.redraw();
    },
    fresh() {
      const wait = OFTEN - (performance.now() - drawn);
      const now = () => { timer = 0; tell(); matrix.redraw(); };
      if (wait <= 0) now();
      else timer ||= setTimeout(now, wait);
    },
    /** Another weight is in hand. */
    chose() { sized(); tell(); matrix.redraw(); },
    /** The layer after or before. */
    nudge(by) {
      const to = ((block == null ? 0 : block + 1) + by + net.blocks + 1) % (net.blocks + 1);
      layer.value = to;
      turn(to);
      sized();
    },
    close() { clearTimeout(timer); matrix.close(); },
  };
}
