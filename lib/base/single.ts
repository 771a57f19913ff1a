/**
 * What a process must have once although two builds of the package (ES and CommonJS) may be loaded: the run scope, the
 * default pond, the definitions. Kept under one registered symbol; the number changes when the shape of what is kept does.
 */
const HOME = Symbol.for('flowpond.single.1');

type Home = Map<string, unknown>;

/** The process's one value of this name, made by the first copy of the package that asks. */
export function single<T>(name: string, make: () => T): T {
  const holder = globalThis as { [HOME]?: Home };
  let home = holder[HOME];
  if (home === undefined) {
    home = new Map();
    Object.defineProperty(holder, HOME, { value: home });
  }
  if (!home.has(name)) home.set(name, make());
  return home.get(name) as T;
}
