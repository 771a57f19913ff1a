import * as f from './format.js';
import { Refusal } from './refusal.js';

/** Room for a tag and its numbers: what is made sure of before each value. */
const ROOM = 32;
const FIRST_SIZE = 8 * 1024;
const MAX_KEPT = 1024 * 1024;

/** Memory in which documents are put together, and their strings, numbers and tags. It is used again and again. */
export class Output {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  view: DataView = viewOf(this.bytes);
  /** Where the next byte goes. */
  at = 0;
  protected limits: f.CodecLimits = f.DEFAULT_LIMITS;
  /** Where the document begins that is being written. */
  protected start = 0;
  private text = '';

  /** Makes room for so many bytes more. */
  reserve(count: number): void {
    const wanted = this.at + count;
    if (wanted <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
    this.view = viewOf(larger);
  }

  /** A copy of all that was written. */
  copy(): Buffer {
    const copy = Buffer.allocUnsafe(this.at);
    this.bytes.copy(copy, 0, 0, this.at);
    return copy;
  }

  /** Forgets what was written. */
  reset(): void {
    this.at = 0;
    if (this.bytes.length <= MAX_KEPT) return;
    this.bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
    this.view = viewOf(this.bytes);
  }

  protected begin(limits: f.CodecLimits): void {
    this.limits = limits;
    this.start = this.at;
    this.text = '';
    this.reserve(f.DOCUMENT_HEAD + ROOM);
    this.at += f.DOCUMENT_HEAD;
    this.bytes[this.start + 1] = 0;
  }

  /** Appends the text and fills in the head. */
  protected end(): void {
    const { text, start } = this;
    this.text = '';
    this.view.setUint32(start + 2, this.at - start - f.DOCUMENT_HEAD, true);
    const size = Buffer.byteLength(text);
    this.reserve(Math.max(size, 2 * text.length));
    const form = size === text.length ? f.TEXT_ASCII : isWellFormed(text) ? f.TEXT_UTF8 : f.TEXT_UTF16;
    this.at += this.bytes.write(text, this.at, f.TEXT_ENCODINGS[form]);
    this.bytes[start] = form;
    this.checkSize();
  }

  /** To be called before anything of a value is written. */
  protected makeRoom(): void {
    if (this.at + ROOM <= this.bytes.length) return;
    this.checkSize();
    this.reserve(ROOM);
  }

  private checkSize(): void {
    if (this.at - this.start > this.limits.maxBytes) throw Refusal.ofLimit('bytes', this.limits.maxBytes);
  }

  protected tag(tag: number): void {
    this.bytes[this.at++] = tag;
  }

  /** An integer from 0 to 2^32 - 1, seven bits a byte. */
  protected integer(value: number): void {
    let left = value;
    while (left > 0x7f) {
      this.bytes[this.at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.bytes[this.at++] = left;
  }

  protected number(value: number): void {
    const integer = value >>> 0;
    if (integer === value && (integer !== 0 || Object.is(value, 0))) {
      if (integer < 64) this.bytes[this.at++] = integer;
      else if (integer < 0x10000) {
        this.bytes[this.at++] = f.UINT16;
        this.bytes[this.at++] = integer & 0xff;
        this.bytes[this.at++] = integer >>> 8;
      } else {
        this.bytes[this.at++] = f.UINT32;
        this.view.setUint32(this.at, integer, true);
        this.at += 4;
      }
    } else if (value < 0 && (value | 0) === value) {
      this.bytes[this.at++] = f.INT32;
      this.view.setInt32(this.at, value, true);
      this.at += 4;
    } else {
      this.bytes[this.at++] = f.FLOAT;
      this.float(value);
    }
  }

  protected float(value: number): void {
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  protected string(value: string): void {
    const { length } = value;
    if (length < 64) this.bytes[this.at++] = f.SHORT_STRING | length;
    else {
      const { maxStringLength, maxBytes } = this.limits;
      if (length > maxStringLength) throw Refusal.ofLimit('characters', maxStringLength);
      if (this.text.length + length > maxBytes) throw Refusal.ofLimit('bytes', maxBytes);
      this.bytes[this.at++] = f.STRING;
      this.integer(length);
    }
    this.text += value;
  }

  /** A string without a tag. */
  protected bareString(value: string): void {
    this.integer(value.length);
    this.text += value;
  }

  protected binary(kind: number, bytes: Uint8Array): void {
    if (bytes.length > this.limits.maxBytes) throw Refusal.ofLimit('bytes', this.limits.maxBytes);
    this.reserve(bytes.length + ROOM);
    this.bytes[this.at++] = f.BINARY;
    this.bytes[this.at++] = kind;
    this.integer(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
