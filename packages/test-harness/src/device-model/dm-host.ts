import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createDomain,
  destroyDomain,
  domainSummary,
  type Host,
  type LibxlDomainConfig,
  listDomains,
  openHost,
  unpauseDomain,
} from '@xen-migration/libxl';

const PATIENCE_MS = 20_000;

/** What a host's libxl may keep when no domain is there any more. */
const KEPT = ['guardian.log', 'monitor.log'];

/** An embedded host for tests of device models, which loses patience with them soon. */
export class DeviceModelHost {
  private constructor(
    readonly host: Host,
    readonly directory: string,
  ) {}

  static async open(): Promise<DeviceModelHost> {
    const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'dm-host-'));
    Object.assign(process.env, { XEN_EMBEDDED_MEMORY: '96', XEN_EMBEDDED_IDLE: '1' });
    const deviceModelTimeouts = { stateTimeoutMs: 10_000, replyTimeoutMs: 3_000 };
    return new DeviceModelHost(await openHost({ directory, deviceModelTimeouts }), directory);
  }

  /** A guest that runs. */
  async guest(config: LibxlDomainConfig, host = this.host): Promise<number> {
    const domid = await createDomain({ host, config });
    await unpauseDomain(host, domid);
    return domid;
  }

  /** The same host for somebody who waits for device models that never will. */
  async impatiently<T>(action: (host: Host) => Promise<T>): Promise<T> {
    const { directory } = this;
    const host = await openHost({ directory, deviceModelTimeouts: { stateTimeoutMs: 2_000, replyTimeoutMs: 1_000 } });
    try {
      return await action(host);
    } finally {
      await host.close();
    }
  }

  /** Whether its vcpus get on. */
  async getsOn(domid: number): Promise<boolean> {
    const before = await this.cpuSeconds(domid);
    const end = Date.now() + PATIENCE_MS;
    while ((await this.cpuSeconds(domid)) <= before) {
      if (Date.now() > end) return false;
      await sleep(50);
    }
    return true;
  }

  /** Undefined while it is up; else why it is not, and what the host wrote down of it. */
  async whyDown(domid: number): Promise<string | undefined> {
    const { shutdown, shutdownReason } = await domainSummary(this.host, domid);
    if (!shutdown) return undefined;
    const log = await this.host.hypervisor.consoleRing();
    return [`down for ${shutdownReason}`, ...log.split('\n').filter((line) => line.includes(`d${domid}`))].join('\n');
  }

  /** A guest's time is counted when it stops. */
  private async cpuSeconds(domid: number): Promise<number> {
    await this.host.hypervisor.pause(domid);
    const { cpuSeconds } = await domainSummary(this.host, domid);
    await this.host.hypervisor.unpause(domid);
    return cpuSeconds;
  }

  /** The device models that run here, whatever libxl knows of them. */
  deviceModels(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => this.isDeviceModel(pid));
  }

  /** Kills them all; when it returns none runs any more. */
  killDeviceModels(): void {
    const end = Date.now() + PATIENCE_MS;
    const pids = this.deviceModels();
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    while (!pids.every(hasEnded)) if (Date.now() > end) throw new Error('a device model survives SIGKILL');
  }

  private isDeviceModel(pid: number): boolean {
    const command = readProc(pid, 'cmdline');
    if (command.includes(`path=${this.directory}/`)) return true;
    return command.includes('qemu-dm.js') && readProc(pid, 'environ').includes(`XEN_EMBEDDED_DIR=${this.directory}\0`);
  }

  /** What is left of domains although there is none. */
  async leftovers(): Promise<string[]> {
    const { host } = this;
    const domains = (await listDomains(host)).map(({ domid, name }) => `domain ${domid} ${name}`);
    const files = readdirSync(host.stateDirectory).filter((name) => !KEPT.includes(name));
    const nodes = await host.xenstore.directory('/local/domain/0/device-model').catch(() => []);
    const processes = this.deviceModels().map((pid) => `process ${pid}`);
    return [...domains, ...files, ...nodes, ...processes];
  }

  async clear(): Promise<void> {
    for (const { domid } of await listDomains(this.host)) await destroyDomain(this.host, domid);
  }

  async close(): Promise<void> {
    await this.clear();
    await this.host.close();
    const end = Date.now() + 10_000;
    while (existsSync(join(this.directory, 'hypervisor.sock')) && Date.now() < end) await sleep(50);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A dying process has no command line any more some time before it has ended. */
function hasEnded(pid: number): boolean {
  const stat = readProc(pid, 'stat');
  return stat === '' || /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}
