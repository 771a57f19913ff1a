/**
 * Run names, errors and prints hold data of strangers. What a terminal would obey (escape sequences, a carriage return
 * over the line, a reversal of the reading direction) is shown as text instead.
 */

/** Control characters (C0, DEL, C1), the Unicode line ends, and what changes the direction of text. */
const OBEYED = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const OBEYED_IN_LINES = /(?![\n\t])[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** The beginning of a log line, where it is not the beginning of one: data that pretends to be a line of ours. */
const FORGED_HEAD = /\n(?=\d\d:\d\d:\d\d\.\d{3} \| )/g;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Log lines longer than this are cut: Docker splits at 16 KiB, and half a line is no JSON. */
export const MAX_LINE_BYTES = 16 * 1024;

const encoder = new TextEncoder();

/** Text of one line: nothing in it can end the line or move the cursor. */
export function harmlessWord(text: string): string {
  return text.replace(OBEYED, visible);
}

/** Text of several lines: line ends and tabs stay; a line that looks like a log line is set in by two blanks. */
export function harmlessText(text: string): string {
  const lines = text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text;
  return lines.replace(OBEYED_IN_LINES, visible).replace(FORGED_HEAD, '\n  ');
}

/** A JSON text in which the same characters are escaped JSON's way, so that nothing is lost. */
export function harmlessJson(json: string): string {
  return json.replace(OBEYED, (character) => `\\u${hex(character, 4)}`);
}

/** The text, or as much of it as fits into so many bytes of UTF-8 with a mark that says so. */
export function cut(text: string, maxBytes = MAX_LINE_BYTES): string {
  if (text.length * 3 <= maxBytes) return text; // no UTF-16 unit takes more than three bytes
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  const mark = ` … (cut, ${bytes} bytes in all)`;
  const room = new Uint8Array(Math.max(0, maxBytes - Buffer.byteLength(mark)));
  return text.slice(0, encoder.encodeInto(text, room).read) + mark;
}

function visible(character: string): string {
  return SHORT[character] ?? (character < '\u0100' ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`);
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}
