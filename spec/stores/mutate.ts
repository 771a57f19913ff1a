/** Numbers from 0 to 1, the same for each seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A copy with a fault: bits flipped, bytes overwritten, cut off, extended, moved, repeated or blanked. Always another than the original. */
export function mutated(original: Uint8Array, random: () => number): Buffer {
  for (;;) {
    const copy = faulty(Buffer.from(original), random);
    if (!copy.equals(original)) return copy;
  }
}

function faulty(copy: Buffer, random: () => number): Buffer {
  const { length } = copy;
  const at = Math.floor(random() * length);
  const count = 1 + Math.floor(random() * 8);
  switch (Math.floor(random() * 8)) {
    case 0:
      copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      return copy;
    case 1:
      for (let i = 0; i < count; i++) copy[Math.floor(random() * length)] = Math.floor(random() * 256);
      return copy;
    case 2:
      return copy.subarray(0, at);
    case 3:
      return Buffer.concat([copy, Buffer.from(Array.from({ length: count }, () => Math.floor(random() * 256)))]);
    case 4:
      return copy.fill(random() < 0.5 ? 0 : 0xff, at, Math.min(at + count, length));
    case 5:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + count)]);
    case 6:
      return Buffer.concat([copy.subarray(0, at + count), copy.subarray(at)]);
    default: {
      const other = Math.floor(random() * length);
      [copy[at], copy[other]] = [copy[other] ?? 0, copy[at] ?? 0];
      return copy;
    }
  }
}
