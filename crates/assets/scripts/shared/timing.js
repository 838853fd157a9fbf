/** Calls `action` once, `wait` ms after the last call; `.cancel()` forgets it, `.flush()` does it now. */
export function debounce(action, wait) {
  let timer = null;
  const run = () => {
    timer = null;
    action();
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(run, wait);
  };
  later.cancel = () => {
    clearTimeout(timer);
    timer = null;
  };
  later.flush = () => {
    if (timer === null) return;
    clearTimeout(timer);
    run();
  };
  return later;
}
