export { ARCH_CAPABILITIES, CPU_FEATURES, type FeatureWord } from './cpu-features.js';
export {
  CPUID_LEAF,
  CPUID_NO_SUBLEAF,
  type CpuidLeaf,
  type CpuidSummary,
  decodeCpuidPolicy,
  encodeCpuidPolicy,
  summariseCpuid,
} from './cpuid-policy.js';
export { DecodeError } from './decode-error.js';
export { type DomainConfig, decodeDomainConfig, type Json, type JsonObject } from './domain-config.js';
export { decodeEmulatorXenstore, type EmulatorXenstoreEntry, encodeEmulatorXenstore } from './emulator-xenstore.js';
export { decodeHvmContext, encodeHvmContext, type HvmSaveRecord, type HvmXsave } from './hvm-context.js';
export { HVM_SAVE_TYPES, type HvmCpu } from './hvm-context-records.js';
export { HVM_PARAM_NAMES } from './hvm-param-names.js';
export { type NamedHvmParam, nameHvmParams } from './hvm-params.js';
export { archCapabilityNames, decodeMsrs, encodeMsrs, MSR_NAMES, type Msr } from './msrs.js';
export {
  decodeSharedInfo,
  encodeSharedInfo,
  SHARED_INFO_32,
  SHARED_INFO_64,
  type SharedInfo,
  type SharedInfo32,
  type SharedInfo64,
} from './shared-info.js';
export {
  decodeStartInfo,
  START_INFO_32,
  START_INFO_64,
  START_INFO_MAGIC,
  type StartInfo,
  type StartInfo32,
  type StartInfo64,
} from './start-info.js';
export { type Decoded, decodeExactly, encode, type Field } from './structure.js';
export { TSC_MODES } from './tsc-mode.js';
export {
  cr3ToFrame,
  decodeVcpuContext,
  VCPU_CONTEXT_32,
  VCPU_CONTEXT_64,
  type VcpuContext,
  type VcpuContext32,
  type VcpuContext64,
  VGCF,
} from './vcpu-context.js';
export { decodeExtVcpuContext, EXT_VCPUCONTEXT, type ExtVcpuContext, encodeExtVcpuContext } from './vcpu-extended.js';
export { USER_REGS_32, USER_REGS_64, type UserRegs32, type UserRegs64 } from './vcpu-registers.js';
export {
  decodeXsave,
  decodeXsaveArea,
  encodeXsave,
  encodeXsaveArea,
  type XsaveArea,
  type XsaveState,
} from './vcpu-xsave.js';
