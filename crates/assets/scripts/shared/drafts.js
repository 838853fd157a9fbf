import { post } from "./request.js";
import { read, write } from "./preferences.js";
import { debounce } from "./timing.js";

/** Unsent words: kept in this browser at once, and on the server a moment later. */
export class Drafts {
  constructor(key, url) {
    this.key = key;
    this.url = url;
    this.sendLater = debounce(() => this.send(), 2500);
  }

  get(mode) {
    return read(`draft:${this.key}:${mode}`) ?? "";
  }

  keep(mode, text) {
    write(`draft:${this.key}:${mode}`, text || null);
    this.pending = { kind: mode, body: text };
    if (this.url) this.sendLater();
  }

  forget(mode) {
    this.sendLater.cancel();
    write(`draft:${this.key}:${mode}`, null);
  }

  flush() {
    this.sendLater.flush();
  }

  send() {
    post(this.url, this.pending);
  }
}
