export { NestSetupError } from '../base/errors.js';
export { FlowInterceptor } from './flow-interceptor.js';
export {
  type FlowpondFeatureOptions,
  FlowpondModule,
  type FlowpondModuleAsyncOptions,
} from './flowpond-module.js';
export { type FlowpondHealth, FlowpondHealthIndicator, type FlowpondHealthOptions } from './health-indicator.js';
export type { FlowpondModuleExtras, FlowpondModuleOptions, FlowpondOptionsFactory } from './module-options.js';
export { getPondToken, InjectPond } from './tokens.js';
