/** Where our verifier and Xen's are meant to differ; docs/differences-from-verify-stream-v2.md says the same in prose. */

/** Rules that only ours has: a stream that breaks nothing else is accepted by Xen's verifier. */
export const STRICTER_RULES: ReadonlySet<string> = new Set([
  // The order and number of records.
  'order',
  'order-static-data',
  'order-pv-info',
  'order-p2m-frames',
  'order-vcpu',
  'duplicate-record',
  'missing-record',
  'guest-type',
  // What is inside of records, as a restorer checks it.
  'hvm-context',
  'vcpu-length',
  'p2m-frames-count',
  'p2m-frames-range',
  'pv-info-value',
  'pfn-range',
  'frame-width',
  'page-data-count',
  'record-control_id',
  'record-reserved',
  'emulator-data',
  'record-length-max',
  // Headers: all bits of the options, byte order and flags of a save file, the length of its configuration.
  'header-options',
  'header-byteorder',
  'header-mandatory-flags',
  'config-length',
  'config-json',
  'legacy',
  // Bytes after the end.
  'trailing-data',
]);

/** Complaints of Xen's verifier about streams that ours rightly accepts. */
export const XEN_FAULTS: readonly { readonly complaint: RegExp; readonly why: string }[] = [
  {
    complaint: /Data not NUL terminated/,
    why: 'compares a number with text, and so refuses every EMULATOR_XENSTORE_DATA record',
  },
];
