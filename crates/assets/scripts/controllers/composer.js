import { Controller } from "@hotwired/stimulus";
import { AttachedFiles } from "../shared/attached-files.js";
import { Drafts } from "../shared/drafts.js";
import { Suggestions } from "../shared/suggestions.js";

const NEAR = 0.9;

/**
 * On the <form> of an answer. Reply and note are two drafts of one field, so that a note can never become
 * an answer by a slip. The form is data-turbo-permanent: after a success it empties itself.
 */
export default class extends Controller {
  static targets = ["input", "mode", "tab", "count", "files", "fileList", "suggestions", "key", "channel", "send"];
  static values = {
    draftKey: String,
    draftUrl: String,
    mentionsUrl: String,
    limit: Number,
    removeLabel: { type: String, default: "×" },
  };

  connect() {
    this.drafts = new Drafts(this.draftKeyValue, this.draftUrlValue);
    if (this.hasFilesTarget) {
      const changed = () => this.show();
      this.attached = new AttachedFiles(this.filesTarget, this.fileListTarget, this.removeLabelValue, changed);
    }
    if (this.hasSuggestionsTarget) {
      this.suggestions = new Suggestions(this.inputTarget, this.suggestionsTarget, this.mentionsUrlValue);
    }
    this.inputTarget.value ||= this.drafts.get(this.mode);
    this.element.addEventListener("turbo:submit-end", this.sent);
    this.showMode();
    this.show();
  }

  disconnect() {
    this.drafts.flush();
    this.element.removeEventListener("turbo:submit-end", this.sent);
  }

  // Reply or note

  reply() {
    this.switchTo("reply");
  }

  note() {
    this.switchTo("note");
  }

  switchTo(mode) {
    if (mode !== this.mode) {
      this.drafts.keep(this.mode, this.inputTarget.value);
      this.modeTarget.value = mode;
      this.inputTarget.value = this.drafts.get(mode);
      this.showMode();
      this.show();
    }
    this.inputTarget.focus();
  }

  get mode() {
    return this.modeTarget.value;
  }

  showMode() {
    this.element.dataset.mode = this.mode;
    for (const tab of this.tabTargets) tab.ariaSelected = String(tab.dataset.mode === this.mode);
  }

  // Words

  typed() {
    this.drafts.keep(this.mode, this.inputTarget.value);
    if (this.mode === "note") this.suggestions?.typed();
    this.show();
  }

  key(event) {
    if (this.suggestions?.key(event)) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.element.requestSubmit(this.hasSendTarget ? this.sendTarget : undefined);
    }
  }

  /** A canned text: data-action="composer#insert" data-composer-text-param="…" */
  insert({ params: { text } }) {
    const { inputTarget: field } = this;
    field.focus();
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  show() {
    this.grow();
    const length = characters(this.inputTarget.value);
    const limit = this.mode === "note" ? 0 : this.limit;
    const tooLong = limit > 0 && length > limit;
    for (const count of this.countTargets) {
      count.hidden = !limit;
      count.textContent = limit ? String(limit - length) : "";
      count.classList.toggle("is-near", length > limit * NEAR);
      count.classList.toggle("is-over", tooLong);
    }
    for (const send of this.sendTargets) send.disabled = tooLong || !this.hasContent;
  }

  /** The limit of the chosen channel, or the form's own. */
  get limit() {
    const chosen = this.hasChannelTarget ? this.channelTarget.selectedOptions?.[0]?.dataset.limit : undefined;
    return Number(chosen ?? this.limitValue);
  }

  get hasContent() {
    return this.inputTarget.value.trim() !== "" || this.attached?.files.length > 0;
  }

  grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.inputTarget.style.height = "auto";
    this.inputTarget.style.height = `${this.inputTarget.scrollHeight}px`;
  }

  // Files

  filesChosen() {
    const chosen = [...this.filesTarget.files].filter((file) => !this.attached.files.includes(file));
    this.attached.add(chosen);
  }

  over(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.element.classList.add("is-over");
  }

  out() {
    this.element.classList.remove("is-over");
  }

  drop(event) {
    this.out();
    this.addFiles(event, event.dataTransfer.files);
  }

  paste(event) {
    this.addFiles(event, event.clipboardData.files);
  }

  addFiles(event, files) {
    if (!files.length || !this.attached) return;
    event.preventDefault();
    this.attached.add(files);
  }

  // Sending

  /** data-action="submit->composer#sending" */
  sending(event) {
    if (!this.hasContent || (this.limit > 0 && this.mode !== "note" && characters(this.inputTarget.value) > this.limit)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }

  sent = ({ detail }) => {
    if (!detail.success) return;
    this.drafts.forget(this.mode);
    this.inputTarget.value = "";
    this.attached?.clear();
    for (const key of this.keyTargets) key.value = newKey();
    this.show();
  };
}

const segmenter = new Intl.Segmenter();

/** What a person counts as characters (grapheme clusters), as the networks do. */
function characters(text) {
  if (/^[\x20-\x7e\n]*$/.test(text)) return text.length;
  let count = 0;
  for (const _ of segmenter.segment(text)) count += 1;
  return count;
}

// crypto.randomUUID is for secure origins only.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
