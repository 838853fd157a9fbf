import { Controller } from "@hotwired/stimulus";

const GAP = 4;
const MARGIN = 8;

/** A native popover beside its button, walked with the arrows, narrowed by its filter field. */
export default class extends Controller {
  static targets = ["button", "menu", "filter"];

  menuTargetConnected(menu) {
    menu.addEventListener("beforetoggle", this.beforeToggle);
    menu.addEventListener("toggle", this.toggled);
    menu.addEventListener("keydown", this.keyed);
    menu.addEventListener("click", this.chosen);
  }

  menuTargetDisconnected(menu) {
    menu.removeEventListener("beforetoggle", this.beforeToggle);
    menu.removeEventListener("toggle", this.toggled);
    menu.removeEventListener("keydown", this.keyed);
    menu.removeEventListener("click", this.chosen);
  }

  close() {
    this.menuTarget.hidePopover();
  }

  /** What leads on closes the menu: a page that is only morphed would leave it open. */
  chosen = ({ target }) => {
    if (target.closest("a[href], button:not([type=button])")) this.close();
  };

  filter() {
    const wanted = this.filterTarget.value.trim().toLocaleLowerCase();
    for (const item of this.menuTarget.querySelectorAll(".menu-item")) {
      item.hidden = !item.textContent.toLocaleLowerCase().includes(wanted);
    }
    for (const part of this.menuTarget.querySelectorAll(".menu-title, .menu-line")) part.hidden = wanted !== "";
  }

  beforeToggle = ({ newState }) => {
    const open = newState === "open";
    this.buttonTarget.setAttribute("aria-expanded", String(open));
    if (open) this.place();
  };

  toggled = ({ newState }) => {
    if (newState !== "open") return;
    if (this.hasFilterTarget) {
      this.filterTarget.value = "";
      this.filter();
    }
    (this.hasFilterTarget ? this.filterTarget : this.items[0])?.focus();
  };

  /** Below or above, from the left or from the right edge: where there is more room. */
  place() {
    const { style } = this.menuTarget;
    const box = this.buttonTarget.getBoundingClientRect();
    const below = innerHeight - box.bottom >= 320 || innerHeight - box.bottom >= box.top;
    const fromLeft = box.left + 300 <= innerWidth || box.left < innerWidth - box.right;
    style.top = below ? `${box.bottom + GAP}px` : "auto";
    style.bottom = below ? "auto" : `${innerHeight - box.top + GAP}px`;
    style.left = fromLeft ? `${Math.max(box.left, MARGIN)}px` : "auto";
    style.right = fromLeft ? "auto" : `${Math.max(innerWidth - box.right, MARGIN)}px`;
    style.maxHeight = `${Math.max((below ? innerHeight - box.bottom : box.top) - GAP - MARGIN, 120)}px`;
  }

  get items() {
    return [...this.menuTarget.querySelectorAll(".menu-item")].filter((item) => !item.hidden && !item.disabled);
  }

  keyed = (event) => {
    const { items } = this;
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? items.length - 1 : at - 1, Home: 0, End: items.length - 1 }[event.key];
    const inFilter = this.hasFilterTarget && event.target === this.filterTarget;
    if (inFilter && event.key === "Enter") {
      event.preventDefault();
      items[0]?.click();
    } else if (to !== undefined && !(inFilter && ["Home", "End"].includes(event.key))) {
      event.preventDefault();
      items.at(to % items.length)?.focus();
    }
  };
}
