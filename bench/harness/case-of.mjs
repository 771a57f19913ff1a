let made = 0;

/** A measured function with call sites of its own: shared ones would turn megamorphic and cost the fastest most. */
export async function caseOf(shape, call, ...rest) {
  const module = await import(`./own-case.mjs?${made++}`);
  return module[shape](call, ...rest);
}
