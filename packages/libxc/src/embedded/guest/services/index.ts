import { GuestFault } from '../fault.js';
import { REG } from '../isa.js';
import { boot } from './boot.js';
import { Kernel, type ServiceContext } from './kernel.js';
import { noteLost } from './lost.js';
import { SERVICE } from './numbers.js';
import { afterSuspend, beforeSuspend } from './suspend.js';
import { pagesChecked, pumpRings, tick } from './tick.js';

/** Runs a service. @returns its answer, for rax. @throws GuestFault */
export function runService(context: ServiceContext, number: number): number {
  const kernel = new Kernel(context);
  if (number === SERVICE.boot) {
    boot(kernel);
    return 0;
  }
  kernel.check();
  switch (number) {
    case SERVICE.claim:
      context.registers.set(REG.rbx, kernel.vcpuAddress(context.registers.get(REG.rdi)));
      return 0;
    case SERVICE.tick:
      return tick(kernel);
    case SERVICE.pump:
      if (context.vcpu === 0) pumpRings(kernel);
      return 0;
    case SERVICE.lost:
      noteLost(kernel);
      return 0;
    case SERVICE.beforeSuspend:
      beforeSuspend(kernel);
      return 0;
    case SERVICE.afterSuspend:
      afterSuspend(kernel, context.registers.get(REG.rdi));
      return 0;
    case SERVICE.checked:
      pagesChecked(kernel);
      return 0;
    default:
      throw new GuestFault('INVALID_OPCODE', `there is no kernel service ${number}`);
  }
}
