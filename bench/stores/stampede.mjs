import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { progress } from '../harness/progress.mjs';
import { subjects } from './subjects.mjs';

const CHILD = fileURLToPath(new URL('stampede-child.mjs', import.meta.url));
const PROCESSES = 8;
const CALLS = 20_000;
const KEYS = 100;
const BODY_MS = 100;

export const stampede = {
  title: 'Stampede: 8 processes, 20,000 calls of 100 cold keys',
  says: 'Every process makes 2,500 calls at once, 25 of each key, of a body that takes 100 ms. Computations: how often the body ran in all processes together; 100 is what is wanted. Duration: from the first call to the last answer. The percentiles are over the 20,000 calls of a round. One round before them is not counted.',
  /** A row for each subject: what each round came to. */
  async run({ places, empty, rounds = 5 }) {
    const rows = [];
    for (const subject of subjects.filter(({ kind, where }) => kind === 'flowpond' || where === 'near')) {
      await empty(); // what one has left must be a hit of no other
      rows.push({ name: subject.name, kind: subject.kind, rounds: await roundsOf(subject.name, places, rounds) });
    }
    return rows;
  },
};

async function roundsOf(name, places, rounds) {
  const share = { name, places, calls: CALLS / PROCESSES, keys: KEYS, bodyMs: BODY_MS };
  const children = Array.from({ length: PROCESSES }, (_, index) => fork(CHILD, [JSON.stringify({ ...share, index })]));
  try {
    await Promise.all(children.map((child) => answerOf(child)));
    const found = [];
    for (let round = 0; round <= rounds; round++) {
      progress(`${name}: round ${round}/${rounds}`);
      const answers = children.map((child) => answerOf(child));
      for (const child of children) child.send({ round });
      const shares = await Promise.all(answers);
      if (round > 0) found.push(together(shares));
    }
    return found;
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

/** The next message of a process; an error where it ends instead. */
async function answerOf(child) {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the stampede ended with ${code}`);
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  return message;
}

function together(shares) {
  const ms = shares.flatMap((share) => share.ms).sort((a, b) => a - b);
  if (ms.length !== CALLS) throw new Error(`${ms.length} of ${CALLS} calls were answered`);
  const sum = (of) => shares.reduce((total, share) => total + of(share), 0);
  return {
    computations: sum((share) => share.computations),
    wrong: sum((share) => share.wrong),
    errors: sum((share) => share.errors),
    duration: Math.max(...shares.map(({ ended }) => ended)) - Math.min(...shares.map(({ began }) => began)),
    p50: ms[CALLS * 0.5],
    p99: ms[CALLS * 0.99],
  };
}
