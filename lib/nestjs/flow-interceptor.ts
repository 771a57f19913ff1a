import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { defer, from, type Observable, switchMap } from 'rxjs';
import { InvalidOptionsError } from '../base/errors.js';
import { isThenable } from '../base/maybe-promise.js';
import { defaultRuntime } from '../pond/default-pond.js';
import { currentScope } from '../runs/frame.js';
import { NO_VALUES, type RunValues, withValues } from '../runs/run-values.js';
import { AnswerHeaders } from './answer-headers.js';
import { ApplicationPonds } from './application-ponds.js';
import type { RequestSettings } from './module-options.js';
import { requestFlow } from './request-flow.js';
import { requestName } from './request-name.js';

/** Calls that have their run: the interceptor may stand on the application, the controller and the handler. */
const begun = new WeakSet<ExecutionContext>();

/**
 * Makes a flow run of each request, message or event: named by its route, carrying what `values` of the module gives, answered with
 * `x-flow-run`, `x-flow-run-id` and `x-cache`. For controllers, resolvers, gateways and message handlers, by `@UseInterceptors(FlowInterceptor)`
 * or for all of them as `APP_INTERCEPTOR`. The run is in the pond of the handler's module. Guards have run before it.
 */
@Injectable()
export class FlowInterceptor implements NestInterceptor {
  readonly #ponds: ApplicationPonds;
  readonly #host: HttpAdapterHost;

  constructor(@Inject(ModulesContainer) modules: ModulesContainer, @Inject(HttpAdapterHost) host: HttpAdapterHost) {
    this.#ponds = ApplicationPonds.of(modules);
    this.#host = host;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (begun.has(context)) return next.handle();
    begun.add(context);
    const place = this.#ponds.placeOfClass(context.getClass());
    const requests: RequestSettings = place?.requests ?? {};
    const headers = requests.headers === false ? undefined : AnswerHeaders.of(context, this.#host);
    const begin = (values: RunValues): Observable<unknown> =>
      requestFlow({
        name: requestName(context),
        runtime: place?.runtime ?? defaultRuntime(),
        values: withValues(currentScope()?.values ?? NO_VALUES, values, 'FlowInterceptor'),
        handle: () => next.handle(),
        begun: (flow) => headers?.begin(flow),
        ended: (flow) => headers?.end(flow),
      });
    const { values: valuesOf } = requests;
    if (valuesOf === undefined) return begin(NO_VALUES);
    return defer(() => {
      const values = valuesOf(context);
      return isThenable(values)
        ? from(values as Promise<unknown>).pipe(switchMap((come) => begin(checked(come))))
        : begin(checked(values));
    });
  }
}

function checked(values: unknown): RunValues {
  if (typeof values === 'object' && values !== null && !Array.isArray(values)) return values as RunValues;
  throw new InvalidOptionsError({
    where: 'FlowpondModule.forRoot',
    option: 'values',
    value: values,
    problem: 'must give an object',
    remedy: 'Give (context) => ({ tenant: … }).',
  });
}
