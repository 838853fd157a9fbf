import { Controller } from "@hotwired/stimulus";
import { debounce } from "../shared/timing.js";

/** A form of filters that sends itself: on change at once, on input after a moment. */
export default class extends Controller {
  static values = { wait: { type: Number, default: 300 } };

  connect() {
    this.later = debounce(() => this.element.requestSubmit(), this.waitValue);
  }

  disconnect() {
    this.later.cancel();
  }

  soon() {
    this.later();
  }

  now() {
    this.later.cancel();
    this.element.requestSubmit();
  }
}
