// Runs before the first paint, so that the page never jumps from one look to another.
import { applyAside, applyTheme, applyWidths } from "./shared/preferences.js";

applyTheme();
applyWidths();
applyAside();
