import { describe, expect, it } from 'vitest';
import type { LibxcRecordName } from '../libxc/record-types.js';
import { RecordOrder } from './record-order.js';

const PV = 'libxc-migration-stream, Layout, x86 PV Guest';
const HVM = 'libxc-migration-stream, Layout, x86 HVM Guest';
const V3 = 'libxc-migration-stream, v3 compat with v2';

/** What is said of these records; a vcpu's with its number behind a colon. */
function reports(guestType: 'pv' | 'hvm', version: 2 | 3, records: string): string[] {
  const said: string[] = [];
  const headers = { version, endian: 'little', guestType, pageShift: 12, xenMajor: 4, xenMinor: 17 } as const;
  const order = new RecordOrder(headers, (rule, message, spec) => said.push(`${rule}: ${message} [${spec}]`));
  for (const record of records.split(' ')) {
    const [name, vcpu] = record.split(':') as [LibxcRecordName, string | undefined];
    order.take(name);
    if (vcpu !== undefined) order.takeVcpu(name, Number(vcpu));
  }
  return said;
}

const STATIC = 'X86_PV_INFO X86_CPUID_POLICY X86_MSR_POLICY STATIC_DATA_END';
const STATE = 'X86_TSC_INFO SHARED_INFO X86_PV_VCPU_BASIC:0 X86_PV_VCPU_EXTENDED:0 X86_PV_VCPU_BASIC:1';
const PAGES = 'X86_PV_P2M_FRAMES PAGE_DATA PAGE_DATA';
const HVM_STATIC = 'X86_CPUID_POLICY X86_MSR_POLICY STATIC_DATA_END';
const HVM_STATE = 'X86_TSC_INFO HVM_CONTEXT HVM_PARAMS';

describe('orders that stock Xen writes', () => {
  it.each([
    ['pv', 3, `${STATIC} ${PAGES} ${STATE} END`],
    ['pv', 2, `X86_PV_INFO ${PAGES} ${STATE} END`],
    ['pv', 3, `X86_PV_INFO STATIC_DATA_END ${PAGES} VERIFY PAGE_DATA ${STATE} END`],
    ['pv', 3, `${STATIC} ${PAGES} ${STATE} CHECKPOINT PAGE_DATA ${STATE} CHECKPOINT END`],
    ['pv', 3, `${STATIC} ${PAGES} ${STATE} CHECKPOINT X86_PV_P2M_FRAMES PAGE_DATA ${STATE} END`],
    ['hvm', 3, `${HVM_STATIC} PAGE_DATA ${HVM_STATE} HVM_PARAMS END`],
    ['hvm', 2, `PAGE_DATA ${HVM_STATE} END`],
    ['hvm', 3, `${HVM_STATIC} PAGE_DATA ${HVM_STATE} CHECKPOINT ${HVM_STATE} CHECKPOINT END`],
  ] as const)('%s, version %s: %s', (guestType, version, records) => {
    expect(reports(guestType, version, records)).toEqual([]);
  });
});

describe('what is out of order', () => {
  it.each([
    [
      'pv',
      3,
      `STATIC_DATA_END X86_PV_INFO ${PAGES} ${STATE} END`,
      [
        `order-pv-info: STATIC_DATA_END before X86_PV_INFO [${PV}]`,
        `order-static-data: X86_PV_INFO after STATIC_DATA_END [${V3}]`,
      ],
    ],
    [
      'pv',
      3,
      `X86_PV_INFO STATIC_DATA_END X86_CPUID_POLICY X86_MSR_POLICY ${PAGES} ${STATE} END`,
      [
        `order-static-data: X86_CPUID_POLICY after STATIC_DATA_END [${V3}]`,
        `order-static-data: X86_MSR_POLICY after STATIC_DATA_END [${V3}]`,
      ],
    ],
    // Said of the first of many pages alone.
    [
      'hvm',
      3,
      `PAGE_DATA PAGE_DATA STATIC_DATA_END ${HVM_STATE} END`,
      [`order-static-data: PAGE_DATA before STATIC_DATA_END [${V3}]`],
    ],
    [
      'hvm',
      2,
      `X86_CPUID_POLICY X86_MSR_POLICY STATIC_DATA_END PAGE_DATA ${HVM_STATE} END`,
      [
        `record-version: X86_CPUID_POLICY in a stream of version 2 [${V3}]`,
        `record-version: X86_MSR_POLICY in a stream of version 2 [${V3}]`,
        `record-version: STATIC_DATA_END in a stream of version 2 [${V3}]`,
      ],
    ],
    [
      'pv',
      2,
      `X86_PV_P2M_FRAMES SHARED_INFO X86_PV_INFO PAGE_DATA X86_PV_VCPU_BASIC:0 END`,
      [
        `order-pv-info: X86_PV_P2M_FRAMES before X86_PV_INFO [${PV}]`,
        `order-pv-info: SHARED_INFO before X86_PV_INFO [${PV}]`,
      ],
    ],
    [
      'pv',
      2,
      `X86_PV_INFO PAGE_DATA PAGE_DATA X86_PV_P2M_FRAMES ${STATE} END`,
      [`order-p2m-frames: PAGE_DATA before X86_PV_P2M_FRAMES [${PV}]`],
    ],
    [
      'pv',
      2,
      `X86_PV_INFO X86_PV_P2M_FRAMES X86_PV_VCPU_BASIC:0 PAGE_DATA SHARED_INFO END`,
      [
        `order-vcpu: X86_PV_VCPU_BASIC before PAGE_DATA [${PV}]`,
        `order-vcpu: PAGE_DATA after the records of vcpus [${PV}]`,
      ],
    ],
    [
      'pv',
      2,
      `X86_PV_INFO ${PAGES} ${STATE} X86_PV_P2M_FRAMES END`,
      [`order-vcpu: X86_PV_P2M_FRAMES after the records of vcpus [${PV}]`],
    ],
    [
      'pv',
      2,
      `X86_PV_INFO ${PAGES} ${STATE} X86_PV_VCPU_MSRS:2 X86_PV_VCPU_EXTENDED:0 END`,
      [
        `order-vcpu: X86_PV_VCPU_MSRS of vcpu 2 before its X86_PV_VCPU_BASIC [${PV}]`,
        `duplicate-record: a second X86_PV_VCPU_EXTENDED of vcpu 0 [${PV}]`,
      ],
    ],
    [
      'pv',
      2,
      `X86_PV_INFO ${PAGES} X86_TSC_INFO SHARED_INFO X86_PV_VCPU_BASIC:1 END`,
      [`missing-record: END without X86_PV_VCPU_BASIC of vcpu 0 [${PV}]`],
    ],
  ] as const)('%s, version %s: %s', (guestType, version, records, said) => {
    expect(reports(guestType, version, records)).toEqual(said);
  });

  it.each(['X86_PV_INFO', 'X86_CPUID_POLICY', 'X86_MSR_POLICY', 'STATIC_DATA_END'])(
    '%s stands once in a stream',
    (name) => {
      const twice = STATIC.replace(name, `${name} ${name}`);
      expect(reports('pv', 3, `${twice} ${PAGES} ${STATE} END`)).toEqual([
        `duplicate-record: a second ${name} [${PV}]`,
      ]);
    },
  );

  it('and what has a checkpoint behind it stands there no second time either', () => {
    const records = `${STATIC} ${PAGES} ${STATE} CHECKPOINT STATIC_DATA_END ${STATE} END`;
    expect(reports('pv', 3, records)).toEqual([`duplicate-record: a second STATIC_DATA_END [${PV}]`]);
  });

  it.each(['X86_TSC_INFO', 'HVM_CONTEXT'])('%s stands once between checkpoints', (name) => {
    const twice = HVM_STATE.replace(name, `${name} ${name}`);
    const records = `${HVM_STATIC} PAGE_DATA ${HVM_STATE} CHECKPOINT ${twice} END`;
    expect(reports('hvm', 3, records)).toEqual([`duplicate-record: a second ${name} [${HVM}]`]);
  });

  it.each([
    ['SHARED_INFO', 'pv', `${STATIC} ${PAGES} SHARED_INFO ${STATE} END`, PV],
    ['VERIFY', 'hvm', `${HVM_STATIC} PAGE_DATA VERIFY VERIFY ${HVM_STATE} END`, HVM],
  ] as const)('%s, too', (name, guestType, records, spec) => {
    expect(reports(guestType, 3, records)).toEqual([`duplicate-record: a second ${name} [${spec}]`]);
  });

  it('records of the other kind of guest', () => {
    const foreign = [
      'X86_PV_P2M_FRAMES',
      'X86_PV_VCPU_EXTENDED',
      'X86_PV_VCPU_XSAVE',
      'X86_PV_VCPU_MSRS',
      'SHARED_INFO',
    ];
    for (const name of ['X86_PV_INFO', 'X86_PV_VCPU_BASIC', ...foreign]) {
      const records = `X86_CPUID_POLICY ${name === 'X86_PV_INFO' ? name : ''} STATIC_DATA_END`.replace('  ', ' ');
      const late = name === 'X86_PV_INFO' ? '' : ` ${name}`;
      expect(reports('hvm', 3, `${records} PAGE_DATA${late} ${HVM_STATE} END`)).toEqual([
        `guest-type: ${name} in a stream of an HVM guest [${HVM}]`,
      ]);
    }
    for (const name of ['HVM_CONTEXT', 'HVM_PARAMS']) {
      expect(reports('pv', 2, `X86_PV_INFO ${PAGES} ${STATE} ${name} END`)).toEqual([
        `guest-type: ${name} in a stream of a PV guest [${PV}]`,
      ]);
    }
  });
});

describe('what is missing', () => {
  it('at the end', () => {
    expect(reports('pv', 2, 'END')).toEqual(
      ['X86_PV_INFO', 'X86_PV_P2M_FRAMES', 'PAGE_DATA', 'SHARED_INFO', 'X86_PV_VCPU_BASIC'].map(
        (name) => `missing-record: END without ${name} [${PV}]`,
      ),
    );
    expect(reports('hvm', 2, 'END')).toEqual(
      ['PAGE_DATA', 'HVM_PARAMS', 'HVM_CONTEXT'].map((name) => `missing-record: END without ${name} [${HVM}]`),
    );
  });

  it('at a checkpoint and after it: state comes each time, pages and what is static need not', () => {
    expect(reports('hvm', 2, `PAGE_DATA ${HVM_STATE} CHECKPOINT HVM_CONTEXT CHECKPOINT PAGE_DATA END`)).toEqual([
      `missing-record: CHECKPOINT without HVM_PARAMS [${HVM}]`,
      `missing-record: END without HVM_PARAMS [${HVM}]`,
      `missing-record: END without HVM_CONTEXT [${HVM}]`,
    ]);
    expect(reports('pv', 2, `X86_PV_INFO ${PAGES} ${STATE} CHECKPOINT X86_PV_VCPU_BASIC:0 CHECKPOINT END`)).toEqual([
      `missing-record: CHECKPOINT without SHARED_INFO [${PV}]`,
    ]);
  });
});

describe('a caller may ask', () => {
  const headers = { version: 2, endian: 'little', guestType: 'pv', pageShift: 12, xenMajor: 4, xenMinor: 17 } as const;

  it('whether another PAGE_DATA breaks no rule', () => {
    const order = new RecordOrder(headers, () => {});
    const inPages: boolean[] = [];
    for (const name of ['X86_PV_INFO', 'X86_PV_P2M_FRAMES', 'PAGE_DATA', 'SHARED_INFO'] as const) {
      order.take(name);
      inPages.push(order.inPages);
    }
    for (const name of ['X86_PV_VCPU_XSAVE', 'CHECKPOINT', 'PAGE_DATA'] as const) {
      order.take(name);
      inPages.push(order.inPages);
    }
    expect(inPages).toEqual([false, false, true, true, false, false, true]);
  });

  it("for a vcpu's record since the last checkpoint", () => {
    const order = new RecordOrder(headers, () => {});
    order.take('X86_PV_VCPU_BASIC');
    order.takeVcpu('X86_PV_VCPU_BASIC', 3);
    expect([0, 3].map((vcpu) => order.hasVcpu('X86_PV_VCPU_BASIC', vcpu))).toEqual([false, true]);
    expect(order.hasVcpu('X86_PV_VCPU_XSAVE', 3)).toBe(false);
    order.take('CHECKPOINT');
    expect(order.hasVcpu('X86_PV_VCPU_BASIC', 3)).toBe(false);
  });
});
