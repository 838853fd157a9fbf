import { Controller } from "@hotwired/stimulus";
import { write } from "../shared/preferences.js";

const root = document.documentElement;
const isWide = () => matchMedia("(width > 1180px)").matches;

/** On <body>: opens and closes the contact pane, and on a phone the side bar. */
export default class extends Controller {
  connect() {
    this.onVisit = () => this.closeLayers();
    addEventListener("turbo:visit", this.onVisit);
  }

  disconnect() {
    removeEventListener("turbo:visit", this.onVisit);
  }

  toggleAside() {
    root.dataset.aside = root.dataset.aside === "open" ? "closed" : "open";
    if (isWide()) write("aside", root.dataset.aside);
  }

  toggleSidebar() {
    if (root.dataset.sidebar === "open") delete root.dataset.sidebar;
    else root.dataset.sidebar = "open";
  }

  // A refresh visits the page that is open already: it must not close anything.
  closeLayers() {
    if (this.address === location.pathname) return;
    this.address = location.pathname;
    delete root.dataset.sidebar;
    if (!isWide()) root.dataset.aside = "closed";
  }
}
