// What a person chose for this browser: theme, widths of panes, contact pane open or closed.
// All of it stands on <html>, which Turbo never morphs.

const root = document.documentElement;

export function read(name) {
  try {
    return localStorage.getItem(`voce:${name}`);
  } catch {
    return null; // storage may be refused
  }
}

export function write(name, value) {
  try {
    if (value === null) localStorage.removeItem(`voce:${name}`);
    else localStorage.setItem(`voce:${name}`, value);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

export function applyTheme(theme = read("theme")) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else if (theme === "system") delete root.dataset.theme;
}

export function applyWidths() {
  for (const pane of ["list", "aside"]) {
    const width = Number(read(`width:${pane}`));
    if (width > 0) root.style.setProperty(`--${pane}-width`, `${width}px`);
  }
}

export function applyAside() {
  const wide = matchMedia("(width > 1180px)").matches;
  root.dataset.aside = wide ? (read("aside") ?? "open") : "closed";
}
