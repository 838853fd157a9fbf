import { Controller } from "@hotwired/stimulus";

const NEAR = 120;

/** The scrolling pane of a conversation: opens at the message asked for, or at the newest, and follows new ones. */
export default class extends Controller {
  connect() {
    const asked = location.hash && document.getElementById(location.hash.slice(1));
    if (asked) asked.scrollIntoView({ block: "center" });
    else this.toEnd();
    this.isAtEnd = true;
    this.onScroll = () => (this.isAtEnd = this.distance < NEAR);
    this.element.addEventListener("scroll", this.onScroll, { passive: true });
    this.observer = new ResizeObserver(() => this.isAtEnd && !asked && this.toEnd());
    for (const child of this.element.children) this.observer.observe(child);
  }

  disconnect() {
    this.element.removeEventListener("scroll", this.onScroll);
    this.observer.disconnect();
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  get distance() {
    return this.element.scrollHeight - this.element.scrollTop - this.element.clientHeight;
  }
}
