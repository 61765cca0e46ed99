export * from './build/index.js';
export * from './hypervisor/index.js';
export { descriptorSink } from './io/descriptor-sink.js';
export { descriptorSource } from './io/descriptor-source.js';
export { type InterruptibleSink, interruptibleSink } from './io/interruptible-sink.js';
export { interruptibleSource } from './io/interruptible-source.js';
export * from './restore/index.js';
export * from './save/index.js';
export { type CpuDifference, compareCpuPolicies, levelledCpuPolicy, missingFeatures } from './x86/cpu-policy.js';
