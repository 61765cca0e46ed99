import { HypervisorError } from '../../hypervisor/errors.js';
import type { Hypervisor } from '../../hypervisor/hypervisor.js';
import { SHADOW } from '../abi/layout.js';
import { DOMCTL, SHADOW_LOGDIRTY_FINAL, SHADOW_OP } from '../abi/numbers.js';
import type { Hypercalls } from '../native/hypercalls.js';

type LogDirtyOperations = Pick<Hypervisor, 'enableLogDirty' | 'disableLogDirty' | 'logDirty'>;

export function logDirtyOperations(xen: Hypercalls): LogDirtyOperations {
  const shadowOp = (operation: string, domid: number, op: number) =>
    xen.domctl(
      { operation, domid, pace: 'alone' },
      DOMCTL.shadowOp,
      (union) => union.setUint32(SHADOW.op, op, true),
      () => {},
    );
  return {
    enableLogDirty: (domid) => shadowOp('enableLogDirty', domid, SHADOW_OP.enableLogDirty),
    disableLogDirty: (domid) => shadowOp('disableLogDirty', domid, SHADOW_OP.off),

    async logDirty(domid, op, bitmap, pages, final) {
      const length = Math.ceil(pages / 8);
      if (bitmap.length < length) {
        throw new HypervisorError('EINVAL', 'logDirty', domid, `${bitmap.length} bytes for ${pages} pages`);
      }
      return xen.buffers.with(length, async ({ address, bytes }) => {
        bytes.fill(0, 0, length);
        const stats = await xen.domctl(
          { operation: 'logDirty', domid, pace: 'alone' },
          DOMCTL.shadowOp,
          (union) => {
            union.setUint32(SHADOW.op, SHADOW_OP[op], true);
            union.setUint32(SHADOW.mode, final ? SHADOW_LOGDIRTY_FINAL : 0, true);
            union.setBigUint64(SHADOW.bitmap, address, true);
            union.setBigUint64(SHADOW.pages, BigInt(pages), true);
          },
          (union) => ({
            pages: Number(union.getBigUint64(SHADOW.pages, true)),
            faults: union.getUint32(SHADOW.faults, true),
            dirty: union.getUint32(SHADOW.dirty, true),
          }),
        );
        bitmap.set(bytes.subarray(0, length));
        return stats;
      });
    },
  };
}
