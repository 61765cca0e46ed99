import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LibxlDomainConfig } from '../config/index.js';
import { createDomain } from '../domain/create.js';
import { destroyDomain } from '../domain/destroy.js';
import { listDomains } from '../domain/list.js';
import { type Host, openHost } from '../host/open-host.js';

/** An embedded host for one test file, and a place for files. */
export interface TestHost {
  readonly host: Host;
  readonly files: string;
  /** A guest that writes its memory and checks it; paused unless it is to run. */
  guest(name: string, options?: GuestOptions): Promise<number>;
  destroyAll(): Promise<void>;
  close(): Promise<void>;
}

export interface GuestOptions {
  readonly type?: 'pv' | 'hvm';
  readonly running?: boolean;
  readonly memoryKib?: number;
  readonly vcpus?: number;
}

export async function testHost(memoryMib = 256): Promise<TestHost> {
  const directory = temporary('libxl-host-');
  const files = temporary('libxl-files-');
  Object.assign(process.env, { XEN_EMBEDDED_MEMORY: String(memoryMib), XEN_EMBEDDED_IDLE: '1' });
  const host = await openHost({ directory });
  const destroyAll = async () => {
    for (const { domid } of await listDomains(host)) await destroyDomain(host, domid);
  };
  return {
    host,
    files,
    destroyAll,
    async guest(name, { running = false, ...options } = {}) {
      const domid = await createDomain({ host, config: guestConfig(name, options) });
      if (running) await host.hypervisor.unpause(domid);
      return domid;
    },
    async close() {
      await destroyAll();
      await host.close();
      const end = Date.now() + 10_000;
      while (existsSync(join(directory, 'hypervisor.sock')) && Date.now() < end) await sleep(50);
      rmSync(directory, { recursive: true, force: true });
      rmSync(files, { recursive: true, force: true });
    },
  };
}

export function guestConfig(
  name: string,
  { type = 'pv', memoryKib = 16 * 1024, vcpus = 1 }: GuestOptions = {},
): LibxlDomainConfig {
  return {
    c_info: { type, name },
    b_info: {
      max_vcpus: vcpus,
      avail_vcpus: Array.from({ length: vcpus }, (_, vcpu) => vcpu),
      max_memkb: memoryKib,
      target_memkb: memoryKib,
      kernel: 'builtin:selfcheck',
      cmdline: 'working-set=4M rate=2000',
      [`type.${type}`]: {},
    },
  };
}

function temporary(prefix: string): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), prefix));
}
