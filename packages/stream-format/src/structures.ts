/**
 * Structures of a guest and of what travels of it, as data: sizes and offsets of their members. Apart from the package's
 * main entry for programs that must start quickly and need no more.
 */
export { HVM_SAVE_END, HVM_SAVE_TYPES } from './decode/hvm-context-records.js';
export { SHARED_INFO_32, SHARED_INFO_64, VCPU_INFO_32, VCPU_INFO_64 } from './decode/shared-info.js';
export { START_INFO_32, START_INFO_64 } from './decode/start-info.js';
export type { Field, Structure, StructureValue } from './decode/structure.js';
export { VCPU_CONTEXT_32, VCPU_CONTEXT_64, VGCF } from './decode/vcpu-context.js';
export { USER_REGS_32, USER_REGS_64 } from './decode/vcpu-registers.js';
