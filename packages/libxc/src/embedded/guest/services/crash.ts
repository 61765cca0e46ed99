import { GuestFault } from '../fault.js';
import { print, pumpConsole } from './console.js';
import { Kernel, type ServiceContext } from './kernel.js';

/** Says what a guest died of: in the host's log always, on its own console where it still finds that. */
export function announceCrash(context: ServiceContext, fault: GuestFault): void {
  const text = `selfcheck: vcpu ${context.vcpu} ${where(context)}: ${fault.kind}: ${fault.message}`;
  context.hypercalls.log(text);
  try {
    const kernel = new Kernel(context);
    kernel.check();
    print(kernel, text);
    pumpConsole(kernel);
  } catch (second) {
    // A guest that lost its own data can't find its console either; the log has the reason.
    if (!(second instanceof GuestFault)) throw second;
  }
}

function where(context: ServiceContext): string {
  try {
    return `rip 0x${context.registers.rip.toString(16)}`;
  } catch {
    return 'rip of the upper half';
  }
}
