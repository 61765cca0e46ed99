/** The parts of a guest's state that a comparison looks at, and what each holds. */
export const SECTIONS = {
  config: 'The configuration in the save file: every value of the JSON.',
  'stream headers': 'Type of the guest, its word and page table levels; the Xen that wrote the stream.',
  'cpuid policy': 'Every leaf and register.',
  'msr policy': 'Every MSR.',
  pages: 'Of each pfn whether there is a page, its type, and a 64-bit hash of its contents.',
  start_info: "PV: the page that vcpu 0's dx names, field by field, and what follows the fields.",
  shared_info: 'PV: the page, field by field, and what follows the fields.',
  'p2m frames': 'PV: pfns of the pages that hold the p2m, and the range that they cover.',
  vcpus: "PV: every register and field of each vcpu's context, extended context, XSAVE area and MSRs.",
  tsc: 'Mode, frequency, time and incarnation.',
  'hvm context': "HVM: every field of the hypervisor's save records, vcpus among them.",
  'hvm params': 'HVM: every parameter.',
  emulators: 'HVM: xenstore data key by key, and the context of each emulator byte by byte.',
} as const;

export type Section = keyof typeof SECTIONS;

/** What two streams of one guest may have different, because it belongs to the host that it ran on. */
export interface HostBoundRule {
  readonly id: string;
  readonly section: Section;
  /** Paths of the fields, '*' for any one step; for pages a description. */
  readonly what: readonly string[];
  readonly why: string;
}

/**
 * The whole list of what a comparison leaves out. docs/diff.md is made from it, and nothing else is left out anywhere.
 * Reasons name where Xen's restore replaces the value, or the interface that says whose it is.
 */
export const HOST_BOUND: readonly HostBoundRule[] = [
  {
    id: 'xen-version',
    section: 'stream headers',
    what: ['xenMajor', 'xenMinor', 'version', 'endian', 'framing', 'converted'],
    why: 'The Xen that wrote the stream, and in which form it wrote it.',
  },
  {
    id: 'domid',
    section: 'config',
    what: ['c_info.domid'],
    why: "Domids are handed out by the host. The uuid is the guest's and is compared.",
  },
  {
    id: 'p2m-contents',
    section: 'pages',
    what: ['contents of the pages listed in X86_PV_P2M_FRAMES'],
    why: "They hold the host's mfns; restore writes them anew from the frames that it got.",
  },
  {
    id: 'p2m-tree',
    section: 'pages',
    what: ['contents of the pages that pfn_to_mfn_frame_list_list leads to (top and middle of the 3-level p2m)'],
    why: "They hold the host's mfns; a PV guest writes them anew when it resumes.",
  },
  {
    id: 'rings',
    section: 'pages',
    what: [
      'HVM: contents of the pages that STORE_PFN, CONSOLE_PFN, IOREQ_PFN and BUFIOREQ_PFN name',
      'HVM: contents of the NR_IOREQ_SERVER_PAGES pages from IOREQ_SERVER_PFN on',
      'PV: contents of the pages that start_info names for xenstore and console',
    ],
    why: "Rings between the guest and the host's xenstore, console and device model. Restore of an HVM guest clears them.",
  },
  {
    id: 'start-info',
    section: 'start_info',
    what: ['shared_info', 'flags', 'store_evtchn', 'console_evtchn', 'nr_pages'],
    why: 'A machine address, ports of the host, and what restore sets itself (flags 0, nr_pages from the p2m).',
  },
  {
    id: 'p2m-anchor',
    section: 'shared_info',
    what: ['arch.pfn_to_mfn_frame_list_list', 'arch.p2m_cr3'],
    why: 'mfns; restore zeroes the first, the guest sets both anew when it resumes.',
  },
  {
    id: 'event-channels',
    section: 'shared_info',
    what: ['evtchn_pending', 'evtchn_mask', 'vcpu_info.*.evtchn_pending_sel', 'vcpu_info.*.evtchn_upcall_pending'],
    why: "State of the host's event channels; restore clears what is pending and masks all.",
  },
  {
    id: 'clock',
    section: 'shared_info',
    what: ['vcpu_info.*.time.*', 'wc_version', 'wc_sec', 'wc_nsec', 'wc_sec_hi', 'arch.wc_sec_hi'],
    why: 'Clock of the host; Xen writes it.',
  },
  {
    id: 'tsc',
    section: 'tsc',
    what: ['nsec', 'incarnation'],
    why: 'Time that passed, and how often the guest was restored.',
  },
  {
    id: 'hvm-header',
    section: 'hvm context',
    what: ['HEADER.*.changeset', 'HEADER.*.cpuid'],
    why: 'Build of the Xen and signature of the processor that saved the guest.',
  },
  {
    id: 'hvm-clocks',
    section: 'hvm context',
    what: [
      'CPU.*.tsc',
      'HPET.*.mc64',
      'PMTIMER.*.tmr_val',
      'LAPIC_REGS.*.timer_current_count',
      'RTC.*.rtc_offset',
      'RTC.*.seconds',
      'RTC.*.minutes',
      'RTC.*.hours',
      'RTC.*.day_of_week',
      'RTC.*.day_of_month',
      'RTC.*.month',
      'RTC.*.year',
      'VIRIDIAN_DOMAIN.*.time_ref_count',
    ],
    why: "Counters that go on with the host's time.",
  },
  {
    id: 'hvm-ports',
    section: 'hvm params',
    what: ['STORE_EVTCHN', 'CONSOLE_EVTCHN', 'BUFIOREQ_EVTCHN'],
    why: 'Event-channel ports; the host that restores supplies them.',
  },
];

/** The rule that lets the field differ, if one does. */
export function hostBoundRule(section: Section, path: readonly string[]): HostBoundRule | undefined {
  return HOST_BOUND.find((rule) => rule.section === section && rule.what.some((pattern) => covers(pattern, path)));
}

/** Whether the pattern names the field or something that holds it. */
function covers(pattern: string, path: readonly string[]): boolean {
  const steps = pattern.split('.');
  return steps.length <= path.length && steps.every((step, i) => step === '*' || step === path[i]);
}
