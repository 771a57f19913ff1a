import { inChild } from '../harness/child.mjs';
import { progress } from '../harness/progress.mjs';

export const watched = {
  id: 'i',
  title: 'What a log, a hook or a subscriber costs',
  says: 'Hits and no-op runs of one method in ponds that differ in who looks: nobody; a log at info that goes to a logger which does nothing, or in either format to `/dev/null`; an `onCompletion` hook; one subscriber of the diagnostics channel. In a process of its own, as subscribing changes a channel for good.',
  async run({ rounds = 7 }) {
    progress('in a process of its own');
    return { tables: await inChild('scenes/watched-child.mjs', [String(rounds)]) };
  },
};
