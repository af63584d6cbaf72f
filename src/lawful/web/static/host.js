// One WebSocket for all views of the page: channels, frames, and what to do when it breaks.
//
//   to the server     {open: VIEW, channel, run, look}, {channel, do, with, id}, {channel, ack}, {channel, close}
//   from the server   u32 length | JSON header, padded to eight | buffer | padding | buffer …

import { Model } from "./shell/model.js";

const SIZES = { float32: 4, float64: 8, int32: 4, uint32: 4, int16: 2, uint16: 2, int8: 1, uint8: 1 };
const WAITS = [0.4, 0.8, 1.6, 3, 5, 8]; // seconds between tries to connect
const PATIENCE = 4; // tries until the page says that nobody is there
const utf8 = new TextDecoder();

/** The header of a binary frame and its buffers, as views of the frame's own bytes. */
export function unpacked(frame) {
  const length = new DataView(frame).getUint32(0, true);
  const header = JSON.parse(utf8.decode(new Uint8Array(frame, 4, length)));
  let at = 4 + length;
  const buffers = header.arrays.map(({ dtype, shape }) => {
    const bytes = shape.reduce((n, m) => n * m, 1) * SIZES[dtype];
    const view = new DataView(frame, at, bytes);
    at += Math.ceil(bytes / 8) * 8;
    return view;
  });
  return { header, buffers };
}

/** A channel: one view's line, which outlives a broken socket. */
class Channel {
  constructor(number, opening, model) {
    [this.number, this.opening, this.model] = [number, opening, model];
    this.asked = new Map(); // questions without an answer, by id: asked again on a new socket
    this.live = false; // it has shown frames
    this.heard = false;
    this.complaint = null;
    this.onclosed = () => {};
    this.onreopened = () => {};
    this.onwaiting = () => {};
  }

  ask(record) {
    this.asked.set(record.id, record);
    if (this.asked.size === 1) this.onwaiting(true);
  }

  answered(id) {
    if (this.asked.delete(id) && !this.asked.size) this.onwaiting(false);
  }
}

/** The page's line to the server. */
export class Host {
  #url;
  #socket = null;
  #channels = new Map();
  #count = 0;
  #tries = 0;
  #timer = 0;
  #ever = false;
  #early = [];
  #frames = 0;
  #status = { state: "connecting", tries: 0 };
  #hear = new Set();

  constructor(url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`) {
    this.#url = url;
    this.#connect();
    addEventListener("focus", () => { if (this.#timer) this.retry(); });
    addEventListener("pagehide", () => this.close());
    // A page that the browser kept, and shows again by its back button.
    addEventListener("pageshow", (event) => { if (event.persisted && !this.#socket) this.#connect(); });
  }

  /** {state: "connecting" | "connected" | "reconnecting" | "offline", tries}. */
  get status() { return this.#status; }

  /** hear(status) at each change; gives back how to stop. */
  onstatus(hear) {
    this.#hear.add(hear);
    return () => this.#hear.delete(hear);
  }

  /** Frames that came since the last call: what a badge counts. */
  counted() {
    const n = this.#frames;
    this.#frames = 0;
    return n;
  }

  /**
   * A channel with its model.
   * @param closed  called with {text, …} where the server refuses or ends the channel, and whether it
   *   had answered before
   * @param waiting  called with whether there are questions without an answer
   * @param reopened  called when a live channel was opened anew on a new socket
   */
  open({ view, run = null, own = {}, data, page, saved, closed, reopened, waiting }) {
    const number = ++this.#count;
    const model = new Model({
      data, page, own, saved: () => { channel.opening.look = model.get("look") ?? {}; saved?.(model); },
      send: (content) => this.#told(channel, content),
    });
    const opening = { open: view, channel: number, run, look: own.look ?? {} };
    const channel = new Channel(number, opening, model);
    channel.onclosed = closed ?? channel.onclosed;
    channel.onreopened = reopened ?? channel.onreopened;
    channel.onwaiting = waiting ?? channel.onwaiting;
    this.#channels.set(number, channel);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#put(opening);
    return { model, close: () => this.#close(channel) };
  }

  /** Try to connect now. */
  retry() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#connect();
  }

  close() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #connect() {
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = () => { if (socket === this.#socket) this.#lost(); };
  }

  #opened() {
    this.#tries = 0;
    this.#say("connected");
    const again = this.#ever;
    this.#ever = true;
    for (const channel of [...this.#channels.values()]) {
      // What moves begins anew, with its view; what is finished goes on where it was.
      if (again && channel.live) { channel.onreopened(); continue; }
      this.#put(channel.opening);
      if (again) {
        this.#put({ channel: channel.number, ack: 0 });
        for (const question of channel.asked.values()) this.#put(question);
      }
    }
    for (const text of this.#early.splice(0)) this.#put(text);
  }

  #lost() {
    this.#socket = null;
    this.#tries++;
    this.#say(this.#tries > PATIENCE ? "offline" : "reconnecting");
    const wait = WAITS[Math.min(this.#tries, WAITS.length) - 1] * (0.8 + 0.4 * Math.random());
    this.#timer = setTimeout(() => this.retry(), 1000 * wait);
  }

  #say(state) {
    this.#status = { state, tries: this.#tries };
    for (const hear of this.#hear) hear(this.#status);
  }

  #put(record) { this.#socket.send(JSON.stringify(record)); }

  /** A view gives an order, asks a question, or says that it has drawn. */
  #told(channel, content) {
    if (!this.#channels.has(channel.number)) return;
    const record = { channel: channel.number, ...content };
    if (content.do !== undefined && content.id != null) channel.ask(record);
    if (this.#socket?.readyState === WebSocket.OPEN) { this.#put(record); return; }
    if (!this.#ever) { this.#early.push(record); return; }
    // A question is asked again once the line is there; an order that came too late is not obeyed.
    if (content.do !== undefined && content.id == null) {
      const data = {
        text: "no line to the server: the order was not carried out", got: "", expected: "",
        remedy: "wait until the page is connected again",
      };
      queueMicrotask(() => channel.model.hear({ kind: "trouble", id: null, seq: 0, data, arrays: [] }, []));
    }
  }

  #heard(given) {
    if (typeof given === "string") {
      const record = JSON.parse(given);
      const channel = this.#channels.get(record.channel);
      if (channel && "closed" in record) this.#refused(channel, record.closed);
      return;
    }
    const { header, buffers } = unpacked(given);
    const channel = this.#channels.get(header.channel);
    if (!channel) return;
    if (header.kind === "frame") { this.#frames++; channel.live = true; }
    if (header.kind === "trouble" && header.id == null && !channel.heard) {
      // The first word is a refusal: perhaps the channel was never opened. The next one tells.
      if (header.data.expected === "one that was opened") {
        this.#refused(channel, channel.complaint ?? header.data);
        return;
      }
      channel.complaint ??= header.data;
    } else {
      channel.heard = true;
    }
    if (header.id != null) channel.answered(header.id);
    channel.model.hear(header, buffers);
  }

  #refused(channel, why) {
    const data = typeof why === "object" && why ? why : { text: String(why ?? ""), got: "", expected: "", remedy: "" };
    for (const id of channel.asked.keys()) {
      channel.model.hear({ kind: "trouble", id, seq: 0, data, arrays: [] }, []);
    }
    channel.asked.clear();
    channel.onwaiting(false);
    this.#channels.delete(channel.number);
    channel.onclosed(data, channel.heard);
  }

  #close(channel) {
    if (this.#channels.delete(channel.number) && this.#socket?.readyState === WebSocket.OPEN) {
      this.#put({ close: true, channel: channel.number });
    }
    this.#early = this.#early.filter((record) => record.channel !== channel.number);
    channel.model.close();
  }
}
