import type * as NodeCrypto from 'node:crypto';

let loaded: typeof NodeCrypto | undefined;

/** `node:crypto`, loaded when first needed: it is a sixth of what an import of flowpond takes, and of no use to who only defines tasks. */
export function crypto(): typeof NodeCrypto {
  loaded ??= process.getBuiltinModule('node:crypto');
  return loaded;
}
