import type { Hash } from 'node:crypto';
import { crypto } from '../base/crypto.js';
import { Encoding, encodeOneString, type TextSink, writeArguments } from './encode.js';

/** Up to this length the text itself is the key: made at once and readable. */
const MAX_TEXT = 256;
/** Text goes to the hash in pieces of about this many characters, so that memory does not grow with the input. */
const PIECE = 16 * 1024;
const MARK = 'sha256:';

/**
 * A string that stands for the values, types and order included: their canonical text up to 256 characters, else
 * `sha256:` and the digest of that text in hex. No canonical text begins with that mark. Throws `UnhashableError` with the path of
 * what cannot be hashed: `[0].client`.
 */
export function hashObjects(...values: unknown[]): string {
  return inputHash(values);
}

/** {@link hashObjects} of an argument list. */
export function inputHash(args: readonly unknown[]): string {
  const one = encodeOneString(args);
  if (one !== undefined) return keyText(one);
  const sink = new Sha256();
  const text = writeArguments(args, new Encoding(sink, PIECE));
  if (!sink.begun) return keyText(text);
  sink.take(text);
  return MARK + sink.digest();
}

function keyText(text: string): string {
  return text.length <= MAX_TEXT ? text : MARK + sha256(text);
}

/**
 * SHA-256 in hex of the text as UTF-8. A lone surrogate, which UTF-8 has no place for, counts as the three bytes of its own number
 * (as in WTF-8), so that different strings never have the same bytes.
 */
export function sha256(text: string): string {
  if (text.length > PIECE || !isWellFormed(text)) return inPieces('sha256', text);
  oneShot ??= (crypto() as { readonly hash?: Digest }).hash ?? inPieces;
  return oneShot('sha256', text);
}

type Digest = (algorithm: 'sha256', text: string) => string;

/** In one call, where the runtime has that. */
let oneShot: Digest | undefined;

function inPieces(_algorithm: 'sha256', text: string): string {
  const hash = new Sha256();
  hash.take(text);
  return hash.digest();
}

/** The digest of texts one after another: the same as of the whole, as long as no pair of surrogates is cut in two. */
class Sha256 implements TextSink {
  private hash: Hash | undefined;

  get begun(): boolean {
    return this.hash !== undefined;
  }

  take(text: string): void {
    this.hash ??= crypto().createHash('sha256');
    for (let at = 0; at < text.length; ) {
      let end = Math.min(at + PIECE, text.length);
      if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end++;
      feed(this.hash, at === 0 && end === text.length ? text : text.slice(at, end));
      at = end;
    }
  }

  digest(): string {
    return (this.hash ?? crypto().createHash('sha256')).digest('hex');
  }
}

function feed(hash: Hash, text: string): void {
  if (isWellFormed(text)) {
    hash.update(text, 'utf8');
    return;
  }
  for (const part of text.split(/(\p{Surrogate})/u)) {
    const unit = part.length === 1 ? part.charCodeAt(0) : 0;
    if (isSurrogate(unit))
      hash.update(Uint8Array.of(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)));
    else hash.update(part, 'utf8');
  }
}

function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
