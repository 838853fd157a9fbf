import { Controller } from "@hotwired/stimulus";

/** On <body>: `dialog#show` with data-dialog-id-param opens any <dialog>; a click beside it closes it. */
export default class extends Controller {
  connect() {
    this.onPointer = (event) => (this.pressed = event.target);
    this.onClick = (event) => {
      const dialog = event.target;
      if (dialog === this.pressed && dialog.matches("dialog.dialog") && isOutside(dialog, event)) dialog.close();
    };
    this.beforeCache = () => document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
    this.element.addEventListener("pointerdown", this.onPointer);
    this.element.addEventListener("click", this.onClick);
    document.addEventListener("turbo:before-cache", this.beforeCache);
    document.addEventListener("turbo:submit-end", this.submitted);
  }

  disconnect() {
    this.element.removeEventListener("pointerdown", this.onPointer);
    this.element.removeEventListener("click", this.onClick);
    document.removeEventListener("turbo:before-cache", this.beforeCache);
    document.removeEventListener("turbo:submit-end", this.submitted);
  }

  show({ params: { id } }) {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    dialog.showModal();
    dialog.dispatchEvent(new CustomEvent("dialog:open", { bubbles: true }));
  }

  close({ target }) {
    target.closest("dialog")?.close();
  }

  submitted({ target, detail }) {
    if (detail.success) target.closest("dialog[open]")?.close();
  }
}

function isOutside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}
