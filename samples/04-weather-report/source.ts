import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** A file as it was read, once: its text and the digest of that very text. */
export class Source {
  readonly text: string;
  readonly digest: string;

  constructor(text: string) {
    this.text = text;
    this.digest = createHash('sha256').update(text).digest('hex');
  }

  static async read(path: string): Promise<Source> {
    return new Source(await readFile(path, 'utf8'));
  }

  /** What tells two inputs apart is the content, wherever the file lies and whenever it was written. */
  toCacheKey(): string {
    return this.digest;
  }
}
