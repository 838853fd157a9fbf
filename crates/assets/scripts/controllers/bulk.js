import { Controller } from "@hotwired/stimulus";

/** Chosen rows: one box, a range with Shift, or all; the bar shows how many. */
export default class extends Controller {
  static targets = ["box", "all", "bar", "count"];

  connect() {
    this.onRender = () => this.show();
    addEventListener("turbo:render", this.onRender);
    this.show();
  }

  disconnect() {
    removeEventListener("turbo:render", this.onRender);
  }

  boxTargetConnected() {
    this.show();
  }

  boxTargetDisconnected() {
    this.show();
  }

  /** data-action="click->bulk#choose" */
  choose(event) {
    const boxes = this.boxTargets;
    const at = boxes.indexOf(event.target);
    const from = boxes.indexOf(this.last);
    if (event.shiftKey && from >= 0) {
      for (const box of boxes.slice(Math.min(at, from), Math.max(at, from) + 1)) box.checked = event.target.checked;
    }
    this.last = event.target;
    this.show();
  }

  chooseAll({ target }) {
    for (const box of this.boxTargets) box.checked = target.checked;
    this.show();
  }

  clear() {
    for (const box of this.boxTargets) box.checked = false;
    this.show();
  }

  show() {
    const chosen = this.boxTargets.filter((box) => box.checked).length;
    for (const bar of this.barTargets) bar.hidden = chosen === 0;
    for (const count of this.countTargets) count.textContent = chosen;
    for (const all of this.allTargets) {
      all.checked = chosen > 0 && chosen === this.boxTargets.length;
      all.indeterminate = chosen > 0 && !all.checked;
    }
  }
}
