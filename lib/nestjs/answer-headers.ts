import type { ExecutionContext } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { FlowFrame } from '../runs/flow-frame.js';

/** What the flow runs of one answer have counted; a GraphQL request has one for each field of its query. */
interface Tally {
  readonly names: string[];
  readonly ids: string[];
  /** Runs that are not named any more. */
  more: number;
  hits: number;
  misses: number;
}

/** A GraphQL query may have any number of fields; headers may not be of any length. */
const MAX_TOLD = 16;

const tallies = new WeakMap<object, Tally>();

/**
 * Tells of a request's flow run by headers. `x-flow-run`: its name, as the log has it. `x-flow-run-id`: its id. `x-cache`: `HIT 3, MISS 1`,
 * how many task runs were served from the cache or by a run that was under way, and how many with a key ran.
 */
export class AnswerHeaders {
  readonly #adapter: HttpAdapterHost['httpAdapter'];
  readonly #response: object;

  private constructor(adapter: HttpAdapterHost['httpAdapter'], response: object) {
    this.#adapter = adapter;
    this.#response = response;
  }

  /** Undefined where there is no answer that has headers: messages, sockets, subscriptions. */
  static of(context: ExecutionContext, host: HttpAdapterHost): AnswerHeaders | undefined {
    const { httpAdapter } = host;
    const response = httpAdapter === undefined || httpAdapter === null ? undefined : responseOf(context);
    return response === undefined ? undefined : new AnswerHeaders(httpAdapter, response);
  }

  /** At once, so that streams and failures have them. */
  begin({ identity: { name, id } }: FlowFrame): void {
    const tally = tallies.get(this.#response) ?? { names: [], ids: [], more: 0, hits: 0, misses: 0 };
    tallies.set(this.#response, tally);
    if (tally.names.length < MAX_TOLD) {
      tally.names.push(name);
      tally.ids.push(id);
    } else tally.more++;
    const more = tally.more === 0 ? '' : `, +${tally.more}`;
    this.#set('x-flow-run', tally.names.join(', ') + more);
    this.#set('x-flow-run-id', tally.ids.join(', ') + more);
  }

  end(flow: FlowFrame): void {
    const tally = tallies.get(this.#response);
    if (tally === undefined) return;
    const { hits, misses } = flow.tally;
    tally.hits += hits;
    tally.misses += misses;
    this.#set('x-cache', `HIT ${tally.hits}, MISS ${tally.misses}`);
  }

  #set(name: string, value: string): void {
    if (this.#adapter.isHeadersSent(this.#response)) return;
    this.#adapter.setHeader(this.#response, name, value);
  }
}

/** What a GraphQL driver puts into its context: express has the response on the request too. */
interface WithResponse {
  readonly res?: object;
  readonly reply?: object;
  readonly req?: { readonly res?: object };
}

function responseOf(context: ExecutionContext): object | undefined {
  switch (context.getType<string>()) {
    case 'http':
      return context.switchToHttp().getResponse<object | undefined>();
    case 'graphql': {
      const given = context.getArgByIndex<WithResponse | undefined>(2);
      const response = given?.reply ?? given?.res ?? given?.req?.res;
      return typeof response === 'object' && 'setHeader' in response ? response : fastifyReply(response);
    }
    default:
      return undefined;
  }
}

function fastifyReply(response: object | undefined): object | undefined {
  return response !== undefined && 'header' in response ? response : undefined;
}
