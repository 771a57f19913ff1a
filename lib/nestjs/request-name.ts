import type { ExecutionContext } from '@nestjs/common';

/** What calls a handler: `GET /catalogue/:id`, `Query.product`, `message sum`, `ws quote`. The name of its flow. */
export function requestName(context: ExecutionContext): string {
  const own = context.getType<string>() === 'http' ? routeOf(context) : patternOf(context);
  return own ?? `${context.getClass().name}.${context.getHandler().name}`;
}

/** Where express and fastify keep the route that a request was matched with. */
interface Routed {
  readonly method?: string;
  readonly route?: { readonly path?: unknown };
  readonly routeOptions?: { readonly url?: unknown };
}

function routeOf(context: ExecutionContext): string | undefined {
  const request = context.switchToHttp().getRequest<Routed | undefined>();
  const path = request?.route?.path ?? request?.routeOptions?.url;
  if (typeof request?.method !== 'string' || typeof path !== 'string') return undefined;
  return `${request.method} ${path}`;
}

/** Nest's keys for what a message handler answers to. */
const RPC_PATTERN = 'microservices:pattern';
const RPC_TYPE = 'microservices:handler_type';
const RPC_EVENT = 2;
const WS_MESSAGE = 'message';

function patternOf(context: ExecutionContext): string | undefined {
  const handler = context.getHandler();
  switch (context.getType<string>()) {
    case 'graphql': {
      const info = context.getArgByIndex<{ parentType?: { name?: string }; fieldName?: string } | undefined>(3);
      return info?.fieldName === undefined ? undefined : `${info.parentType?.name ?? 'Query'}.${info.fieldName}`;
    }
    case 'rpc': {
      const [pattern] = [Reflect.getMetadata(RPC_PATTERN, handler)].flat() as unknown[];
      if (pattern === undefined) return undefined;
      const kind = Reflect.getMetadata(RPC_TYPE, handler) === RPC_EVENT ? 'event' : 'message';
      return `${kind} ${typeof pattern === 'string' ? pattern : JSON.stringify(pattern)}`;
    }
    case 'ws': {
      const message: unknown = Reflect.getMetadata(WS_MESSAGE, handler);
      return message === undefined ? undefined : `ws ${String(message)}`;
    }
    default:
      return undefined;
  }
}
