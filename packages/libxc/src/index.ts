export * from './build/index.js';
export * from './hypervisor/index.js';
export * from './restore/index.js';
export * from './save/index.js';
