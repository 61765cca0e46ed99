export { embeddedHostDirectory, HOST_FILES } from '../directory.js';
export { BUILTIN_PREFIX } from '../guest/builtin-prefix.js';
export { type ConnectOptions, connectEmbeddedHost } from './connect.js';
