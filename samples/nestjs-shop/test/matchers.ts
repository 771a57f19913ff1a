import { expect } from '@jest/globals';
import { type FlowpondMatchers, flowpondMatchers } from 'flowpond/testing';

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends FlowpondMatchers<R> {}
}

expect.extend(flowpondMatchers);
