/** Bytes that give no value: a miss with this reason. A store replaces them. */
export class Undecodable {
  readonly reason = 'undecodable';

  /** @param detail why, as a sentence for people without its full stop */
  constructor(readonly detail: string) {}
}
