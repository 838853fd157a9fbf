// One person at one browser, and everything that goes wrong in front of them.
import { check, until } from "./expect.mjs";
import { speaker } from "./words.mjs";

const out = new URL("out/", import.meta.url);
const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

export class Visit {
  troubles = [];
  /** Statuses of answers that this journey provokes on purpose. */
  provoked = new Set();

  static async open(browser, server, { language = "it", theme = "light", viewport = DESKTOP, ...options } = {}) {
    const visit = new Visit();
    visit.server = server;
    visit.language = language;
    visit.context = await browser.newContext({
      baseURL: server.url,
      viewport,
      locale: language === "it" ? "it-IT" : "en-GB",
      timezoneId: "Europe/Rome",
      colorScheme: theme,
      hasTouch: viewport.width < 800,
      reducedMotion: "reduce",
      ...options,
    });
    visit.context.setDefaultTimeout(15_000);
    await visit.context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
        console.error(`content security policy: ${violatedDirective} ${blockedURI} ${sourceFile ?? ""}:${lineNumber}`);
      });
    });
    visit.context.on("page", (page) => visit.watch(page));
    visit.page = await visit.context.newPage();
    return visit;
  }

  watch(page) {
    const trouble = (words) => this.troubles.push(`${words} (at ${new URL(page.url(), "http://x").pathname})`);
    page.on("pageerror", (error) => trouble(`error in a script: ${error.message}`));
    page.on("console", (message) => {
      // Answers with an error status are judged below.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) trouble(`console: ${message.text()}`);
    });
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText ?? "";
      // A page that is left cuts what it was still waiting for.
      if (!why.includes("ERR_ABORTED")) trouble(`request failed: ${request.method()} ${request.url()}: ${why}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400 && !this.provoked.has(response.status())) {
        trouble(`status ${response.status()} for ${response.request().method()} ${new URL(response.url()).pathname}`);
      }
    });
  }

  /** This journey provokes answers with these statuses. */
  provoke(...statuses) {
    for (const status of statuses) this.provoked.add(status);
  }

  /** What journeys take from a visit. */
  get tools() {
    const { page } = this;
    const say = speaker(this.language);
    return {
      visit: this,
      server: this.server,
      page,
      t: say,
      /** By its words, exactly. */
      button: (key, values) => page.getByRole("button", { name: say(key, values), exact: true }),
      link: (key, values) => page.getByRole("link", { name: say(key, values), exact: true }),
      field: (key, values) => page.getByLabel(say(key, values), { exact: true }),
      toast: (words) => page.locator(".toast", { hasText: words }).first().waitFor(),
      picture: (name, options) => this.picture(name, options),
    };
  }

  /** Kept as a file of the run. */
  async picture(name, options = {}) {
    const file = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    await this.page.screenshot({ path: new URL(`${file}.png`, out).pathname, animations: "disabled", ...options });
  }

  async noSidewaysScroll() {
    const [wide, screen] = await this.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    check(wide <= screen, `${this.path} scrolls sideways: ${wide} px on a screen of ${screen} px`);
  }

  get path() {
    const { pathname, search } = new URL(this.page.url());
    return pathname + search;
  }

  /** Until Turbo (or the browser) has shown a page whose path begins so. */
  arrives(start) {
    const is = (path) => (start instanceof RegExp ? start.test(path) : path.startsWith(start));
    return until(() => is(this.path), `${this.path} leads to ${start}`);
  }

  async close() {
    await this.context.close();
  }
}
