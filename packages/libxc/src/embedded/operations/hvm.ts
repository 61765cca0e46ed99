import { HVM_PARAM } from '../../x86/hvm-params.js';
import { HVM_CPU } from '../../x86/registers.js';
import { HOST_SIGNATURE } from '../domains/cpu-policy.js';
import type { Domain } from '../domains/domain.js';
import {
  CPU_RECORD,
  HEADER_RECORD,
  HvmContextError,
  type HvmRecords,
  headerKhz,
  hvmHeader,
  parseHvmContext,
} from '../domains/hvm-records.js';
import { forgetHeld, schedule, whileStopped } from '../run/scheduler.js';
import { refuse, requireHvm } from './errors.js';
import type { Handlers } from './types.js';

const NR_PARAMS = 39;
/** Parameters that were given up (Xen's public hvm/params.h), and altp2m, which has an operation of its own. */
const DEPRECATED: ReadonlySet<number> = new Set([3, 4, 7, 8, 13, 15, 20, 21, 22, 23, 24, 25, 26, 30]);
const ALTP2M = 35;
/** A value that is not 0 stays. */
const SET_ONCE: ReadonlySet<number> = new Set([
  HVM_PARAM.VIRIDIAN,
  HVM_PARAM.IOREQ_PFN,
  HVM_PARAM.BUFIOREQ_PFN,
  HVM_PARAM.IOREQ_SERVER_PFN,
  HVM_PARAM.NR_IOREQ_SERVER_PAGES,
  HVM_PARAM.MCA_CAP,
]);

export const hvmHandlers: Handlers<'hvmContext' | 'setHvmContext' | 'hvmParam' | 'setHvmParam'> = {
  async hvmContext(host, _connection, domid) {
    const domain = host.domain(domid, 'hvmContext');
    const records = recordsOf(domain, 'hvmContext');
    return whileStopped(host, domain, () => {
      const cpus = new Map<number, Uint8Array>();
      for (const vcpu of domain.vcpus) if (vcpu.online) cpus.set(vcpu.id, vcpu.context.slice());
      return records.encode(hvmHeader(HOST_SIGNATURE, domain.tsc.khz), cpus);
    });
  },

  async setHvmContext(host, _connection, domid, context) {
    const domain = host.domain(domid, 'setHvmContext');
    const records = recordsOf(domain, 'setHvmContext');
    await whileStopped(host, domain, () => load(domain, records, context));
    schedule(host, domain);
  },

  hvmParam(host, _connection, domid, index) {
    const domain = host.domain(domid, 'hvmParam');
    requireHvm(domain, 'hvmParam');
    checkParam(domain, 'hvmParam', index);
    return domain.params.get(index) ?? 0n;
  },

  setHvmParam(host, _connection, domid, index, value) {
    const domain = host.domain(domid, 'setHvmParam');
    requireHvm(domain, 'setHvmParam');
    checkParam(domain, 'setHvmParam', index);
    const before = domain.params.get(index) ?? 0n;
    if (index === ALTP2M || (SET_ONCE.has(index) && before !== 0n && before !== value)) {
      throw refuse('EEXIST', 'setHvmParam', domain, `parameter ${index} is ${before} and can't change to ${value}`);
    }
    domain.params.set(index, value);
  },
};

function checkParam(domain: Domain, operation: 'hvmParam' | 'setHvmParam', index: number): void {
  if (index < NR_PARAMS && !DEPRECATED.has(index)) return;
  throw refuse('EINVAL', operation, domain, `there is no parameter ${index}`);
}

function recordsOf(domain: Domain, operation: 'hvmContext' | 'setHvmContext'): HvmRecords {
  requireHvm(domain, operation);
  return domain.hvmRecords!;
}

/** All vcpus go down; those with a CPU record come up with it. */
function load(domain: Domain, records: HvmRecords, context: Uint8Array): void {
  let parsed: ReturnType<typeof parseHvmContext>;
  try {
    parsed = parseHvmContext(context, domain.vcpus.length, domain.kind === 'pvh' ? 'pvh' : 'hvm');
  } catch (e) {
    if (e instanceof HvmContextError) throw refuse('EINVAL', 'setHvmContext', domain, `HVM context: ${e.message}`);
    throw e;
  }
  for (const vcpu of domain.vcpus) vcpu.online = false;
  for (const record of parsed) {
    if (record.type === HEADER_RECORD) preferTscFrequency(domain, record.body);
    if (record.type !== CPU_RECORD) {
      records.set(record);
      continue;
    }
    const vcpu = domain.vcpus[record.instance]!;
    vcpu.context.fill(0);
    vcpu.context.set(record.body.subarray(0, HVM_CPU.size));
    vcpu.initialised = true;
    vcpu.online = true;
  }
  forgetHeld(domain);
}

/** The frequency that the guest was saved with stays its own (arch_hvm_load); 0: the saver said none. */
function preferTscFrequency(domain: Domain, header: Uint8Array): void {
  const khz = headerKhz(header);
  if (khz !== 0) domain.tsc = { ...domain.tsc, khz };
}
