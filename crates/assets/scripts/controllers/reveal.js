import { Controller } from "@hotwired/stimulus";

/** Shows and hides what stands in a password field. */
export default class extends Controller {
  static targets = ["field", "button"];

  toggle() {
    const show = this.fieldTarget.type === "password";
    this.fieldTarget.type = show ? "text" : "password";
    for (const button of this.buttonTargets) button.setAttribute("aria-pressed", String(show));
  }
}
