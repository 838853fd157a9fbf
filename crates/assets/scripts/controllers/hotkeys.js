import { Controller } from "@hotwired/stimulus";

const SEQUENCE_TIME = 1200;
const MOVES = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/**
 * Global keys, on <body>. Any control says its key with data-hotkey="r", "g i", "Mod+k", or several: "e, Shift+e".
 * Rows ([data-row] in [data-rows]) are walked with j and k, chosen with x, opened with o or Enter.
 */
export default class extends Controller {
  static targets = ["list"];

  connect() {
    this.typed = "";
    this.onKey = (event) => this.press(event);
    this.onDialog = () => this.fill();
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("dialog:open", this.onDialog);
  }

  disconnect() {
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("dialog:open", this.onDialog);
    clearTimeout(this.opening);
  }

  press(event) {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    const key = keyName(event);
    if (!key) return;
    const typing = isTyping(event.target);
    if (typing && key === "Escape" && !event.target.closest("dialog, [popover]")) event.target.blur();
    if (typing && !key.startsWith("Mod+")) return;

    const sequence = this.typed ? `${this.typed} ${key}` : key;
    const control = this.find(sequence) ?? this.find(key);
    this.typed = "";
    if (control) {
      event.preventDefault();
      this.use(control);
    } else if (this.starts(sequence)) {
      this.expect(sequence);
    } else if (!event.target.closest("[role='menu'], .menu, dialog")) {
      this.walk(key, event);
    }
  }

  expect(sequence) {
    this.typed = sequence;
    clearTimeout(this.forgetting);
    this.forgetting = setTimeout(() => (this.typed = ""), SEQUENCE_TIME);
  }

  use(control) {
    if (control.matches("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select")) {
      control.focus();
      control.select?.();
    } else {
      control.click();
    }
  }

  find(keys) {
    return this.controls.find((control) => keysOf(control).includes(keys));
  }

  starts(keys) {
    return this.controls.some((control) => keysOf(control).some((each) => each.startsWith(`${keys} `)));
  }

  /** Controls that can be used now: those of the open dialog, else those of the open menu before the page's. */
  get controls() {
    const modal = [...document.querySelectorAll("dialog:modal")].at(-1);
    const usable = [...(modal ?? document).querySelectorAll("[data-hotkey]")].filter((control) => {
      if (control.matches(":disabled, [aria-disabled=true]") || control.closest("[hidden], [inert]")) return false;
      const layer = control.closest("[popover], dialog");
      return !layer || layer.matches(":popover-open, [open]");
    });
    const isInMenu = (control) => Boolean(control.closest("[popover]"));
    return [...usable.filter(isInMenu), ...usable.filter((control) => !isInMenu(control))];
  }

  // Rows

  walk(key, event) {
    const rows = [...document.querySelectorAll("[data-rows] [data-row]")].filter((row) => row.checkVisibility());
    if (!rows.length || key.startsWith("Mod+")) return;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const current = at >= 0 ? at : rows.findIndex((row) => row.classList.contains("is-current"));
    if (key in MOVES) {
      if (key.startsWith("Arrow") && !event.target.closest("[data-rows]")) return;
      event.preventDefault();
      this.moveTo(rows[Math.min(Math.max(current + MOVES[key], 0), rows.length - 1)]);
    } else if (key === "o" || (key === "Enter" && event.target === document.body)) {
      rows[current]?.querySelector(".row-link")?.click();
    } else if (key === "x") {
      rows[current]?.querySelector(".row-check")?.click();
    }
  }

  moveTo(row) {
    row.scrollIntoView({ block: "nearest" });
    const link = row.querySelector(".row-link");
    link?.focus({ preventScroll: true });
    if (row.closest("[data-rows]").dataset.rows !== "open") return;
    clearTimeout(this.opening);
    this.opening = setTimeout(() => link?.click(), 140);
  }

  // Help

  /** Writes the keys of this very page into the help dialog. */
  fill() {
    if (!this.hasListTarget) return;
    const seen = new Set();
    const lines = [];
    for (const control of document.querySelectorAll("[data-hotkey]")) {
      const [keys] = keysOf(control);
      const label = labelOf(control);
      if (!label || seen.has(keys)) continue;
      seen.add(keys);
      lines.push(line(label, keys));
    }
    this.listTarget.replaceChildren(...lines);
  }
}

function keyName(event) {
  if (["Control", "Meta", "Shift", "Alt"].includes(event.key)) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) return `Mod+${event.shiftKey ? "Shift+" : ""}${key}`;
  const letter = key.length === 1 && key !== key.toUpperCase();
  return event.shiftKey && (letter || key.length > 1) ? `Shift+${key}` : key;
}

export function isTyping(target) {
  // A field of a dialog just closed keeps the focus until the next frame.
  if (!(target instanceof Element) || !target.checkVisibility()) return false;
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=range])");
}

/** A comma separates keys; the key "," itself is written "Comma". */
function keysOf(control) {
  return control.dataset.hotkey.split(",").map((keys) => keys.trim().replace("Comma", ","));
}

export function labelOf(control) {
  const { hotkeyLabel, command, tip } = control.dataset;
  return hotkeyLabel || command || control.getAttribute("aria-label") || tip || text(control);
}

function text(control) {
  const copy = control.cloneNode(true);
  for (const extra of copy.querySelectorAll("kbd, .nav-count, .badge")) extra.remove();
  return copy.textContent.trim().replace(/\s+/g, " ");
}

function line(label, keys) {
  const item = document.createElement("li");
  const words = document.createElement("span");
  words.textContent = label;
  item.append(words, keyCaps(keys));
  return item;
}

/** "Mod+k" as key caps: Ctrl K, or ⌘ K on a Mac. */
export function keyCaps(keys) {
  const caps = document.createElement("span");
  const mod = /Mac|iP(hone|ad)/.test(navigator.platform) ? "⌘" : "Ctrl";
  const signs = { Mod: mod, Shift: "⇧", Enter: "↵", Escape: "Esc" };
  for (const key of keys.split(/[ +]/)) {
    const cap = document.createElement("kbd");
    cap.textContent = signs[key] ?? (key.length === 1 ? key.toUpperCase() : key);
    caps.append(cap);
  }
  return caps;
}
