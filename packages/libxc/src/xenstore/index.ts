export * from './client/index.js';
export { isXenstoreError, XenstoreError } from './errors.js';
export type { DomainListener } from './server/guests.js';
export { Xenstored, type XenstoredOptions } from './server/xenstored.js';
