import type { GuestFieldDifference } from '@xen-migration/stream-format';

/** What a guest loses on the way through the old format, which has no place for it. */
export const NOT_CARRIED: readonly {
  readonly what: string;
  readonly why: string;
  readonly is: (difference: GuestFieldDifference) => boolean;
}[] = [
  {
    what: 'CPUID and MSR policy',
    why: 'Xen 4.5 took them from the configuration',
    is: ({ section }) => section === 'cpuid policy' || section === 'msr policy',
  },
  {
    what: 'MSRs of the vcpus of a PV guest',
    why: 'Xen 4.5 did not save them',
    is: ({ section, path }) => section === 'vcpus' && path[1] === 'msrs',
  },
  {
    what: 'nothing: the extended context of a vcpu is padded',
    why: 'Xen 4.5 always wrote 128 bytes; what follows the structure is zero',
    is: ({ section, path, right }) =>
      section === 'vcpus' && path[1] === 'extended' && path[2] === 'rest' && /^64 bytes 0+(\.\.\.)?$/.test(right ?? ''),
  },
  {
    what: 'the size of the VM86 TSS',
    why: 'HVM_PARAM_VM86_TSS_SIZED came with Xen 4.10',
    is: ({ section, path }) => section === 'hvm params' && path[0] === 'VM86_TSS_SIZED',
  },
  {
    what: 'which device model it was',
    why: 'the old record does not say: its id is 0, the configuration decides',
    is: ({ section, path }) => section === 'emulators' && (path[0] === '0.0' || path[0] === '2.0'),
  },
];
