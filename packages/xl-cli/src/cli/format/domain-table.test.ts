import type { DomainSummary } from '@xen-migration/libxl';
import { describe, expect, it } from 'vitest';
import { domainTable, heldNotes } from './domain-table.js';

const COLUMNS = { verbose: false, context: false, cpupool: false, numa: false };

/** Domain-0 of the host where stock xl's texts were taken. */
const DOM0: DomainSummary = {
  domid: 0,
  uuid: '00000000-0000-0000-0000-000000000000',
  name: 'Domain-0',
  memoryKib: 1536 * 1024,
  maxMemoryKib: 1536 * 1024,
  onlineVcpus: 1,
  maxVcpus: 1,
  running: true,
  blocked: false,
  paused: false,
  shutdown: false,
  shutdownReason: undefined,
  dying: false,
  cpuSeconds: 19.8,
  heldBecause: undefined,
};

describe('the table of xl list', () => {
  it("is stock's, byte for byte", () => {
    expect(domainTable([DOM0], COLUMNS)).toBe(
      'Name                                        ID   Mem VCPUs\tState\tTime(s)\n' +
        'Domain-0                                     0  1536     1     r-----      19.8\n',
    );
    expect(domainTable([{ ...DOM0, cpuSeconds: 20.1 }], { ...COLUMNS, verbose: true })).toBe(
      'Name                                        ID   Mem VCPUs\tState\tTime(s)   UUID                            Reason-Code\tSecurity Label\n' +
        'Domain-0                                     0  1536     1     r-----      20.1 00000000-0000-0000-0000-000000000000        -                -\n',
    );
  });

  it('shows why a domain shut down', () => {
    const letters = (['poweroff', 'reboot', 'suspend', 'crash', 'watchdog', 'softReset'] as const).map(
      (shutdownReason) => {
        const domain = { ...DOM0, running: false, shutdown: true, shutdownReason };
        return /[-rbpsdcwS]{6}/.exec(domainTable([domain], COLUMNS).split('\n')[1] ?? '')?.[0];
      },
    );
    expect(letters).toEqual(['---s--', '---sr-', '---ss-', '---sc-', '---sw-', '---sS-']);
  });

  it('tells of domains that are held', () => {
    expect(heldNotes([DOM0])).toBe('');
    expect(heldNotes([{ ...DOM0, domid: 4, name: 'pv32', heldBecause: 'it is x86 code' }])).toBe(
      'note: pv32 (4) is held, not executed: it is x86 code\n',
    );
  });
});
