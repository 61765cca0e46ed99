/**
 * Where our converter and Xen's script are meant to differ on the same input;
 * packages/convert-legacy/docs/differences-from-convert-legacy-stream.md says the same in prose.
 */

/** Rules by which ours refuses what the script converts: into what no restorer takes, or into another guest's memory. */
export const STRICTER_RULES: ReadonlySet<string> = new Set([
  // Words of a batch.
  'page-type',
  'pfn-range',
  'batch-word',
  // vcpus.
  'vcpu-max',
  'vcpu-map',
  'extended-info-vcpu-twice',
  // Two records where one may be.
  'tsc-info-twice',
  // What can't be in the guest, or in a record.
  'p2m-frame',
  'hvm-context-length',
  'toolstack-name',
  'hvm-params-max',
  'toolstack-max',
  'xsave-max',
  'device-model-max',
  // Header of the save file.
  'header-byteorder',
  'header-mandatory-flags',
  'header-optional-data',
  'config-length',
  'other-format',
]);

/** What was met on the way, as the trace tells it, where the script's output is wrong and ours is meant to differ. */
export const SCRIPT_FAULTS: readonly { readonly what: string; readonly met: (trace: readonly string[]) => boolean }[] =
  [
    {
      what: 'a batch of which no page is kept: the script writes a record without pfns, which every restorer refuses',
      met: (trace) => trace.some((line) => /no page of the batch is kept/.test(line)),
    },
    {
      what: 'vcpu_info twice or not at all: the script adds the maps up, or takes the context of vcpu 0 for the shared info',
      met: (trace) => trace.filter((line) => /: vcpu_info$/.test(line)).length !== 1,
    },
  ];
