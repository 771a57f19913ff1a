import { types } from 'node:util';

/** What an error shows of itself. */
export interface ErrorLike {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly code?: unknown;
}

/** Errors of this realm and of others, and what only behaves like one (`DOMException`, older libraries). Never throws. */
export function isErrorLike(value: unknown): value is ErrorLike {
  if (types.isNativeError(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  try {
    const { name, message, stack } = value as { name?: unknown; message?: unknown; stack?: unknown };
    return typeof name === 'string' && typeof message === 'string' && typeof stack === 'string';
  } catch {
    return false;
  }
}
