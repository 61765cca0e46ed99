export { bench } from './bench/index.js';
export { type Run, runOnce } from './bench/measure.js';
export { formatTable, type Row } from './bench/table.js';
export { benchTransfer } from './bench/transfer.js';
export { benchVerify, benchVerifyRecords } from './bench/verify.js';
export { type Sample, type XenVerdict, xenVerdicts } from './differential/xen-verifier.js';
export { type XenTools, xenTools } from './xen-tools.js';
