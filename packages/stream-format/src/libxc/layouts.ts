import { bytes, Layout, reserved, u8, u16, u32, u64 } from '../layout/layout.js';

const DOCUMENT = 'libxc-migration-stream';

/** Section of the libxc stream's specification. */
export function libxcSpec(section: string): string {
  return `${DOCUMENT}, ${section}`;
}

/** A record longer than this is refused, as Xen refuses it (REC_LENGTH_MAX). */
export const REC_LENGTH_MAX = 128 * 1024 * 1024;
export const PAGE_SIZE = 4096;

export const IMAGE_HEADER = new Layout('Image header', libxcSpec('Image Header'), [
  u64('marker', 'All ones, which no legacy image begins with.', { constant: 0xffff_ffff_ffff_ffffn, order: 'big' }),
  u32('id', '"XENF" in ASCII.', { constant: 0x5845_4e46, order: 'big' }),
  u32('version', 'Version of the format.', { values: { 2: 'Xen 4.6 to 4.13', 3: 'Xen 4.14 and later' }, order: 'big' }),
  u16('options', 'Bit 0: byte order of all that follows, 0 is little-endian.', {
    values: { 0: 'little-endian', 1: 'big-endian' },
    order: 'big',
  }),
  reserved(6),
]);

export const DOMAIN_HEADER = new Layout('Domain header', libxcSpec('Domain Header'), [
  u32('type', 'Type of the guest.', { values: { 1: 'x86 PV', 2: 'x86 HVM' } }),
  u16('page_shift', 'Size of a page as a power of two.', { constant: 12 }),
  reserved(2),
  u32('xen_major', "Xen's major version at the save; 0 for what was converted from the legacy format."),
  u32('xen_minor', "Xen's minor version at the save."),
]);

export const RECORD_HEADER = new Layout('Record header', libxcSpec('Records'), [
  u32('type', 'Type of the record; bit 31 marks an optional one.'),
  u32('length', 'Bytes of the body; zeros pad it to a multiple of 8.'),
]);

export const PAGE_DATA = new Layout(
  'PAGE_DATA',
  libxcSpec('PAGE_DATA'),
  [u32('count', 'How many pfn words follow, at least 1.'), reserved(4)],
  {
    name: 'pfn',
    of: 'u64',
    about: 'Bits 0 to 51 the pfn, 52 to 59 reserved, 60 to 63 the page type; then a page for each type that has data.',
  },
);

export const X86_PV_INFO = new Layout('X86_PV_INFO', libxcSpec('X86_PV_INFO'), [
  u8('guest_width', 'Bytes of a word of the guest.', { values: { 4: '32-bit guest', 8: '64-bit guest' } }),
  u8('pt_levels', 'Levels of its page tables.', { values: { 3: 'PAE', 4: '64-bit' } }),
  reserved(6),
]);

export const X86_PV_P2M_FRAMES = new Layout(
  'X86_PV_P2M_FRAMES',
  libxcSpec('X86_PV_P2M_FRAMES'),
  [u32('start_pfn', 'First pfn that the frames cover.'), u32('end_pfn', 'Last pfn that the frames cover.')],
  { name: 'frame', of: 'u64', about: "pfn of each page of the guest's p2m for that range." },
);

export const X86_PV_VCPU = new Layout(
  'X86_PV_VCPU_BASIC, _EXTENDED, _XSAVE, _MSRS',
  libxcSpec('X86_PV_VCPU_BASIC, EXTENDED, XSAVE, MSRS'),
  [u32('vcpu_id', 'Number of the vcpu.'), reserved(4)],
  { name: 'context', of: 'bytes', about: 'What the hypervisor gave for this vcpu.' },
);

export const SHARED_INFO = new Layout('SHARED_INFO', libxcSpec('SHARED_INFO'), [
  bytes('shared_info', PAGE_SIZE, "The guest's shared info page."),
]);

export const X86_TSC_INFO = new Layout('X86_TSC_INFO', libxcSpec('X86_TSC_INFO'), [
  u32('mode', 'How the guest sees the TSC.'),
  u32('khz', 'Frequency in kHz.'),
  u64('nsec', 'Elapsed time in nanoseconds.'),
  u32('incarnation', 'How often the guest was restored.'),
  reserved(4),
]);

export const HVM_CONTEXT = new Layout('HVM_CONTEXT', libxcSpec('HVM_CONTEXT'), [], {
  name: 'hvm_ctx',
  of: 'bytes',
  about: "The hypervisor's save records.",
});

export const HVM_PARAM_ENTRY = new Layout('HVM parameter', libxcSpec('HVM_PARAMS'), [
  u64('index', 'Number of the parameter.'),
  u64('value', 'Its value.'),
]);

export const HVM_PARAMS = new Layout(
  'HVM_PARAMS',
  libxcSpec('HVM_PARAMS'),
  [u32('count', 'How many parameters follow.'), reserved(4)],
  { name: 'param', of: HVM_PARAM_ENTRY, about: 'The parameters.' },
);

export const TOOLSTACK = new Layout('TOOLSTACK', libxcSpec('TOOLSTACK (deprecated)'), [], {
  name: 'data',
  of: 'bytes',
  about: 'Never written by a released Xen; refused on restore.',
});

export const CHECKPOINT_DIRTY_PFN_LIST = new Layout(
  'CHECKPOINT_DIRTY_PFN_LIST',
  libxcSpec('CHECKPOINT_DIRTY_PFN_LIST'),
  [],
  { name: 'pfn', of: 'u64', about: 'pfns that the secondary has written; only on the back channel.' },
);

export const CPUID_LEAF = new Layout('CPUID leaf', libxcSpec('X86_CPUID_POLICY'), [
  u32('leaf', 'Leaf.'),
  u32('subleaf', 'Subleaf; all ones where the leaf has none.'),
  u32('a', 'EAX.'),
  u32('b', 'EBX.'),
  u32('c', 'ECX.'),
  u32('d', 'EDX.'),
]);

export const X86_CPUID_POLICY = new Layout('X86_CPUID_POLICY', libxcSpec('X86_CPUID_POLICY'), [], {
  name: 'leaf',
  of: CPUID_LEAF,
  about: 'The leaves, at least one.',
});

export const MSR_ENTRY = new Layout('MSR entry', libxcSpec('X86_MSR_POLICY'), [
  u32('index', 'Number of the MSR.'),
  u32('flags', 'None defined.'),
  u64('value', 'Its value.'),
]);

export const X86_MSR_POLICY = new Layout('X86_MSR_POLICY', libxcSpec('X86_MSR_POLICY'), [], {
  name: 'msr',
  of: MSR_ENTRY,
  about: 'The MSRs, at least one.',
});

const empty = (title: string) => new Layout(title, libxcSpec(title), []);
export const END = empty('END');
export const VERIFY = empty('VERIFY');
export const CHECKPOINT = empty('CHECKPOINT');
export const STATIC_DATA_END = empty('STATIC_DATA_END');
