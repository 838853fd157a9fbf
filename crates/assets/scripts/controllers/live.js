import { Controller } from "@hotwired/stimulus";
import { renderStreamMessage, session } from "@hotwired/turbo";
import { isChanged } from "../shared/morphing.js";

const LONGEST_WAIT = 30_000;
const GATHER = 50;
const HIDDEN_FOR = 60_000;

/** Keeps the page true: an SSE "refresh" morphs it, any other message may carry turbo-streams. */
export default class extends Controller {
  static values = { url: String };
  static targets = ["offline"];

  connect() {
    this.wait = 1000;
    this.open();
    this.onVisible = () => (document.hidden ? this.hide() : this.show());
    document.addEventListener("visibilitychange", this.onVisible);
  }

  disconnect() {
    document.removeEventListener("visibilitychange", this.onVisible);
    this.close();
    clearTimeout(this.gathering);
  }

  urlValueChanged(url, previous) {
    if (previous && this.source) {
      this.close();
      this.open();
    }
  }

  open() {
    this.source = new EventSource(this.urlValue);
    this.source.addEventListener("open", () => this.opened());
    this.source.addEventListener("error", () => this.lost());
    this.source.addEventListener("refresh", (event) => this.refreshSoon(event.data));
    this.source.addEventListener("message", (event) => this.receive(event.data));
  }

  close() {
    this.source?.close();
    this.source = null;
    clearTimeout(this.reopening);
    clearTimeout(this.hiding);
  }

  opened() {
    this.wait = 1000;
    for (const element of this.offlineTargets) element.hidden = true;
    if (this.missed) this.refreshSoon();
    this.missed = false;
  }

  // The browser would try again at a fixed pace, and never after an HTTP error.
  lost() {
    this.close();
    if (this.missed) for (const element of this.offlineTargets) element.hidden = false;
    this.missed = true;
    this.reopening = setTimeout(() => this.open(), this.wait * (0.7 + Math.random() * 0.6));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  // A browser has few connections for one server: tabs that nobody looks at give theirs back.
  hide() {
    this.hiding = setTimeout(() => {
      this.close();
      this.missed = true;
    }, HIDDEN_FOR);
  }

  show() {
    clearTimeout(this.hiding);
    if (!this.source) this.open();
  }

  receive(data) {
    if (data === "refresh") this.refreshSoon();
    else if (data.startsWith("<turbo-stream")) renderStreamMessage(data);
  }

  refreshSoon(requestId) {
    clearTimeout(this.gathering);
    this.gathering = setTimeout(() => this.refresh(requestId), GATHER);
  }

  refresh(requestId) {
    if (this.isBusy) {
      this.gathering = setTimeout(() => this.refresh(requestId), 1000);
      return;
    }
    if (requestId && session.recentRequests.has(requestId)) return;
    // session.refresh() waits once more, and would then cut off a form that was sent meanwhile.
    session.visit(document.baseURI, {
      action: "replace",
      shouldCacheSnapshot: false,
      refresh: { method: "morph", scroll: "preserve" },
    });
  }

  /** A person who has a menu open or types in a field must not see the ground move. */
  get isBusy() {
    if (document.hidden || session.navigator.currentVisit || session.navigator.formSubmission) return true;
    if (document.querySelector("dialog[open], [popover]:popover-open, [data-dragging]")) return true;
    const field = document.activeElement;
    return !field?.closest("[data-turbo-permanent]") && isChanged(field);
  }
}
