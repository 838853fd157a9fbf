import { Controller } from "@hotwired/stimulus";
import { visit } from "@hotwired/turbo";

/** A form with a file: takes drops, names what was chosen, and shows how much is sent. Put data-turbo="false" on it. */
export default class extends Controller {
  static targets = ["input", "zone", "name", "progress", "bar", "percent", "submit"];

  over(event) {
    event.preventDefault();
    this.zoneTarget.classList.add("is-over");
  }

  out() {
    this.zoneTarget.classList.remove("is-over");
  }

  drop(event) {
    event.preventDefault();
    this.out();
    if (!event.dataTransfer.files.length) return;
    this.inputTarget.files = event.dataTransfer.files;
    this.chosen();
  }

  chosen() {
    const names = [...this.inputTarget.files].map((file) => file.name).join(", ");
    for (const name of this.nameTargets) if (names) name.textContent = names;
    for (const submit of this.submitTargets) submit.disabled = !names;
  }

  /** data-action="submit->upload#send" */
  send(event) {
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total }) => this.show(loaded / total));
    request.addEventListener("load", () => this.answered(request));
    request.addEventListener("error", () => this.failed());
    request.open(this.element.method, this.element.action);
    request.setRequestHeader("Accept", "text/html");
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    if (token) request.setRequestHeader("X-CSRF-Token", token);
    for (const submit of this.submitTargets) submit.disabled = true;
    for (const progress of this.progressTargets) progress.hidden = false;
    request.send(new FormData(this.element, event.submitter));
  }

  show(part) {
    for (const bar of this.barTargets) bar.value = part * 100;
    for (const percent of this.percentTargets) percent.textContent = `${Math.round(part * 100)} %`;
  }

  // The redirect was followed by the browser. A page of errors has the form's own address: its text is the page.
  answered(request) {
    if (request.status < 400 && request.responseURL) {
      visit(request.responseURL);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    if (page.body.childElementCount) document.body.replaceWith(document.adoptNode(page.body));
    else this.failed();
  }

  failed() {
    for (const progress of this.progressTargets) progress.hidden = true;
    for (const submit of this.submitTargets) submit.disabled = false;
    this.element.dispatchEvent(new CustomEvent("upload:failed", { bubbles: true }));
  }
}
