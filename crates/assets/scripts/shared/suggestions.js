import { debounce } from "./timing.js";
import { fetchFrom } from "./request.js";

const WORD = /(^|[\s(])@([\p{L}\p{N}._-]{0,30})$/u;

/** Completes @names in a text field from a URL that answers [{id, name}]. */
export class Suggestions {
  constructor(field, list, url) {
    Object.assign(this, { field, list, url });
    this.lookLater = debounce(() => this.look(), 120);
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const item = event.target.closest("li");
      if (item) this.take(item);
    });
  }

  typed() {
    if (this.word === null) this.close();
    else this.lookLater();
  }

  /** What stands between the last @ and the cursor; null where there is no @. */
  get word() {
    const before = this.field.value.slice(0, this.field.selectionStart);
    return WORD.exec(before)?.[2] ?? null;
  }

  async look() {
    const { word } = this;
    if (word === null) return;
    const people = await fetchFrom(this.url, word, { json: true });
    if (!people || this.word !== word) return;
    this.list.replaceChildren(...people.slice(0, 8).map(option));
    this.list.hidden = people.length === 0;
    this.select(0);
  }

  /** Answers true when the key belonged to the list. */
  key(event) {
    if (this.list.hidden) return false;
    const { items } = this;
    const at = items.findIndex((item) => item.ariaSelected === "true");
    if (event.key === "ArrowDown") this.select((at + 1) % items.length);
    else if (event.key === "ArrowUp") this.select((at - 1 + items.length) % items.length);
    else if (event.key === "Enter" || event.key === "Tab") this.take(items[at]);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  take(item) {
    const end = this.field.selectionStart;
    this.field.setRangeText(`@${item.dataset.name} `, end - this.word.length - 1, end, "end");
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    this.field.dispatchEvent(new CustomEvent("mention", { bubbles: true, detail: item.dataset }));
    this.close();
  }

  select(at) {
    this.items.forEach((item, index) => (item.ariaSelected = String(index === at)));
    this.items[at]?.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.lookLater.cancel();
    this.list.hidden = true;
  }

  get items() {
    return [...this.list.children];
  }
}

function option({ id, name }) {
  const item = document.createElement("li");
  item.role = "option";
  item.dataset.id = id;
  item.dataset.name = name;
  item.textContent = name;
  return item;
}
