/** Every journey, in the order in which it is travelled: by file, then by its place in the file. */
export const journeys = [];

/**
 * `at`: the server it visits ("fresh": an empty installation, "demo": the example company; see house.mjs).
 * `options`: of the browser's context, e.g. `{ viewport }`.
 */
export function journeysOf(file, at) {
  return (name, go, options = {}) => journeys.push({ file, at, name, go, options });
}
