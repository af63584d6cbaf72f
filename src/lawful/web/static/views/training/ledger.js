// The books: what each account gave to E or took of it, and what none of them explains.

import { h } from "../../lib/dom.js";
import { count, number } from "../../lib/format.js";

const NAMES = { friction: "friction", bath: "bath", kick: "kick", curvature: "curvature", hand: "your hand" };
const SOUND = 1e-9; // of a residual that is round-off

export function ledger({ parent, course }) {
  const body = h("tbody");
  const table = h("div.scroll", { tabIndex: 0, role: "group", "aria-label": "accounts of the ledger" }, h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "account"), h("th.number", { scope: "col" }, "amount"), h("th.bars", { scope: "col" }, h("span.unseen", {}, "as a bar")))), body));
  const balance = h("p.balance", {}, "");
  const why = h("p.soft", { hidden: true }, "");
  parent.append(h("div.row.head", {}, h("h3", {}, "The ledger"), balance), why, table);
  const rows = new Map();

  function row(name, kind = "") {
    if (rows.has(name)) return rows.get(name);
    const amount = h("td.number.value", {}, ""), bar = h("span.bar"), words = h("span.soft.why", {}, "");
    const element = h(`tr${kind && `.${kind}`}`, {}, h("th", { scope: "row" }, h("span", {}, NAMES[name] ?? name), words), amount, h("td.bars", {}, h("span.track", {}, bar)));
    const made = { element, amount, bar, words };
    rows.set(name, made);
    return made;
  }

  function arrange() {
    const { accounts = {} } = course.frame, known = course.scene.words?.accounts ?? {};
    const names = ["E at the start", ...Object.keys(accounts).filter((n) => accounts[n] || n !== "hand"), "E now"];
    const wanted = names.map((name) => row(name, name.startsWith("E ") ? "sum" : "").element);
    if (wanted.length !== body.children.length || wanted.some((element, k) => element !== body.children[k])) body.replaceChildren(...wanted);
    for (const name of names) rows.get(name).words.textContent = known[name] ?? "";
    return names;
  }

  function fresh() {
    const { books, accounts = {}, residual } = course.frame;
    table.hidden = !books;
    why.hidden = Boolean(books);
    if (!books) {
      why.textContent = course.scene.notes?.find((note) => note.includes("books")) ?? "This training keeps no books.";
      balance.textContent = "";
      return;
    }
    const values = { ...accounts, "E at the start": books.start, "E now": books.now };
    const names = arrange();
    const most = Math.max(...names.map((name) => Math.abs(values[name])), 1e-300);
    for (const name of names) {
      const { amount, bar } = rows.get(name), value = values[name];
      const sum = name.startsWith("E ");
      amount.textContent = `${value > 0 && !sum ? "+" : ""}${number(value, 4)}`;
      bar.style.width = `${(50 * Math.abs(value)) / most}%`;
      bar.style.left = value < 0 ? `${50 - (50 * Math.abs(value)) / most}%` : "50%";
      bar.className = `bar ${sum ? "whole" : value < 0 ? "out" : "in"}`;
    }
    const well = residual != null && residual < SOUND;
    const since = books.since ? `, books since step ${count(books.since)}` : "";
    balance.className = `balance ${well ? "well" : "ill"}`;
    balance.textContent = residual == null ? "residual not recorded" : `${well ? "✓ the books balance" : "✗ the books do not balance"}: residual ${number(residual, 2)} of E${since}`;
  }

  return { fresh, renew() { rows.clear(); body.replaceChildren(); fresh(); } };
}
