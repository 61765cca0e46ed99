export { XenstoreClient, type XenstoreWatch } from './client/client.js';
export type { NodeAccess } from './client/node-access.js';
export { isXenstoreError, XenstoreError } from './errors.js';
export type { DomainListener } from './server/guests.js';
export { Xenstored, type XenstoredOptions } from './server/xenstored.js';
