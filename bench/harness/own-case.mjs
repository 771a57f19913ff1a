// Loaded once for each case under a query of its own (case-of.mjs), so that every case has call sites nobody else has used.

/** Calls with the next input, in the fixed random order of the inputs. Their number is a power of two. */
export function withNext(call, inputs) {
  const mask = inputs.length - 1;
  let at = 0;
  return () => {
    at = (at + 1) & mask;
    return call(inputs[at]);
  };
}

/** The same, the input being a list of three arguments. */
export function withNextThree(call, inputs) {
  const mask = inputs.length - 1;
  let at = 0;
  return () => {
    at = (at + 1) & mask;
    const [first, second, third] = inputs[at];
    return call(first, second, third);
  };
}

/** Calls with a text that was never seen. */
export function withFresh(call) {
  let at = 0;
  return () => call(`A${at++}`);
}

/** Many callers of one text that was never seen, at once. */
export function withCrowd(call, callers) {
  let at = 0;
  return () => {
    const key = `crowd ${at++}`;
    return Promise.all(Array.from({ length: callers }, () => call(key)));
  };
}
