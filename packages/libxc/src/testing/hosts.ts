import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Host } from '../embedded/host.js';
import type { Hypervisor } from '../hypervisor/hypervisor.js';
import { retrying } from '../hypervisor/retrying.js';

/** An embedded host in this process, for one test. */
export interface TestHost {
  readonly host: Host;
  readonly hypervisor: Hypervisor;
  /** A new domain without memory, that may have so much. */
  newDomain(kind: 'pv' | 'hvm' | 'pvh', memoryKib: number, vcpus?: number, passthrough?: boolean): Promise<number>;
  close(): Promise<void>;
}

/** @param seed of the scramble: hosts with different seeds give a guest different frames */
export async function testHost(seed: number, memoryMib = 256, interference = 0): Promise<TestHost> {
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'xen-test-'));
  const host = await Host.create({ directory, memoryMib, seed, interference });
  const hypervisor = host.connect();
  // What a test itself asks is not what is tested.
  const patient = retrying(hypervisor);
  return {
    host,
    hypervisor,
    async newDomain(kind, memoryKib, vcpus = 1, passthrough = false) {
      const domid = await patient.createDomain({
        kind,
        uuid: Uint8Array.from(Buffer.from(randomUUID().replaceAll('-', ''), 'hex')),
        maxVcpus: vcpus,
        maxGrantFrames: 32,
        maxEventChannel: 1023,
        hap: kind !== 'pv',
        passthrough,
      });
      await patient.setMaxMemory(domid, memoryKib + 1024);
      return domid;
    },
    async close() {
      await hypervisor.close();
      await host.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
