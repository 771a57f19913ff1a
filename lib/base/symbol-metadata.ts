// Compilers give decorators of one class a shared `context.metadata` only where `Symbol.metadata` exists before the class does
// (tsc), and make it reachable from the class only under this symbol (swc, esbuild). Node has none yet.
(Symbol as { metadata?: symbol }).metadata ??= Symbol.for('Symbol.metadata');
