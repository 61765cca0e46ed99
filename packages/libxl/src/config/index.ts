export {
  CPUID_REGISTERS,
  type CpuidLeaf,
  type CpuidPolicies,
  type CpuidRegister,
  type MsrPolicy,
} from './cpuid-policy.js';
export * from './enums.js';
export { DomainConfigError, type DomainConfigErrorCode } from './json.js';
export type * from './layout.js';
export { parseDomainConfig } from './read.js';
export type { Bitmap, Defbool, Uint64 } from './schema.js';
export { decodeText, encodeText } from './text.js';
export { formatDomainConfig } from './write.js';
