import { type Errno, HypervisorError } from '../../hypervisor/errors.js';
import type { Domain } from '../domains/domain.js';
import type { Vcpu } from '../domains/vcpu.js';
import type { OperationName } from '../wire/operations.js';

/** A failure of an operation on a domain. */
export function refuse(
  code: Errno,
  operation: OperationName,
  domain: Domain | undefined,
  why: string,
): HypervisorError {
  return new HypervisorError(code, operation, domain?.domid, why);
}

/** @throws HypervisorError EINVAL */
export function vcpuOf(domain: Domain, vcpu: number, operation: OperationName): Vcpu {
  const found = domain.vcpus[vcpu];
  if (found === undefined) throw refuse('EINVAL', operation, domain, `it has no vcpu ${vcpu}`);
  return found;
}

/** @throws HypervisorError EINVAL */
export function requireHvm(domain: Domain, operation: OperationName): void {
  if (!domain.hvm) throw refuse('EINVAL', operation, domain, 'it is a PV domain');
}

/** @throws HypervisorError EINVAL */
export function requirePv(domain: Domain, operation: OperationName): void {
  if (domain.hvm) throw refuse('EINVAL', operation, domain, 'it is no PV domain');
}
