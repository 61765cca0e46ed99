import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LibxlDomainConfig } from '../config/index.js';
import type { EmulatorRecord } from '../stream/emulator-state.js';
import { chooseDeviceModel, type DeviceModelChoice } from './choose.js';
import { findQemu, QEMU_VARIABLE } from './qemu/find.js';
import type { QemuMachine } from './qemu/machine.js';
import { TRADITIONAL_VARIABLE } from './traditional/find.js';

const PROGRAM = '/bin/true';
const OWN = Buffer.from('QEVM\0\0\0\x03 \x05i8259 ', 'latin1');
const OF_XEN = Buffer.from('QEVM\0\0\0\x03 \x150000:00:02.0/platform ', 'latin1');

const environment = { ...process.env };
beforeEach(() => {
  process.env[QEMU_VARIABLE] = PROGRAM;
  process.env[TRADITIONAL_VARIABLE] = PROGRAM;
});
afterEach(() => {
  process.env = { ...environment };
});

function context(emulatorId: number, data: Uint8Array = OWN, index = 0): EmulatorRecord {
  return { type: 'EMULATOR_CONTEXT', emulatorId, index, data };
}

function choose(
  records: readonly EmulatorRecord[] | undefined,
  built: NonNullable<LibxlDomainConfig['b_info']> = {},
  machine: QemuMachine = 'standalone',
): DeviceModelChoice {
  return chooseDeviceModel({ c_info: { type: 'hvm', name: 'vm' }, b_info: built }, records, machine);
}

describe('the device model of a guest', () => {
  it('is none where it is no HVM guest', () => {
    for (const type of ['pv', 'pvh'] as const) {
      const config = { c_info: { type, name: 'vm' }, b_info: {} };
      expect(chooseDeviceModel(config, undefined, 'standalone')).toEqual({ version: 'none' });
    }
  });

  it.each([
    [{}, 'qemu_xen'],
    [{ device_model_version: 'qemu_xen' }, 'qemu_xen'],
    [{ device_model_version: 'qemu_xen_traditional' }, 'qemu_xen_traditional'],
  ] as const)('that is new is what its configuration asks for: %j', (built, version) => {
    expect(choose(undefined, built)).toEqual({ version, binary: PROGRAM });
  });

  it.each([
    ['qemu_xen', 2, {}],
    ['qemu_xen_traditional', 1, {}],
    ['qemu_xen', 0, {}],
    ['qemu_xen_traditional', 0, { device_model_version: 'qemu_xen_traditional' }],
  ] as const)('that comes with the state of %s (number %i) is that', (version, emulatorId, built) => {
    const nodes: EmulatorRecord = { type: 'EMULATOR_XENSTORE_DATA', emulatorId, index: 0, data: Buffer.from('a\0b\0') };
    expect(choose([nodes, context(emulatorId)], built)).toEqual({
      version,
      binary: PROGRAM,
      context: OWN,
      xenstoreData: nodes.data,
    });
  });

  it('has the last state that the stream has, as a checkpointed one has many', () => {
    const last = Buffer.concat([OWN, Buffer.from('last')]);
    expect(choose([context(2), context(2, last)])).toMatchObject({ context: last });
  });

  it.each<[string, readonly EmulatorRecord[] | undefined, NonNullable<LibxlDomainConfig['b_info']>, RegExp]>([
    ['came from Xen', [context(2, OF_XEN)], {}, /its state is that of Xen's machine/],
    ['had two', [context(2), context(2, OWN, 1)], {}, /more than one \(number 1\)/],
    ['has a stub domain', undefined, { device_model_stubdomain: 'True' }, /domain of their own/],
  ])('is none on a host that executes no x86 code where it %s', (_what, records, built, why) => {
    expect(choose(records, built)).toEqual({ version: 'none', notice: expect.stringMatching(why) });
    if (records?.[0]?.data !== OF_XEN) expect(() => choose(records, built, 'xen')).toThrow(why);
  });

  it('is none where it came without, as nothing is lost; on Xen that is refused', () => {
    expect(choose([])).toEqual({ version: 'none' });
    expect(() => choose([], {}, 'xen')).toThrow(/came without the state of one/);
  });

  it('goes to Xen as it came from Xen', () => {
    expect(choose([context(2, OF_XEN)], {}, 'xen')).toMatchObject({ version: 'qemu_xen', context: OF_XEN });
  });

  it('is none, and that is said, where there is no program for it', () => {
    process.env[QEMU_VARIABLE] = 'none';
    process.env[TRADITIONAL_VARIABLE] = 'none';
    for (const built of [{}, { device_model_version: 'qemu_xen_traditional' }] as const) {
      expect(choose(undefined, built)).toEqual({ version: 'none', notice: expect.stringMatching(/says none$/) });
      expect(() => choose(undefined, built, 'xen')).toThrow(/says none$/);
    }
  });

  it.each<[string, readonly EmulatorRecord[] | undefined, NonNullable<LibxlDomainConfig['b_info']>]>([
    ['of an unknown kind', [context(3)], {}],
    ['of another kind than is configured', [context(1)], { device_model_version: 'qemu_xen' }],
    ['whose program is none', undefined, { device_model: '/dev/null' }],
    ['whose program is not there', undefined, { device_model: '/nowhere/qemu' }],
  ])('%s is refused', (_what, records, built) => {
    expect(() => choose(records, built)).toThrow(expect.objectContaining({ code: 'ERROR_INVAL' }));
  });
});

describe('a QEMU', () => {
  it('is the one that is named, or the first that is there', () => {
    expect(findQemu('/bin/sh', { [QEMU_VARIABLE]: PROGRAM })).toEqual({ binary: '/bin/sh' });
    expect(findQemu(undefined, { [QEMU_VARIABLE]: PROGRAM })).toEqual({ binary: PROGRAM });
    const found = findQemu(undefined, { PATH: '/nowhere' });
    if ('missing' in found) expect(found.missing).toBe('no QEMU is installed (Debian: qemu-system-xen)');
    else expect(found.binary).toContain('qemu-system-i386');
  });
});
