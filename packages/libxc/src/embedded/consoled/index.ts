export { Consoled, type ConsoledOptions, startConsoled } from './consoled.js';
