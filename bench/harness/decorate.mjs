/** Puts method decorators on a method as TypeScript's `experimentalDecorators` does, without a compiler. */
export function decorate(target, key, ...decorators) {
  let descriptor = Object.getOwnPropertyDescriptor(target, key);
  for (const decorator of decorators.reverse()) descriptor = decorator(target, key, descriptor) ?? descriptor;
  Object.defineProperty(target, key, descriptor);
}
