import { Controller } from "@hotwired/stimulus";
import { read, write } from "../shared/preferences.js";

/** Takes its element away; with a name, for good in this browser. */
export default class extends Controller {
  static values = { name: String };

  connect() {
    if (this.nameValue && read(`dismissed:${this.nameValue}`)) this.element.remove();
  }

  dismiss() {
    if (this.nameValue) write(`dismissed:${this.nameValue}`, "1");
    this.element.remove();
  }
}
