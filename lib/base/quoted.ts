const LONGEST_SHOWN = 40;

/** A text of the user's within a sentence: short, in quotes, control characters escaped. */
export function quoted(given: string): string {
  const short = given.length > LONGEST_SHOWN ? `${given.slice(0, LONGEST_SHOWN)}…` : given;
  return `'${JSON.stringify(short).slice(1, -1)}'`;
}
