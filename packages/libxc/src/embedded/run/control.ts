/**
 * What the host's thread and a vcpu's thread share beside guest memory and registers, as 32-bit words that are only
 * touched with Atomics.
 */
export const VCPU_WORD = {
  /** What the vcpu is to do, GO. */
  go: 0,
  /** The vcpu: 1 while it executes, 0 once it has stopped: all of its state is in shared memory then. */
  executing: 1,
  /** Counts what the vcpu should wake up for. */
  wakeUps: 2,
  /** The vcpu: 1 while it waits for an event. */
  blocked: 3,
  /** Mailbox: 0 none or under way, 1 answered, 2 failed. */
  answer: 4,
} as const;

/**
 * The host sets run and stop, the vcpu parked: it answers every stop with that, also one that comes before it began to
 * run, and stops at an instruction boundary.
 */
export const GO = { parked: 0, run: 1, stop: 2 } as const;

/** Byte offset of the mailbox's number, a float64. */
export const ANSWER_VALUE = 32;
/** Milliseconds that the vcpu has executed, a float64; kept up while it executes, too. */
export const CPU_TIME = 40;
/** A failure's text: u32 length, then UTF-8. */
export const ANSWER_TEXT = 64;
export const VCPU_CONTROL_SIZE = 1024;

export const DOMAIN_WORD = {
  /** 1: writes are to be noted in the log-dirty bitmap. */
  logDirty: 0,
  /** First writes to a page since the bitmap was last cleaned. */
  faults: 1,
  /** Percent of one CPU that each of the vcpus may have; 0: no limit. */
  vcpuCap: 2,
} as const;

export const DOMAIN_CONTROL_SIZE = 64;

/** Asked of the host as a hypercall is: a vcpu touched a gfn that is populated on demand. */
export const PHYSMAP_FAULT = 'physmapFault';
