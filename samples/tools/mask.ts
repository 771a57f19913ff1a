import { tmpdir } from 'node:os';

const TEMPORARY_PATH = new RegExp(`${tmpdir().replaceAll(/\W/g, '\\$&')}[\\w/\\\\.-]*`, 'g');

/**
 * The output with everything that differs from one run to the next replaced: times, durations, temporary paths and, numbered so
 * that one still sees which is which, ids and names of flow runs.
 */
export function mask(output: string): string {
  const ids = new Map<string, string>();
  const runs = new Map<string, string>();
  return output
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (id) => numbered(ids, 'id', id))
    .replaceAll(/(?<=(?:\b[Ff]low run|\bfrom) ')[a-z]+-[a-z]+(?=['/])/g, (name) => numbered(runs, 'run', name))
    .replaceAll(/\b\d\d:\d\d:\d\d(?:\.\d{3})?\b/g, '<time>')
    .replaceAll(/\b\d+(?:\.\d+)?(?:ms|s|[mhd](?: \d+[smh])?)\b/g, '<duration>')
    .replaceAll(TEMPORARY_PATH, '<path>');
}

/** Whether two flow runs drew one name, so that nobody can tell which is meant. Seldom: there are 20,000 names. */
export function isAmbiguous(output: string): boolean {
  const names = [...output.matchAll(/Beginning (?:sub)?flow run '([^']+)'/g)].map(([, name]) => name);
  return new Set(names).size < names.length;
}

function numbered(known: Map<string, string>, kind: string, value: string): string {
  const name = known.get(value) ?? `<${kind} ${known.size + 1}>`;
  known.set(value, name);
  return name;
}
