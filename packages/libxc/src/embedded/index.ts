export * from './client/index.js';
export { createEmbeddedHost, type EmbeddedHost, type EmbeddedHostOptions } from './embedded-host.js';
export { builtinKernel } from './guest/index.js';
