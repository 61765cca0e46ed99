export { htmlOf } from './html.js';
export { junitOf } from './junit.js';
export {
  type CellName,
  type CellResult,
  cellTitle,
  columnOf,
  type Figure,
  isWell,
  type MatrixReport,
  OUTCOMES,
  type Outcome,
  rowOf,
  summaryOf,
} from './model.js';
export { type TerminalOutput, TerminalTable } from './terminal.js';
export { REPORT_FILES, writeReport } from './write.js';
