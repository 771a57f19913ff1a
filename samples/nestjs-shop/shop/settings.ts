import type { FlowpondModuleOptions } from 'flowpond/nestjs';

/** What a shop is started with; also what it is injected by. */
export abstract class Settings {
  /** Where the supplier's API is. */
  abstract readonly supplierUrl: string;
  /** Where the shop's data and the finished states of its tasks are kept. Default: in memory. */
  readonly folder?: string;
  /** Whether the night comes by itself, at three. Default: true; who counts what is asked says when. */
  readonly nightly?: boolean;
  /** What else the pond is made with: tests give a clock, the load test turns caching off. */
  readonly pond?: FlowpondModuleOptions;
}
