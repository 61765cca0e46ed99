import { domainHandlers } from './domains.js';
import { eventHandlers } from './events.js';
import { hvmHandlers } from './hvm.js';
import { logDirtyHandlers } from './log-dirty.js';
import { memoryHandlers } from './memory.js';
import { policyHandlers } from './policy.js';
import { populateOnDemandHandlers } from './populate-on-demand.js';
import { schedulingHandlers } from './scheduling.js';
import type { Handlers } from './types.js';
import { vcpuHandlers } from './vcpus.js';

/** Every operation of the wire (wire/operations.ts), carried out. */
export const HANDLERS: Handlers = {
  ...domainHandlers,
  ...schedulingHandlers,
  ...memoryHandlers,
  ...populateOnDemandHandlers,
  ...logDirtyHandlers,
  ...vcpuHandlers,
  ...hvmHandlers,
  ...policyHandlers,
  ...eventHandlers,
};
