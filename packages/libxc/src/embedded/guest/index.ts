export { builtinKernel } from './builtin.js';
export type { Hypercalls, PageTableEntry } from './hypercalls.js';
export { KernelImageError, parseKernelImage } from './image.js';
export type { Machine } from './translators.js';
export { heldBecause, runVcpu, type VcpuMachine } from './vcpu.js';
