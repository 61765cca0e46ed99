import type { HostInfo, Hypervisor } from '../../hypervisor/hypervisor.js';
import { PHYSINFO, READ_CONSOLE } from '../abi/layout.js';
import { HYPERCALL, SCHEDULERS, SYSCTL, VERSION } from '../abi/numbers.js';
import { ARGUMENT_ADDRESS, type Hypercalls } from '../native/hypercalls.js';
import { schedulerId } from './scheduler.js';

type HostOperations = Pick<Hypervisor, 'info' | 'consoleRing'>;

/** Bytes that the hypervisor keeps at most of its messages, unless it was built or told otherwise. */
const CONSOLE_ROOM = 128 * 1024;
const TEXT_ROOM = 1024;

export interface XenVersion {
  readonly major: number;
  readonly minor: number;
}

/** XENVER_version: the one question whose form no release changes. */
export function xenVersion(xen: Hypercalls): Promise<XenVersion> {
  return xen.call({ operation: 'info' }, HYPERCALL.xenVersion, [VERSION.version, 0], { size: 0 }, (version) => ({
    major: version >>> 16,
    minor: version & 0xffff,
  }));
}

export function hostOperations(xen: Hypercalls, version: XenVersion): HostOperations {
  const text = (cmd: number): Promise<string> =>
    xen.call({ operation: 'info' }, HYPERCALL.xenVersion, [cmd, ARGUMENT_ADDRESS], { size: TEXT_ROOM }, (_, argument) =>
      textAt(argument),
    );
  return {
    async info(): Promise<HostInfo> {
      const call = { operation: 'info' };
      const physical = await xen.sysctl(call, SYSCTL.physinfo, () => {}, physinfo);
      const scheduler = await schedulerId(xen, 'info');
      return {
        ...version,
        ...physical,
        extra: await text(VERSION.extraversion),
        capabilities: await text(VERSION.capabilities),
        commandLine: await text(VERSION.commandline),
        scheduler: SCHEDULERS[scheduler] ?? `number ${scheduler}`,
        notice: '',
      };
    },

    consoleRing: () =>
      xen.buffers.with(CONSOLE_ROOM, async ({ address, bytes }) => {
        const count = await xen.sysctl(
          { operation: 'consoleRing' },
          SYSCTL.readconsole,
          (union) => {
            union.setBigUint64(READ_CONSOLE.pointer, address, true);
            union.setUint32(READ_CONSOLE.count, CONSOLE_ROOM, true);
          },
          (union) => union.getUint32(READ_CONSOLE.count, true),
        );
        return Buffer.from(bytes.subarray(0, count)).toString('latin1');
      }),
  };
}

function physinfo(union: DataView) {
  return {
    nrCpus: union.getUint32(PHYSINFO.nrCpus, true),
    cpuKhz: union.getUint32(PHYSINFO.cpuKhz, true),
    totalPages: Number(union.getBigUint64(PHYSINFO.totalPages, true)),
    freePages: Number(union.getBigUint64(PHYSINFO.freePages, true)),
    hwCaps: Array.from({ length: PHYSINFO.hwCapsCount }, (_, i) => union.getUint32(PHYSINFO.hwCaps + 4 * i, true)),
  };
}

function textAt(argument: DataView): string {
  const bytes = Buffer.from(argument.buffer, argument.byteOffset, argument.byteLength);
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}
