import { Controller } from "@hotwired/stimulus";
import { applyTheme, read, write } from "../shared/preferences.js";

/** light, dark or system: data-action="theme#set" data-theme-name-param="dark". */
export default class extends Controller {
  static targets = ["choice"];

  connect() {
    this.onRender = () => this.show();
    addEventListener("turbo:render", this.onRender);
    this.show();
  }

  disconnect() {
    removeEventListener("turbo:render", this.onRender);
  }

  set({ params: { name } }) {
    write("theme", name);
    applyTheme(name);
    this.show();
  }

  toggle() {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark" || isSystemDark();
    this.set({ params: { name: dark ? "light" : "dark" } });
  }

  show() {
    const now = read("theme") ?? document.documentElement.dataset.theme ?? "system";
    for (const choice of this.choiceTargets) choice.setAttribute("aria-pressed", String(choice.dataset.themeNameParam === now));
  }
}

function isSystemDark() {
  return !document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches;
}
