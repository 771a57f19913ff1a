import { EventEmitter, once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setImmediate as later } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Flow, getFlowRunContext, getRunContext, perFlowRun, submit, Task, tryGetRunContext } from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

class Tangle {
  wrong = 0;
  checks = 0;

  see(id: number): void {
    this.checks++;
    const context = tryGetRunContext();
    if (context === undefined || getFlowRunContext().flowRun.parameters.id !== id) this.wrong++;
  }

  @Task({ cacheKeyFn: perFlowRun() })
  async leaf(id: number, how: number) {
    this.see(id);
    switch (how % 12) {
      case 0:
        await later();
        break;
      case 1:
        await new Promise<void>((resolve) => process.nextTick(resolve));
        break;
      case 2: {
        const emitter = new EventEmitter();
        const heard = once(emitter, 'x');
        setImmediate(() => emitter.emit('x'));
        await heard;
        break;
      }
      case 3: {
        const stream = new PassThrough();
        stream.end('x');
        for await (const _ of stream) this.see(id);
        break;
      }
      case 4:
        await Promise.reject(new Error('x')).catch(() => this.see(id));
        break;
      case 5:
        await new Promise<void>((resolve) => setTimeout(() => resolve(this.see(id)), how % 3));
        break;
      default:
        await null;
    }
    this.see(id);
    if (getRunContext().parameters.id !== id) this.wrong++;
    return id;
  }

  @Task()
  async branch(id: number, how: number) {
    this.see(id);
    const [one, two] = await Promise.all([
      this.leaf(id, how),
      this.leaf(id, how),
      submit(this as Tangle)
        .leaf(id, how + 1)
        .result(),
    ]);
    this.see(id);
    if (one !== id || two !== id) this.wrong++;
    if (how % 7 === 0) throw new Error(`${id}`);
    return id;
  }

  @Flow()
  async flow(id: number, how: number) {
    this.see(id);
    const tree = this.branch(id, how).catch((error: Error) => Number(error.message));
    await later();
    this.see(id);
    return (await tree) === id;
  }
}

describe('3,000 concurrent flows of nested tasks', () => {
  it('never see the context or the values of another, through timers, emitters, streams and rejections', async () => {
    const pond = createTestPond();
    const tangle = pond.bind(new Tangle());
    const answers = await Promise.all(Array.from({ length: 3_000 }, (_, id) => tangle.flow(id, id * 31)));
    expect(answers.every(Boolean)).toBe(true);
    expect(tangle.wrong).toBe(0);
    expect(tangle.checks).toBeGreaterThan(21_000);
    expect(tryGetRunContext()).toBeUndefined();
    expect(pond.runtime.pending.size).toBe(0);
  }, 120_000);
});

describe('any tree of flows and tasks', () => {
  interface Tree {
    readonly kind: 'flow' | 'task' | 'submit';
    readonly children: readonly Tree[];
  }
  const tree: fc.Memo<Tree> = fc.memo((depth) =>
    fc.record({
      kind: fc.constantFrom('flow' as const, 'task' as const, 'submit' as const),
      children: depth <= 1 ? fc.constant([]) : fc.array(tree(depth - 1), { maxLength: 3 }),
    }),
  );

  class Grove {
    wrong: string[] = [];

    async grow(node: Tree, path: string): Promise<void> {
      const own = getRunContext();
      const ownId = own.kind === 'task' ? own.taskRunId : own.flowRunId;
      await Promise.all(node.children.map((child, index) => this.plant(child, `${path}.${index}`)));
      const now = getRunContext();
      if ((now.kind === 'task' ? now.taskRunId : now.flowRunId) !== ownId || now.parameters.path !== path)
        this.wrong.push(path);
    }

    plant(node: Tree, path: string): Promise<unknown> {
      if (node.kind === 'flow') return this.flow(node, path);
      return node.kind === 'task'
        ? this.task(node, path)
        : submit(this as Grove)
            .task(node, path)
            .result();
    }

    @Task()
    async task(node: Tree, path: string) {
      await this.grow(node, path);
    }

    @Flow()
    async flow(node: Tree, path: string) {
      await this.grow(node, path);
    }
  }

  it('gives each run its own context, before and after its children', async () => {
    await fc.assert(
      fc.asyncProperty(tree(5), async (root) => {
        const pond = createTestPond();
        const grove = pond.bind(new Grove());
        await grove.plant(root, 'root');
        expect(grove.wrong).toEqual([]);
        expect(pond.runtime.pending.size).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
