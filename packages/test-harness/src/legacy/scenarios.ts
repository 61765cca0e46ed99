import { i32, u32, u64 } from './bytes.js';
import { emulatorState, type GuestKind, type GuestSpec, legacyGuest, TWO_DEVICES } from './guest.js';
import { LegacyWriter, legacyXlHeader, type Width, XC_SAVE_ID } from './legacy-writer.js';

/** What becomes of an old stream: a v2 stream that restores, or a refusal by this rule. */
export type Outcome = { readonly converts: true } | { readonly refused: string };

/** One way in which a guest of an old Xen can come to a new one. */
export interface Scenario {
  /** Release and toolstack. */
  readonly from: string;
  readonly guest: string;
  readonly by: string;
  readonly width: Width;
  readonly guestType: 'pv' | 'hvm';
  /** Whether the file begins with the header of xl. */
  readonly xlHeader: boolean;
  readonly outcome: Outcome;
  /** Why, where it is not plain. */
  readonly why?: string;
  stream(): Buffer;
}

const CONVERTS: Outcome = { converts: true };
const WIDTHS = [32, 64] as const;

const pv = (width: Width, kind: 'pv32' | 'pv64', more: Partial<GuestSpec> = {}): GuestSpec => ({
  width,
  kind,
  memory: 'types',
  vcpus: [0, 1],
  extv: true,
  tsc: true,
  ...more,
});

const hvm = (width: Width, more: Partial<GuestSpec> = {}): GuestSpec => ({
  width,
  kind: 'hvm',
  memory: 'holes',
  vcpus: [0, 1],
  params: 'usual',
  tsc: true,
  emulator: 'traditional',
  ...more,
});

const GUEST_NAMES: Readonly<Record<GuestKind, string>> = { pv32: 'PV, 32 bits', pv64: 'PV, 64 bits', hvm: 'HVM' };
const XEND = 'Xen 3.x to 4.4, xend';

/** All of them; each is tried. */
export const SCENARIOS: readonly Scenario[] = WIDTHS.flatMap((width) => [
  ...released(width),
  ...liveMigrations(width),
  ...remus(width),
  ...others(width),
]);

/** Save files of each release that had xl, with what was new in it. */
function released(width: Width): Scenario[] {
  const file = (json: boolean) =>
    legacyXlHeader(json ? '{"c_info":{"name":"old"}}' : "name = 'old'\nmemory = 64\n", json);
  const saved = (from: string, spec: GuestSpec, guest: string, json = false): Scenario => ({
    from,
    guest,
    by: 'xl save',
    width,
    guestType: spec.kind === 'hvm' ? 'hvm' : 'pv',
    xlHeader: true,
    outcome: CONVERTS,
    stream: () => Buffer.concat([file(json), legacyGuest(spec).bytes()]),
  });
  const kinds = ['pv32', 'pv64'] as const;
  return [
    ...kinds.map((kind) => saved('Xen 4.1', pv(width, kind), GUEST_NAMES[kind])),
    saved('Xen 4.1', hvm(width), 'HVM, qemu-traditional'),
    ...kinds.map((kind) => saved('Xen 4.2 to 4.4', pv(width, kind, { xsave: 0x250 }), GUEST_NAMES[kind])),
    saved('Xen 4.2 to 4.4', hvm(width, { physmap: [], params: 'all' }), 'HVM, qemu-traditional'),
    saved('Xen 4.2 to 4.4', hvm(width, { physmap: TWO_DEVICES, emulator: 'upstream' }), 'HVM, qemu-upstream'),
    ...kinds.map((kind) => saved('Xen 4.5', pv(width, kind, { xsave: 0x340, physmap: [] }), GUEST_NAMES[kind], true)),
    saved('Xen 4.5', hvm(width, { physmap: [], params: 'all' }), 'HVM, qemu-traditional', true),
    saved(
      'Xen 4.5',
      hvm(width, { physmap: TWO_DEVICES, emulator: 'upstream', params: 'all' }),
      'HVM, qemu-upstream',
      true,
    ),
  ];
}

/** What `xl migrate` of an old host sends to a new one: no header of a file. */
function liveMigrations(width: Width): Scenario[] {
  const live = (spec: GuestSpec, by: string): Scenario => ({
    from: 'Xen 4.1 to 4.5',
    guest: GUEST_NAMES[spec.kind],
    by,
    width,
    guestType: spec.kind === 'hvm' ? 'hvm' : 'pv',
    xlHeader: false,
    outcome: CONVERTS,
    stream: () => legacyGuest(spec).bytes(),
  });
  return [
    live(pv(width, 'pv32', { memory: 'live', unmapped: [0x17f0, 0x17f1] }), 'xl migrate'),
    live(pv(width, 'pv64', { memory: 'live', unmapped: [0x17f0] }), 'xl migrate'),
    live(hvm(width, { memory: 'live', physmap: TWO_DEVICES, emulator: 'upstream' }), 'xl migrate'),
    live(pv(width, 'pv64', { memory: 'live', verify: true }), 'xl migrate --debug'),
    live(hvm(width, { memory: 'live', verify: true }), 'xl migrate --debug'),
  ];
}

function remus(width: Width): Scenario[] {
  const base = { from: 'Xen 4.0 to 4.5', width, xlHeader: false } as const;
  const first = (spec: GuestSpec) => legacyGuest({ ...spec, lastCheckpoint: false });
  return [
    {
      ...base,
      guest: 'PV, 64 bits',
      by: 'Remus, checkpoints in full',
      guestType: 'pv',
      outcome: CONVERTS,
      why: 'its first checkpoint; that others follow is said',
      stream: () =>
        first(pv(width, 'pv64'))
          .batch([0], [Buffer.alloc(4096, 1)])
          .endOfBody()
          .bytes(),
    },
    {
      ...base,
      guest: 'HVM',
      by: 'Remus, checkpoints in full',
      guestType: 'hvm',
      outcome: { refused: 'device-model-signature' },
      why: 'the signature RemusDeviceModelState: later checkpoints follow',
      stream: () =>
        first(hvm(width, { emulator: undefined } as Partial<GuestSpec>))
          .deviceModel(emulatorState('upstream'), 'RemusDeviceModelState')
          .bytes(),
    },
    ...(['pv64', 'hvm'] as const).map(
      (kind): Scenario => ({
        ...base,
        guest: GUEST_NAMES[kind],
        by: 'Remus, compressed',
        guestType: kind === 'hvm' ? 'hvm' : 'pv',
        outcome: { refused: 'chunk-enable_compression' },
        why: 'later checkpoints are differences to what only the backup host had',
        stream: () =>
          beforeEnd(first(kind === 'hvm' ? hvm(width) : pv(width, kind)), i32(XC_SAVE_ID.ENABLE_COMPRESSION)),
      }),
    ),
    {
      ...base,
      guest: 'PV, 64 bits',
      by: 'Remus, a compressed checkpoint',
      guestType: 'pv',
      outcome: { refused: 'chunk-compressed_data' },
      why: 'differences to what only the backup host had',
      stream: () =>
        beforeEnd(first(pv(width, 'pv64')), Buffer.concat([i32(XC_SAVE_ID.COMPRESSED_DATA), u64(8), u64(0)])),
    },
  ];
}

function others(width: Width): Scenario[] {
  const base = { width, xlHeader: false } as const;
  return [
    {
      ...base,
      from: 'Xen 4.0 to 4.5',
      guest: 'PV, 64 bits',
      by: 'any, with transcendent memory',
      guestType: 'pv',
      outcome: { refused: 'chunk-tmem' },
      why: 'no v2 stream has a place for it',
      stream: () =>
        new LegacyWriter(width)
          .raw(...pvHead(width))
          .chunk(XC_SAVE_ID.TMEM, u32(0))
          .bytes(),
    },
    {
      ...base,
      from: 'Xen 3.0',
      guest: 'PV',
      by: 'xm save, its stream alone',
      guestType: 'pv',
      outcome: { refused: 'extended-info-marker' },
      why: 'no extended info: what kind of guest it is stands nowhere',
      stream: () => new LegacyWriter(width).p2mSize(0x1000).p2mFrames([5, 6, 7, 8, 9, 10, 11, 12]).bytes(),
    },
    {
      ...base,
      from: XEND,
      guest: 'any',
      by: 'xm save',
      guestType: 'pv',
      outcome: { refused: 'other-format' },
      why: 'xend had a header and a configuration of its own',
      stream: () =>
        Buffer.concat([
          Buffer.from('LinuxGuestRecord'),
          u32(0x0e00_0000),
          Buffer.from('(domain (id 1))'),
          ...pvHead(width),
        ]),
    },
    {
      ...base,
      from: XEND,
      guest: 'HVM',
      by: 'xm save, its stream alone',
      guestType: 'hvm',
      outcome: { refused: 'device-model-signature' },
      why: 'the signature QemuDeviceModelRecord: the state has no length',
      stream: () =>
        legacyGuest(hvm(width, { emulator: undefined } as Partial<GuestSpec>))
          .raw(Buffer.from('QemuDeviceModelRecord'), emulatorState('traditional'))
          .bytes(),
    },
    {
      ...base,
      from: 'Xen 4.6 and later',
      guest: 'any',
      by: 'xl save, its stream alone',
      guestType: 'hvm',
      outcome: { refused: 'other-format' },
      why: 'it is a v2 stream: nothing is to be converted',
      stream: () => Buffer.concat([Buffer.from('LibxlFmt'), Buffer.from([0, 0, 0, 2, 0, 0, 0, 0]), Buffer.alloc(64)]),
    },
  ];
}

function pvHead(width: Width): Buffer[] {
  return legacyGuest({ ...pv(width, 'pv64'), memory: 'none' }).sections.slice(0, 3);
}

/** The stream with this before the end of its body. */
function beforeEnd(writer: LegacyWriter, bytes: Uint8Array): Buffer {
  const end = writer.sections.findIndex((section) => section.length === 4 && section.readInt32LE() === 0);
  return Buffer.concat([...writer.sections.slice(0, end), bytes, ...writer.sections.slice(end)]);
}

const PAGE = `# From which Xen, and how

Each row is tried by the tests with the stream of a 32-bit and of a 64-bit toolstack, with width and guest type given, and
found out. What is converted passes the verifier without a problem. A refusal has the \`rule\` that is named here; the
command's exit code tells what is damaged (1) from what cannot be converted (2).
`;

/** The scenarios for people: a row of each, those of both widths as one. */
export function scenarioPage(): string {
  const rows = SCENARIOS.map(({ from, guest, by, outcome, why }) => {
    const result = 'converts' in outcome ? 'converted' : `refused: \`${outcome.refused}\``;
    return `| ${from} | ${guest} | ${by} | ${result} | ${why ?? ''} |`;
  });
  const head = ['| from | guest | by | outcome | why |', '|---|---|---|---|---|'];
  return `${PAGE}\n${[...head, ...new Set(rows)].join('\n')}\n`;
}
