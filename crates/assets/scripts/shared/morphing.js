// A refresh morphs the page under the hands of a person: these rules keep what the person is doing.
import { morphBodyElements } from "@hotwired/turbo";

// Pages never carry inline styles, so a style attribute is always ours; `open` is the person's.
const OURS = new Set(["style", "open", "aria-expanded"]);
const saved = new WeakSet();

addEventListener("turbo:before-morph-attribute", (event) => {
  if (OURS.has(event.detail.attributeName)) event.preventDefault();
});

// A field that was changed and not yet saved keeps its value; a toast goes when its own time is over.
addEventListener("turbo:before-morph-element", (event) => {
  const { currentElement, newElement } = event.detail;
  const keeps = newElement ? isBeingEdited(currentElement) : currentElement.matches(".toast");
  if (keeps) event.preventDefault();
});

// A button with an address of its own may only try something out; where it saves, the answer leads elsewhere.
addEventListener("turbo:submit-end", ({ target, detail }) => {
  const tried = detail.formSubmission.submitter?.hasAttribute("formaction");
  if (detail.success && !tried && target.method !== "get") saved.add(target);
});

addEventListener("input", ({ target }) => saved.delete(target.form));

// From one case to the next the desk stays: only what differs is changed, the list keeps its scroll.
// The same for filters that send themselves: the field keeps its focus.
addEventListener("turbo:before-render", (event) => {
  const { newBody, renderMethod } = event.detail;
  const stays =
    (document.querySelector(".desk") && newBody.querySelector(".desk")) ||
    document.activeElement?.closest("form[data-controller~=autosubmit]");
  if (renderMethod === "replace" && stays) event.detail.render = morphBodyElements;
  if (renderMethod === "morph" || stays) settlePermanents(newBody);
});

// Morphing keeps a permanent element even when the new page has none, and Turbo would carry over by hand
// what morphing keeps anyway: both would leave two of them.
function settlePermanents(newBody) {
  for (const element of document.body.querySelectorAll("[data-turbo-permanent]")) {
    const next = newBody.querySelector(`#${CSS.escape(element.id)}`);
    (next ?? element).removeAttribute("data-turbo-permanent");
  }
}

// What stands in a filter (GET) is no work to be lost, unless a person types there now.
function isBeingEdited(field) {
  if (!isChanged(field) || saved.has(field.form)) return false;
  return field.form?.method !== "get" || field === document.activeElement;
}

export function isChanged(field) {
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  if (field instanceof HTMLSelectElement) {
    const first = [...field.options].some((option) => option.defaultSelected);
    return first && [...field.options].some((option) => option.selected !== option.defaultSelected);
  }
  if (!(field instanceof HTMLInputElement)) return false;
  if (field.type === "hidden" || field.type === "submit") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type === "file") return field.files.length > 0;
  return field.value !== field.defaultValue;
}
