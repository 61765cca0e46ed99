export { EmbeddedHost, type EmbeddedHostOptions } from './host.js';
