export { XenstoreClient, type XenstoreWatch } from './client.js';
export type { NodeAccess } from './node-access.js';
