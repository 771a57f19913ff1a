export { redisAclRules } from './acl.js';
export type { RedisClient } from './clients.js';
export type { RedisStoreOptions } from './options.js';
export { redisStore } from './redis-store.js';
