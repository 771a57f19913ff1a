import * as f from './format.js';

/** The bytes are no document, or one beyond the limits. */
export class CorruptError extends Error {
  override readonly name = 'CorruptError';
}

/** How much text is decoded at once. A string cut from it keeps all of it alive, so it is bounded. */
const WINDOW = 16 * 1024;
/** V8 copies shorter strings anyway. */
const MIN_SLICED = 13;

/** A document's bytes: its tags and numbers one after another, and its text. */
export class Input {
  protected at: number;
  protected readonly end: number;
  protected readonly hasReferences: boolean;
  private readonly view: DataView;
  /** The part of the text that is decoded: all of UTF-8, a window of others. */
  private text = '';
  private textFrom = 0;
  private textTo = 0;
  private textAt = 0;
  private readonly textForm: number;
  private readonly textLength: number;

  constructor(
    protected readonly bytes: Buffer,
    start: number,
    end: number,
    protected readonly limits: f.CodecLimits,
  ) {
    if (end - start < f.DOCUMENT_HEAD) throw new CorruptError('it is too short');
    if (end - start > limits.maxBytes) throw new CorruptError(`it has more than ${limits.maxBytes} bytes`);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = start + f.DOCUMENT_HEAD;
    this.end = this.at + this.view.getUint32(start + 2, true);
    const size = end - this.end;
    this.textForm = bytes[start] as number;
    this.hasReferences = bytes[start + 1] === 1;
    if (size < 0 || this.textForm > f.TEXT_UTF16 || (bytes[start + 1] as number) > 1)
      throw new CorruptError('its head is damaged');
    if (this.textForm === f.TEXT_UTF8) {
      this.text = bytes.toString('utf8', this.end, end);
      this.textTo = this.text.length;
      this.textLength = this.textTo;
    } else {
      this.textLength = this.textForm === f.TEXT_ASCII ? size : size / 2;
      // Not only wrong: Node 24 writes beyond its memory where it decodes half a UTF-16 unit.
      if (!Number.isInteger(this.textLength)) throw new CorruptError('its text ends within a character');
    }
  }

  protected finish(): void {
    if (this.at !== this.end || this.textAt !== this.textLength) throw new CorruptError('something is left over');
  }

  protected tag(): number {
    if (this.at >= this.end) throw new CorruptError('it ends too early');
    return this.bytes[this.at++] as number;
  }

  protected integer(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new CorruptError('it has a number that is too long');
  }

  protected uint16(): number {
    return (this.bytes[this.at++] as number) | ((this.bytes[this.at++] as number) << 8);
  }

  protected uint32(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  protected int32(): number {
    this.at += 4;
    return this.view.getInt32(this.at - 4, true);
  }

  protected float(): number {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  /** The next so many units of the text. */
  protected cut(length: number): string {
    const from = this.textAt;
    this.textAt += length;
    if (this.textAt > this.textTo) this.slide(from, length);
    const piece = this.text.substring(from - this.textFrom, this.textAt - this.textFrom);
    return this.textForm === f.TEXT_UTF8 && length >= MIN_SLICED && this.textLength > WINDOW ? detached(piece) : piece;
  }

  private slide(from: number, length: number): void {
    if (this.textAt > this.textLength) throw new CorruptError('its text is cut off');
    this.textFrom = from;
    this.textTo = Math.min(from + Math.max(length, WINDOW), this.textLength);
    const wide = this.textForm === f.TEXT_UTF16 ? 2 : 1;
    const encoding = wide === 2 ? 'utf16le' : 'latin1'; // ASCII is Latin-1, which is faster
    this.text = this.bytes.toString(encoding, this.end + wide * from, this.end + wide * this.textTo);
  }

  /** A copy of the next so many bytes, aligned for every typed array. */
  protected binary(length: number): ArrayBuffer {
    const from = this.at;
    this.at += length;
    if (this.at > this.end) throw new CorruptError('its bytes are cut off');
    const copy = new Uint8Array(length);
    copy.set(this.bytes.subarray(from, this.at));
    return copy.buffer;
  }
}

/** The same text as a string of its own. */
function detached(piece: string): string {
  return ` ${piece}`.slice(1);
}
