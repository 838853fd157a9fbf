import { Controller } from "@hotwired/stimulus";
import { read, write } from "../shared/preferences.js";

const STEP = 24;
const LEAST = { list: 280, aside: 240 };
const MOST = 640;

/** The edge of a pane, moved by pointer or arrows; a double click gives the first width back. */
export default class extends Controller {
  static values = { pane: String };

  connect() {
    this.element.addEventListener("pointerdown", this.start);
    this.element.addEventListener("keydown", this.key);
    this.element.addEventListener("dblclick", this.reset);
  }

  disconnect() {
    this.element.removeEventListener("pointerdown", this.start);
    this.element.removeEventListener("keydown", this.key);
    this.element.removeEventListener("dblclick", this.reset);
  }

  start = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const from = event.clientX;
    const width = this.width;
    this.element.setPointerCapture(event.pointerId);
    this.element.dataset.dragging = "";
    const move = ({ clientX }) => this.set(width + (clientX - from) * this.direction);
    const end = () => {
      this.element.removeEventListener("pointermove", move);
      delete this.element.dataset.dragging;
      write(`width:${this.paneValue}`, String(Math.round(this.width)));
    };
    this.element.addEventListener("pointermove", move);
    this.element.addEventListener("lostpointercapture", end, { once: true });
  };

  key = (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!steps) return;
    event.preventDefault();
    event.stopPropagation();
    this.set(this.width + steps * STEP * this.direction);
    write(`width:${this.paneValue}`, String(Math.round(this.width)));
  };

  reset = () => {
    document.documentElement.style.removeProperty(`--${this.paneValue}-width`);
    write(`width:${this.paneValue}`, null);
  };

  set(width) {
    const kept = Math.min(Math.max(width, LEAST[this.paneValue] ?? LEAST.list), MOST);
    document.documentElement.style.setProperty(`--${this.paneValue}-width`, `${kept}px`);
  }

  get width() {
    return this.element.parentElement.getBoundingClientRect().width || Number(read(`width:${this.paneValue}`));
  }

  get direction() {
    return this.paneValue === "aside" ? -1 : 1;
  }
}
