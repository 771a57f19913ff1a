const given = new Map();

/** The name, numbered from its second use on: a scene that is measured again needs tasks of its own. */
export function unique(name) {
  const count = (given.get(name) ?? 0) + 1;
  given.set(name, count);
  return count === 1 ? name : `${name} ${count}`;
}
