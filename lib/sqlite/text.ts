/**
 * Texts as SQLite keeps them: as they are, but for those with a NUL, at which some of its functions end, or a lone surrogate, which
 * UTF-8 has no place for: these become JSON, and so does what begins like JSON. No two texts become one.
 */
export function toSql(text: string): string {
  return text.startsWith('"') || text.includes('\0') || !isWellFormed(text) ? JSON.stringify(text) : text;
}

/** The text that {@link toSql} was given. */
export function fromSql(text: string): string {
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

/** Labels in one column: JSON, which a query can take apart. */
export function tagsToSql(tags: readonly string[] | undefined): string | null {
  return tags === undefined ? null : JSON.stringify(tags.map(toSql));
}

/** Whether they are what {@link tagsToSql} made, and not damaged since. */
export function areReadable(tags: string | null): boolean {
  try {
    return tags === null || Array.isArray(JSON.parse(tags));
  } catch {
    return false;
  }
}

function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
