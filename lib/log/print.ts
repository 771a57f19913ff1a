import { formatWithOptions, stripVTControlCharacters } from 'node:util';

/** What `console.log` would have written of these arguments, as text without colours, whoever put them in. */
export function formatPrint(args: readonly unknown[]): string {
  return stripVTControlCharacters(formatWithOptions({ colors: false }, ...args));
}
