/** The files of an input that holds many: adding, taking away, and a list that shows them. */
export class AttachedFiles {
  constructor(input, list, removeLabel, changed) {
    Object.assign(this, { input, list, removeLabel, changed, files: [] });
  }

  add(files) {
    this.files.push(...files);
    this.show();
  }

  remove(file) {
    this.files = this.files.filter((other) => other !== file);
    this.show();
  }

  clear() {
    this.files = [];
    this.show();
  }

  show() {
    const transfer = new DataTransfer();
    for (const file of this.files) transfer.items.add(file);
    this.input.files = transfer.files;
    this.list.replaceChildren(...this.files.map((file) => this.line(file)));
    this.changed();
  }

  line(file) {
    const line = document.createElement("li");
    line.className = "attachment";
    const name = document.createElement("span");
    name.textContent = file.name;
    const size = document.createElement("span");
    size.className = "attachment-size";
    size.textContent = bytes(file.size);
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "button button-ghost button-icon button-s";
    remove.setAttribute("aria-label", `${this.removeLabel} ${file.name}`);
    remove.textContent = "×";
    remove.addEventListener("click", () => this.remove(file));
    line.append(name, size, remove);
    return line;
  }
}

export function bytes(size) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(Math.floor(Math.log10(Math.max(size, 1)) / 3), units.length - 1);
  const language = document.documentElement.lang || undefined;
  const options = { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(language, options).format(size / 1000 ** step);
}
