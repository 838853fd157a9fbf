import { Controller } from "@hotwired/stimulus";

/** Goes away by itself, but not while a person points at it or has the focus in it. */
export default class extends Controller {
  static values = { after: { type: Number, default: 7000 } };

  connect() {
    this.start();
  }

  disconnect() {
    this.pause();
  }

  start() {
    this.pause();
    if (this.afterValue > 0) this.timer = setTimeout(() => this.close(), this.afterValue);
  }

  pause() {
    clearTimeout(this.timer);
  }

  close() {
    if (this.element.matches(":hover, :focus-within") && document.hasFocus()) {
      this.start();
      return;
    }
    this.element.classList.add("is-leaving");
    setTimeout(() => this.element.remove(), 200);
  }

  dismiss() {
    this.pause();
    this.element.remove();
  }
}
