import { readFile } from 'node:fs/promises';
import { deviceModelFiles, type Host, type LibxlDomainConfig, QmpClient } from '@xen-migration/libxl';
import { ByteReader, byteSource, streamEvents } from '@xen-migration/stream-format';
import { SAVE_MAGIC } from './traditional/qemu-dm.js';

/** A device model as the tests drive and look at it. */
export interface TestModel {
  readonly version: 'qemu_xen' | 'qemu_xen_traditional';
  readonly emulatorId: number;
  config(name: string, changes?: NonNullable<LibxlDomainConfig['b_info']>): LibxlDomainConfig;
  /** Gives it a state that no other one has; it runs. */
  mark(host: Host, domid: number): Promise<void>;
  /** That state, in what it saved. */
  markOf(context: Uint8Array): string;
  /** What it says of itself. */
  isRunning(host: Host, domid: number): Promise<boolean>;
}

function configOf(
  version: TestModel['version'],
  program: string,
  name: string,
  changes: NonNullable<LibxlDomainConfig['b_info']> = {},
) {
  return {
    c_info: { type: 'hvm', name },
    b_info: {
      device_model_version: version,
      device_model: program,
      max_vcpus: 1,
      avail_vcpus: [0],
      max_memkb: 16 * 1024,
      target_memkb: 16 * 1024,
      kernel: 'builtin:selfcheck',
      cmdline: 'working-set=4M rate=2000',
      'type.hvm': {},
      ...changes,
    },
  } satisfies LibxlDomainConfig;
}

/** Debian's QEMU. What marks it are the keys that its keyboard has not handed out. */
export function upstream(binary: string): TestModel {
  return {
    version: 'qemu_xen',
    emulatorId: 2,
    config: (name, changes) => configOf('qemu_xen', binary, name, changes),
    async mark(host, domid) {
      const client = await monitorOf(host, domid);
      const keys = ['a', 'b'].map((data) => ({ type: 'qcode', data }));
      // A command that no device model is given otherwise.
      await client.execute({ execute: 'send-key', arguments: { keys } } as never);
      client.close();
    },
    markOf(context) {
      const bytes = Buffer.from(context);
      const at = bytes.indexOf('ps2kbd');
      return bytes.subarray(at, at + 64).toString('hex');
    },
    async isRunning(host, domid) {
      const client = await monitorOf(host, domid);
      const { running } = await client.status();
      client.close();
      return running;
    },
  };
}

function monitorOf({ stateDirectory, deviceModels }: Host, domid: number): Promise<QmpClient> {
  return QmpClient.connect(deviceModelFiles({ state: stateDirectory, run: deviceModels.runDirectory }, domid).command);
}

/** The qemu-dm of traditional/; what marks it is who it is. */
export function traditional(program: string): TestModel {
  return {
    version: 'qemu_xen_traditional',
    emulatorId: 1,
    config: (name, changes) => configOf('qemu_xen_traditional', program, name, changes),
    async mark() {},
    markOf(context) {
      const text = Buffer.from(context).toString('latin1');
      if (!text.startsWith(SAVE_MAGIC)) throw new Error('that is no state of qemu-dm');
      return (JSON.parse(text.slice(SAVE_MAGIC.length)) as { identity: string }).identity;
    },
    async isRunning(host, domid) {
      return (await host.xenstore.read(`/local/domain/0/device-model/${domid}/state`)) === 'running';
    },
  };
}

export interface EmulatorState {
  readonly type: string;
  readonly emulatorId: number;
  readonly index: number;
  readonly data: Uint8Array;
}

/** The libxl records of a save file after its libxc stream, in their order. */
export async function recordsOf(file: string): Promise<{ readonly types: string[]; readonly states: EmulatorState[] }> {
  const types: string[] = [];
  const states: EmulatorState[] = [];
  for await (const event of streamEvents(new ByteReader(byteSource(await readFile(file))))) {
    if (event.kind !== 'libxl-record') continue;
    const { record } = event;
    types.push(record.type);
    if (record.type !== 'EMULATOR_CONTEXT' && record.type !== 'EMULATOR_XENSTORE_DATA') continue;
    const { type, emulatorId, index, data } = record;
    states.push({ type, emulatorId, index, data: data.slice() });
  }
  return { types, states };
}
