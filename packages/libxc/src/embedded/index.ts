export * from './client/index.js';
export { createEmbeddedHost } from './create-host.js';
export type { EmbeddedHost, EmbeddedHostOptions } from './embedded-host.js';
export { builtinKernel } from './guest/index.js';
