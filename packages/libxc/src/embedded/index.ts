export * from './client/index.js';
export { builtinKernel } from './guest/index.js';
export { EmbeddedHost, type EmbeddedHostOptions } from './host.js';
