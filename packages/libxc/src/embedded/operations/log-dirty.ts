import { whileStopped } from '../run/scheduler.js';
import { refuse } from './errors.js';
import type { Handlers } from './types.js';

/** Bits that can be asked for. */
const MAX_PAGES = 2 ** 32;

export const logDirtyHandlers: Handlers<'enableLogDirty' | 'disableLogDirty' | 'logDirty'> = {
  async enableLogDirty(host, _connection, domid) {
    const operation = 'enableLogDirty';
    const domain = host.domain(domid, operation);
    if (domain.dying) throw refuse('EINVAL', operation, domain, 'it is dying');
    if (domain.passthrough) throw refuse('EINVAL', operation, domain, 'it has devices passed through');
    if (domain.logDirty.enabled) throw refuse('EINVAL', operation, domain, 'log-dirty is on already');
    await whileStopped(host, domain, () => domain.logDirty.enable());
  },

  async disableLogDirty(host, _connection, domid) {
    const domain = host.domain(domid, 'disableLogDirty');
    await whileStopped(host, domain, () => domain.logDirty.disable());
  },

  async logDirty(host, _connection, domid, op, pages, final) {
    const operation = 'logDirty';
    const domain = host.domain(domid, operation);
    if (!domain.logDirty.enabled) throw refuse('EINVAL', operation, domain, 'log-dirty is off');
    if (!(pages >= 0 && pages <= MAX_PAGES)) throw refuse('EINVAL', operation, domain, `${pages} pages`);
    return whileStopped(host, domain, () => {
      const { bitmap, dirty, faults } = domain.logDirty.read(pages, op === 'clean', final);
      return { stats: { pages, faults, dirty }, bitmap };
    });
  },
};
