import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { progress } from '../harness/progress.mjs';
import { ownSize, peerSize } from '../harness/size.mjs';
import { median } from '../harness/stats.mjs';

export const OWN = 'flowpond';
const EMPTY = 'data:text/javascript,';
const BENCH = fileURLToPath(new URL('..', import.meta.url));

export const cold = {
  id: 'j',
  title: 'Import time and installed size',
  says: 'Milliseconds of `await import(…)` in a fresh process, less those of an empty module; and what the whole process takes longer than an empty one. Fifteen processes each (seven of a peer), in turns. Size: the files of the package and of all it depends on, as installed.',
  async run({ peers, processes = 15 }) {
    const subjects = [
      { name: OWN, kind: 'flowpond', packages: ['flowpond'] },
      ...peers.map((peer) => ({ name: peer.name, kind: 'peer', packages: [peer.package, ...(peer.with ?? [])] })),
    ];
    const empty = { imported: [], whole: [] };
    const times = subjects.map(() => ({ imported: [], whole: [] }));
    for (let turn = 0; turn < processes; turn++) {
      progress(`import, process ${turn + 1}/${processes}`);
      takeTime([EMPTY], empty);
      for (const [index, { kind, packages }] of subjects.entries()) {
        if (kind === 'flowpond' || turn % 2 === 1) takeTime(packages, times[index]);
      }
    }
    const rowsOf = (which) => {
      const none = median(empty[which]);
      return subjects.map(({ name, kind }, index) => ({ name, kind, samples: times[index][which].map(less(none)) }));
    };
    const tables = [
      { title: 'Import, in the process', unit: 'ms', main: OWN, rows: rowsOf('imported') },
      { title: 'Import, whole process against an empty one', unit: 'ms', main: OWN, rows: rowsOf('whole') },
    ];
    return peers.length === 0 ? { tables } : { tables: [...tables, sizes(peers)] };
  },
};

const less = (none) => (ms) => Math.round((ms - none) * 10) / 10;

function takeTime(packages, into) {
  const code = `const t = performance.now(); for (const name of ${JSON.stringify(packages)}) await import(name); process.stdout.write(String(performance.now() - t));`;
  const begun = performance.now();
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: BENCH, encoding: 'utf8' });
  into.whole.push(performance.now() - begun);
  if (child.status !== 0) throw new Error(`import of ${packages} failed: ${child.stderr}`);
  into.imported.push(Number(child.stdout));
}

function sizes(peers) {
  const { tarball, own, bytes, packages } = ownSize();
  const kB = (size) => Math.round(size / 1_000);
  const note = `${packagesText(packages)}; its own files ${kB(own)} kB, packed ${kB(tarball)} kB`;
  const rows = [{ name: OWN, kind: 'flowpond', samples: [kB(bytes)], note }];
  for (const peer of peers) {
    const size = peerSize([peer.package, ...(peer.with ?? [])]);
    rows.push({ name: peer.name, kind: 'peer', samples: [kB(size.bytes)], note: packagesText(size.packages) });
  }
  return { title: 'Installed size', unit: 'kB', main: OWN, rows };
}

function packagesText(count) {
  return `${count} package${count === 1 ? '' : 's'}`;
}
