import "@hotwired/turbo";
import { Application } from "@hotwired/stimulus";
import "./shared/morphing.js";
import Autosubmit from "./controllers/autosubmit.js";
import Bulk from "./controllers/bulk.js";
import Composer from "./controllers/composer.js";
import Copy from "./controllers/copy.js";
import Dialog from "./controllers/dialog.js";
import Dismiss from "./controllers/dismiss.js";
import Hotkeys from "./controllers/hotkeys.js";
import Live from "./controllers/live.js";
import Menu from "./controllers/menu.js";
import Palette from "./controllers/palette.js";
import Pane from "./controllers/pane.js";
import Presence from "./controllers/presence.js";
import RelativeTime from "./controllers/relative-time.js";
import Resize from "./controllers/resize.js";
import Reveal from "./controllers/reveal.js";
import Theme from "./controllers/theme.js";
import Thread from "./controllers/thread.js";
import Toast from "./controllers/toast.js";
import Upload from "./controllers/upload.js";

// Turbo drops the request of a visit that a newer one overtook; that is no error.
addEventListener("unhandledrejection", (event) => {
  if (event.reason?.name === "AbortError") event.preventDefault();
});

const application = Application.start();
const controllers = {
  autosubmit: Autosubmit,
  bulk: Bulk,
  composer: Composer,
  copy: Copy,
  dialog: Dialog,
  dismiss: Dismiss,
  hotkeys: Hotkeys,
  live: Live,
  menu: Menu,
  palette: Palette,
  pane: Pane,
  presence: Presence,
  "relative-time": RelativeTime,
  resize: Resize,
  reveal: Reveal,
  theme: Theme,
  thread: Thread,
  toast: Toast,
  upload: Upload,
};
for (const [name, controller] of Object.entries(controllers)) application.register(name, controller);
