export * from './errors.js';
export * from './frames.js';
export * from './hypervisor.js';
export { retrying } from './retrying.js';
