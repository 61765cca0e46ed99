export { EXIT } from './cli/exit.js';
export { runXl, type Surroundings } from './cli/run.js';
