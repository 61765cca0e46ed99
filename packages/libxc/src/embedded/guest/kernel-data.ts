import { PAGE_SIZE } from '../../hypervisor/frames.js';

/**
 * The data of the selfcheck kernel, in its zero pages: everything that it knows, so that it goes on from memory and
 * registers alone wherever it wakes up. Each field is a u64.
 */
function layout<const Names extends readonly string[]>(names: Names): { readonly [Name in Names[number]]: number } {
  return Object.fromEntries(names.map((name, i) => [name, i * 8])) as { [Name in Names[number]]: number };
}

export const KERNEL = layout([
  'magic',
  'paravirtual',
  'virtBase',
  'startInfo',
  'sharedInfo',
  'vcpus',
  'domid',
  // Memory under check: page i lies at lowAddress + i pages, or past lowPages at highAddress.
  'pages',
  'lowPages',
  'lowAddress',
  'highAddress',
  'generations',
  // What the command line says.
  'pattern',
  'rate',
  'churn',
  'p2mLayout',
  // Microseconds between two lines that say how it goes.
  'statusEvery',
  // 1: every vcpu parks at its next tick.
  'stop',
  // Counts suspends that came back; every vcpu checks its pages once for each.
  'epoch',
  'announced',
  'resumedAs',
  // What the toolstack asked for (ACTION), once that is acknowledged.
  'action',
  'lastStatus',
  'lastWords',
  // Rings.
  'store',
  'storePort',
  'console',
  'consolePort',
  'suspendPort',
  'greeted',
  'logHead',
  'logTail',
  'inputLength',
  'xsOutstanding',
  'xsSendHead',
  'xsSendTail',
  'xsReceived',
  'xsTransaction',
  'xsBusy',
  'xsAsked',
  'xsRetry',
  'nameLength',
  // PV memory management.
  'nrPages',
  'mfnList',
  'nextFreePfn',
  'mappedPages',
  'p2mTree',
  'churnFirstPfn',
  'churnTurn',
  'churnAt',
  'secondaryEntry',
]);

export type KernelField = keyof typeof KERNEL;

/** A vcpu's own block; vcpu n's lies at AREA.vcpus + n * VCPU_SIZE. */
export const VCPU = layout([
  'id',
  // Its share of the pages under check; it rewrites the first `rewrite` of them.
  'first',
  'count',
  'rewrite',
  'hot',
  'cursor',
  'random',
  'writes',
  'parked',
  'ready',
  'epoch',
  // Pages it may still write, times 2^20, and when that was reckoned (microseconds).
  'budget',
  'budgetAt',
  // A page that was not what it should be: its number plus one (0: none), generation, first bad word and what it held.
  'lostPage',
  'lostGeneration',
  'lostWord',
  'lostFound',
]);

export type VcpuField = keyof typeof VCPU;

export const VCPU_SIZE = 256;
export const MAX_VCPUS = 32;

/** Offsets from the kernel's data, in bytes. */
export const AREA = {
  /** Two pages of blocks. */
  vcpus: PAGE_SIZE,
  /** Console output that the ring had no room for yet; a ring itself. */
  log: 3 * PAGE_SIZE,
  logSize: 4 * PAGE_SIZE,
  /** xenstore requests that the ring had no room for yet; a ring itself. */
  send: 7 * PAGE_SIZE,
  sendSize: PAGE_SIZE,
  /** The xenstore message that is coming in: header and payload. */
  receive: 8 * PAGE_SIZE,
  receiveSize: 2 * PAGE_SIZE,
  /** The domain's name, and a line of console input. */
  name: 10 * PAGE_SIZE,
  nameSize: 256,
  input: 10 * PAGE_SIZE + 256,
  inputSize: 256,
  pages: 11,
} as const;

export const KERNEL_MAGIC = 0x5345_4c46;

export const PATTERN = { random: 0, sweep: 1, hot: 2 } as const;

export const ACTION = { none: 0, suspend: 1, poweroff: 2, reboot: 3 } as const;

export const RESUMED = { newDomain: 1, cancelled: 2 } as const;

/** Bits of p2mLayout. */
export const P2M = { tree: 1, linear: 2 } as const;
