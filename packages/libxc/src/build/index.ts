export * from './build-domain.js';
export * from './types.js';
