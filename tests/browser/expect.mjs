/** A journey that cannot be travelled here, because something it needs is missing. In CI that is a failure. */
export class LeftOut extends Error {}

export function check(holds, what) {
  if (!holds) throw new Error(what);
}

export function same(found, wanted, what) {
  check(found === wanted, `${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
}

/** Asks again and again until the answer is true (or not empty), and returns it. */
export async function until(ask, what, milliseconds = 15_000) {
  const end = performance.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`${what}: not within ${milliseconds / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}
