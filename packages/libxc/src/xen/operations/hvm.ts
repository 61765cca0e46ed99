import type { Hypervisor } from '../../hypervisor/hypervisor.js';
import { HVM_CONTEXT, HVM_PARAM_OP } from '../abi/layout.js';
import { DOMCTL, HVM_OP, HYPERCALL } from '../abi/numbers.js';
import { ARGUMENT_ADDRESS, type Hypercalls } from '../native/hypercalls.js';

type HvmOperations = Pick<Hypervisor, 'hvmContext' | 'setHvmContext' | 'hvmParam' | 'setHvmParam'>;

export function hvmOperations(xen: Hypercalls): HvmOperations {
  const context = (operation: string, domid: number, cmd: number, size: number, address: bigint) =>
    xen.domctl(
      { operation, domid, pace: 'slow' },
      cmd,
      (union) => {
        union.setUint32(HVM_CONTEXT.size, size, true);
        union.setBigUint64(HVM_CONTEXT.pointer, address, true);
      },
      (union) => union.getUint32(HVM_CONTEXT.size, true),
    );

  const param = (operation: string, cmd: number, domid: number, index: number, value: bigint) =>
    xen.call(
      { operation, domid },
      HYPERCALL.hvmOp,
      [cmd, ARGUMENT_ADDRESS],
      {
        size: HVM_PARAM_OP.size,
        fill: (argument) => {
          argument.setUint16(HVM_PARAM_OP.domid, domid, true);
          argument.setUint32(HVM_PARAM_OP.index, index, true);
          argument.setBigUint64(HVM_PARAM_OP.value, value, true);
        },
      },
      (_result, argument) => argument.getBigUint64(HVM_PARAM_OP.value, true),
      () => `parameter ${index}`,
    );

  return {
    async hvmContext(domid) {
      const size = await context('hvmContext', domid, DOMCTL.gethvmcontext, 0, 0n);
      return xen.buffers.with(size, async ({ address, bytes }) => {
        const written = await context('hvmContext', domid, DOMCTL.gethvmcontext, size, address);
        return bytes.slice(0, written);
      });
    },
    setHvmContext: (domid, blob) =>
      xen.buffers.with(blob.length, async ({ address, bytes }) => {
        bytes.set(blob);
        await context('setHvmContext', domid, DOMCTL.sethvmcontext, blob.length, address);
      }),
    hvmParam: (domid, index) => param('hvmParam', HVM_OP.getParam, domid, index, 0n),
    async setHvmParam(domid, index, value) {
      await param('setHvmParam', HVM_OP.setParam, domid, index, value);
    },
  };
}
