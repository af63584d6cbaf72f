// What is shown, as an address that can be shared.
//
//   #/                                            the start page
//   #/orbit.nc/trajectory?look=colour:energy      a view of a run
//   #/orbit.nc/trajectory+energy?run=3&at=120     two views side by side
//   #/~/network                                   what is live and belongs to no run

/** Stands where a run's id would; an id is a path and never this alone. */
export const LIVE = "~";

const BARE = /^[A-Za-z_][\w .+-]*$/;
const WORDS = new Set(["true", "false", "null"]);

/** A small value as short text: {a:1,b:(x,y)} for what JSON would write with quotes. */
export function shortened(value, top = true) {
  if (Array.isArray(value)) return `(${value.map((v) => shortened(v, false)).join(",")})`;
  if (value && typeof value === "object") {
    const pairs = Object.entries(value).filter(([, v]) => v !== undefined);
    const inside = pairs.map(([k, v]) => `${bare(k)}:${shortened(v, false)}`).join(",");
    return top ? inside : `{${inside}}`;
  }
  if (typeof value === "string") return bare(value);
  return Number.isNaN(value) ? "null" : String(value);
}

// Quoted text holds none of the signs that part what is around it, but in \-escapes.
const bare = (text) => (BARE.test(text) && !WORDS.has(text) && text.trim() === text ? text : JSON.stringify(text));

/** The object that `shortened` wrote; null for text that it never writes. */
export function lengthened(text) {
  let at = 0;
  const wrong = () => { throw new SyntaxError(`at ${at}`); };
  const word = () => {
    if (text[at] === '"') {
      const end = /"(?:[^"\\]|\\.)*"/y;
      end.lastIndex = at;
      const found = end.exec(text) ?? wrong();
      at = end.lastIndex;
      return { text: JSON.parse(found[0]), quoted: true };
    }
    const start = at;
    while (at < text.length && !"(){},:".includes(text[at])) at++;
    return { text: text.slice(start, at), quoted: false };
  };
  const list = (end, item) => {
    at++;
    if (text[at] === end) { at++; return; }
    for (;;) {
      item();
      const sign = text[at++];
      if (sign === end) return;
      if (sign !== ",") wrong();
    }
  };
  const pair = (into) => {
    const name = word().text;
    if (text[at++] !== ":") wrong();
    // An own property, whatever its name: "__proto__" in an address is a word like others.
    Object.defineProperty(into, name, { value: value(), enumerable: true, configurable: true, writable: true });
  };
  const value = () => {
    if (text[at] === "(") { const made = []; list(")", () => made.push(value())); return made; }
    if (text[at] === "{") { const made = {}; list("}", () => pair(made)); return made; }
    const found = word();
    if (found.quoted) return found.text;
    if (WORDS.has(found.text)) return JSON.parse(found.text);
    if (found.text !== "" && Number.isFinite(Number(found.text))) return Number(found.text);
    return found.text || wrong();
  };
  const made = {};
  try {
    while (at < text.length) {
      pair(made);
      if (at < text.length && text[at++] !== ",") wrong();
    }
  } catch {
    return null;
  }
  return made;
}

// A fragment may hold these signs as they are; an address stays readable with them.
const put = (text) => encodeURIComponent(text).replace(/%(?:2C|3A|28|29|7B|7D|2F)/g, (code) => (
  { "%2C": ",", "%3A": ":", "%28": "(", "%29": ")", "%7B": "{", "%7D": "}", "%2F": "/" }[code]
));
const got = (text) => { try { return decodeURIComponent(text.replace(/\+/g, " ")); } catch { return ""; } };
const whole = (text) => (/^\d{1,9}$/.test(text ?? "") ? Number(text) : null);

/** {place, views, looks, run, at, equation} of a fragment; place is null on the start page. */
export function parsed(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split(/\?(.*)/s);
  const parts = path.split("/").filter(Boolean);
  const words = Object.fromEntries(query.split("&").filter(Boolean).map((p) => {
    const [name, ...rest] = p.split("=");
    return [name, got(rest.join("="))];
  }));
  return {
    place: parts.length ? got(parts[0].replace(/\+/g, "%2B")) : null,
    views: (parts[1] ?? "").split("+").map(got).filter(Boolean).slice(0, 2),
    looks: [lengthened(words.look ?? "") ?? {}, lengthened(words.look2 ?? "") ?? {}],
    run: whole(words.run) ?? 0,
    at: whole(words.at),
    equation: words.equation ?? "",
  };
}

/** The fragment of what is shown. */
export function fragment({ place = null, views = [], looks = [], run = 0, at = null, equation = "" }) {
  if (place == null) return "#/";
  const words = [];
  views.forEach((_, k) => {
    const text = shortened(looks[k] ?? {});
    if (text) words.push(`look${k ? k + 1 : ""}=${put(text)}`);
  });
  if (run) words.push(`run=${run}`);
  if (at != null) words.push(`at=${at}`);
  if (equation) words.push(`equation=${put(equation)}`);
  const path = [put(place), views.map(put).join("+")].filter(Boolean).join("/");
  return `#/${path}${words.length ? `?${words.join("&")}` : ""}`;
}
