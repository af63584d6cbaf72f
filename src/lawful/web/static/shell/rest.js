// Questions to the server in JSON, and its refusals in words.

/** What was refused: what was got, what was expected, and the remedy. */
export class Refused extends Error {
  constructor({ text = "", got = "", expected = "", remedy = "" } = {}, status = 0) {
    super(sentence({ text, got, expected, remedy }));
    Object.assign(this, { got, expected, remedy, status });
  }
}

/** A refusal as one readable line. */
export function sentence({ text = "", got = "", expected = "", remedy = "" }) {
  if (!got) return [text, remedy].filter(Boolean).join(". ");
  const head = expected ? `${got}; expected ${expected}` : got;
  return remedy ? `${head}. ${remedy[0].toUpperCase()}${remedy.slice(1)}.` : `${head}.`;
}

const LOCKED = { got: "this page has no token any more", remedy: "open the address that `lawful open` printed last" };

/** The refusal in an answer of the server, whatever it looks like. */
export function refusal(status, body) {
  const record = body?.error ?? body;
  if (record && typeof record === "object" && (record.got || record.text)) return new Refused(record, status);
  if (status === 401) return new Refused(LOCKED, status);
  return new Refused({ text: `The server answered ${status}` }, status);
}

const GONE = { got: "no answer from the server", remedy: "see whether `lawful open` still runs in its terminal" };

/** The JSON that the server answers. */
export async function asked(path, { method = "GET", body } = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method, cache: "no-store", credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  } catch {
    throw new Refused(GONE);
  }
  const record = await answer.json().catch(() => null);
  if (!answer.ok) throw refusal(answer.status, record);
  return record;
}

/** A file that the server makes, and its name. */
export async function taken(path) {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store" });
  } catch {
    throw new Refused(GONE);
  }
  if (!answer.ok) throw refusal(answer.status, await answer.json().catch(() => null));
  const said = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get("content-disposition") ?? "");
  return { blob: await answer.blob(), name: said ? decodeURIComponent(said[1]) : "" };
}

/** Send a file as it is; `progress` is told the share that has gone. */
export function sent(path, file, progress = () => {}) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.open("POST", path);
    request.responseType = "json";
    request.upload.addEventListener("progress", (e) => { if (e.lengthComputable) progress(e.loaded / e.total); });
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(request.response);
      else reject(refusal(request.status, request.response));
    });
    request.addEventListener("error", () => reject(new Refused(GONE)));
    request.addEventListener("abort", () => reject(new Refused({ text: "The upload was cancelled" })));
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}
