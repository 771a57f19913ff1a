// jest runs each spec in its own vm realm: values made by Node's core (fs errors, structuredClone, v8.deserialize)
// come from the outer realm, so `instanceof` is false there. This lets both realms' instances pass.
const { TestEnvironment: NodeEnvironment } = require('jest-environment-node');
const has = Function.prototype[Symbol.hasInstance];
class RealmEnvironment extends NodeEnvironment {
  async setup() {
    await super.setup();
    for (const name of [
      'Object',
      'Error',
      'TypeError',
      'RangeError',
      'SyntaxError',
      'Map',
      'Set',
      'Date',
      'RegExp',
      'Promise',
      'ArrayBuffer',
      'Array',
    ]) {
      const inner = this.global[name],
        outer = globalThis[name];
      Object.defineProperty(inner, Symbol.hasInstance, {
        configurable: true,
        value(v) {
          return has.call(this, v) || (this === inner && has.call(outer, v));
        },
      });
    }
  }
}
module.exports = RealmEnvironment;
