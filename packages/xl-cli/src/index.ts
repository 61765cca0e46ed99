export { EXIT } from './cli/command.js';
export { runXl, type Surroundings } from './cli/run.js';
