export { type ConnectOptions, connectEmbeddedHost } from './client/connect.js';
export { embeddedHostDirectory, HOST_FILES } from './directory.js';
export { BUILTIN_PREFIX, builtinKernel } from './guest/index.js';
export { EmbeddedHost, type EmbeddedHostOptions } from './host.js';
