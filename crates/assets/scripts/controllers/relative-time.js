import { Controller } from "@hotwired/stimulus";

const STEPS = [
  [60, "second", 1],
  [3600, "minute", 60],
  [86_400, "hour", 3600],
  [604_800, "day", 86_400],
];
const clocks = new Set();
const showAll = () => clocks.forEach((clock) => clock.show());
setInterval(showAll, 30_000);
addEventListener("turbo:render", showAll);

/** "3 min fa" from <time datetime>, for a week; then the date. The whole date is its title. */
export default class extends Controller {
  connect() {
    clocks.add(this);
    this.show();
  }

  disconnect() {
    clocks.delete(this);
  }

  show() {
    const when = new Date(this.element.dateTime);
    if (Number.isNaN(when.getTime())) return;
    const words = relative(when);
    if (this.element.textContent !== words) this.element.textContent = words;
    this.element.title = format({ dateStyle: "full", timeStyle: "short" }).format(when);
  }
}

function relative(when) {
  const seconds = Math.round((when - Date.now()) / 1000);
  const step = STEPS.find(([limit]) => Math.abs(seconds) < limit);
  if (step) {
    const [, unit, size] = step;
    const amount = unit === "second" ? 0 : Math.trunc(seconds / size);
    const numeric = unit === "day" || unit === "second" ? "auto" : "always";
    return new Intl.RelativeTimeFormat(language(), { numeric, style: "narrow" }).format(amount, unit);
  }
  const sameYear = when.getFullYear() === new Date().getFullYear();
  return format({ day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) }).format(when);
}

const format = (options) => new Intl.DateTimeFormat(language(), options);
const language = () => document.documentElement.lang || undefined;
