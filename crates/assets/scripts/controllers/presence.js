import { Controller } from "@hotwired/stimulus";
import { post } from "../shared/request.js";

const BEAT = 10_000;

/** Tells the server every ten seconds who looks at or answers this case; silent while the tab is hidden. */
export default class extends Controller {
  static values = { url: String };

  connect() {
    this.lastKey = 0;
    this.timer = setInterval(() => this.beat(), BEAT);
    this.onVisible = () => (document.hidden ? this.leave() : this.beat());
    this.onLeave = () => this.leave();
    document.addEventListener("visibilitychange", this.onVisible);
    addEventListener("pagehide", this.onLeave);
    this.beat();
  }

  disconnect() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.onVisible);
    removeEventListener("pagehide", this.onLeave);
    this.leave();
  }

  /** data-action="input->presence#typing" */
  typing() {
    const wasQuiet = this.state !== "typing";
    this.lastKey = Date.now();
    if (wasQuiet) this.beat();
  }

  beat() {
    if (!document.hidden) post(this.urlValue, { state: this.state });
  }

  leave() {
    post(this.urlValue, { state: "left" });
  }

  get state() {
    return Date.now() - this.lastKey < BEAT ? "typing" : "looking";
  }
}
