import { Controller } from "@hotwired/stimulus";

/** Copies a text, or the content of its source, and says so for a moment. */
export default class extends Controller {
  static targets = ["source", "done"];
  static values = { text: String };

  async copy() {
    const { hasSourceTarget } = this;
    const text = hasSourceTarget ? (this.sourceTarget.value ?? this.sourceTarget.textContent) : this.textValue;
    await write(text.trim());
    for (const done of this.doneTargets) done.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.doneTargets.forEach((done) => (done.hidden = true)), 2000);
  }

  disconnect() {
    clearTimeout(this.timer);
  }
}

// The clipboard belongs to secure origins; a plain http server in the office needs the old way.
async function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
