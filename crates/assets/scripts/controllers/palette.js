import { Controller } from "@hotwired/stimulus";
import { fetchFrom } from "../shared/request.js";
import { debounce } from "../shared/timing.js";
import { keyCaps, labelOf } from "./hotkeys.js";

/**
 * On <dialog>: the server's commands, those of the page ([data-command]), and what a search on the server finds.
 * The server answers the search with .palette-item elements.
 */
export default class extends Controller {
  static targets = ["input", "commands", "page", "results", "empty"];
  static values = { url: String };

  connect() {
    this.searchLater = debounce(() => this.search(), 160);
    this.order = [...this.commandsTarget.children];
    this.element.addEventListener("dialog:open", this.opened);
  }

  disconnect() {
    this.element.removeEventListener("dialog:open", this.opened);
    this.searchLater.cancel();
    this.asking?.abort();
  }

  opened = () => {
    this.inputTarget.value = "";
    this.resultsTarget.replaceChildren();
    this.commandsTarget.append(...this.order);
    this.collect();
    this.filter();
    this.inputTarget.focus();
  };

  typed() {
    this.filter();
    this.searchLater();
  }

  key(event) {
    const items = this.shown;
    const at = items.findIndex((item) => item.ariaSelected === "true");
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (to !== undefined) this.select(items.at(to % items.length));
    else if (event.key === "Enter") (items[at] ?? items[0])?.click();
    else return;
    event.preventDefault();
  }

  /** data-action="click->palette#chosen" on the list: a command was used. */
  chosen({ target }) {
    if (target.closest(".palette-item")) this.element.close();
  }

  /** Items that press the page's own buttons, so a page declares each action once. */
  collect() {
    const items = [...document.querySelectorAll("[data-command]")]
      .filter((control) => !control.matches(":disabled") && !control.closest("[hidden], .palette"))
      .map((control) => this.itemFor(control));
    this.pageTarget.replaceChildren(...items);
  }

  itemFor(control) {
    const item = document.createElement("button");
    item.type = "button";
    item.className = "palette-item";
    const label = document.createElement("span");
    label.className = "palette-label";
    label.textContent = labelOf(control);
    const icon = control.querySelector("svg.icon")?.cloneNode(true);
    item.append(...(icon ? [icon] : []), label);
    if (control.dataset.hotkey) {
      const caps = keyCaps(control.dataset.hotkey.split(",")[0]);
      caps.className = "palette-hint";
      item.append(caps);
    }
    // The dialog closes first: the command may open a menu or take the focus.
    item.addEventListener("click", () => setTimeout(() => control.click()));
    return item;
  }

  filter() {
    const wanted = fold(this.inputTarget.value.trim());
    for (const list of [this.pageTarget, this.commandsTarget]) {
      const items = [...list.querySelectorAll(".palette-item")];
      const scored = items.map((item) => [score(wanted, fold(item.textContent.trim())), item]);
      if (wanted) scored.sort(([a], [b]) => b - a);
      for (const [points, item] of scored) {
        item.hidden = points <= 0;
        if (wanted && points > 0) list.append(item);
      }
    }
    this.show();
  }

  async search() {
    const query = this.inputTarget.value.trim();
    this.asking?.abort();
    if (!query || !this.urlValue) {
      this.resultsTarget.replaceChildren();
      this.show();
      return;
    }
    this.asking = new AbortController();
    const { signal } = this.asking;
    const found = await fetchFrom(this.urlValue, query, { signal });
    if (signal.aborted || found === null) return;
    this.resultsTarget.innerHTML = found;
    this.show();
  }

  show() {
    for (const list of [this.pageTarget, this.commandsTarget, this.resultsTarget]) {
      const title = list.previousElementSibling;
      if (title?.matches(".palette-title")) title.hidden = !list.querySelector(".palette-item:not([hidden])");
    }
    this.emptyTarget.hidden = this.shown.length > 0;
    if (!this.shown.some((item) => item.ariaSelected === "true")) this.select(this.shown[0]);
  }

  select(item) {
    for (const other of this.element.querySelectorAll(".palette-item")) other.ariaSelected = String(other === item);
    item?.scrollIntoView({ block: "nearest" });
  }

  get shown() {
    return [...this.element.querySelectorAll(".palette-item:not([hidden])")];
  }
}

function fold(text) {
  return text.toLocaleLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
}

/** The letters in their order; more for starts of words and for letters that stand together. 0: no match. */
function score(wanted, text) {
  let points = 1;
  let at = -1;
  for (const letter of wanted) {
    const next = text.indexOf(letter, at + 1);
    if (next < 0) return 0;
    if (next === at + 1) points += 4;
    if (next === 0 || /\W/.test(text[next - 1])) points += 6;
    points -= Math.min(next - at - 1, 8) * 0.1;
    at = next;
  }
  return Math.max(points, 0.1);
}
