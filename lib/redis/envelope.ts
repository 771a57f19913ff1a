/** The mark, five doubles and a checksum that stand before every record, so that scripts can judge it without reading it. */
const HEAD_BYTES = 48;
const MARK = 0x66703200; // 'fp2\0', as in scripts/common.lua
const MODULUS = 65_521;

/** What the head of a stored value says. Times are milliseconds of the server's clock. */
export interface Envelope {
  readonly generation: number;
  readonly freshUntil: number;
  /** Since when it has been expired on demand; 0: it has not. */
  readonly expiredAt: number;
  /** The newest invalidation that was known when the computation began: later ones void the value. */
  readonly stamp: number;
  /** The record, as the codec wrote it. */
  readonly record: Buffer;
}

/** Reads a stored value; undefined for what is none of ours, or damaged. */
export function openEnvelope(value: Buffer): Envelope | undefined {
  if (value.length < HEAD_BYTES || value.readUInt32BE(0) !== MARK) return undefined;
  if (value.readUInt32BE(HEAD_BYTES - 4) !== checksum(value)) return undefined;
  return {
    generation: value.readDoubleBE(4),
    freshUntil: value.readDoubleBE(12),
    stamp: value.readDoubleBE(28),
    expiredAt: value.readDoubleBE(36),
    record: value.subarray(HEAD_BYTES),
  };
}

/** Adler-32: scripts can make it too, and it tells of every changed byte in so short a text. */
function checksum(value: Buffer): number {
  let a = 1;
  let b = 0;
  for (let i = 0; i < HEAD_BYTES - 4; i++) {
    a += value[i] as number;
    b += a;
  }
  return (b % MODULUS) * 65_536 + (a % MODULUS); // 44 bytes do not overflow
}
