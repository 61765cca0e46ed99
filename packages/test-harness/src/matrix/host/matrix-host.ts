import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DomainSummary, Host } from '@xen-migration/libxl';
import type { PackagesUnderTest } from '../packages.js';
import { type HostProcess, killAll, processesOf } from './processes.js';

export interface HostSettings {
  /** For logs: 'here', 'there'. */
  readonly name: string;
  readonly memoryMib?: number;
  /** Of the scramble of frames. */
  readonly seed: number;
  /** Share of the hypervisor's operations that are refused for the moment. */
  readonly interference?: number;
}

const MEMORY_MIB = 192;
/** Device models are lost patience with sooner than in life. */
const DEVICE_MODEL_TIMEOUTS = { stateTimeoutMs: 30_000, replyTimeoutMs: 10_000 };
/** What a host's libxl may keep when no domain is there any more. */
const KEPT_FILES = ['guardian.log', 'link.log', 'monitor.log'];
/** How long what was killed may take to be cleared away. */
const SETTLE_MS = 20_000;
const POLL_MS = 50;
/** Of what a host's programs have written, so much is told. */
const LOG_LIMIT = 8_000;
const STOP_MS = 15_000;

/** Folders in memory: a disk's speed is nothing that is asked about. */
export function temporaryFolder(prefix: string): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), prefix));
}

/** An embedded host that is there for the matrix alone, and whose resources are counted. */
export class MatrixHost {
  private off = false;

  private constructor(
    readonly name: string,
    readonly directory: string,
    /** For the commands. */
    readonly env: NodeJS.ProcessEnv,
    readonly host: Host,
    private readonly packages: PackagesUnderTest,
    /** Of the empty host. */
    private readonly freePages: number,
  ) {}

  static async open(packages: PackagesUnderTest, settings: HostSettings): Promise<MatrixHost> {
    const directory = temporaryFolder(`xen-matrix-${settings.name}-`);
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      XEN_EMBEDDED_DIR: directory,
      XEN_EMBEDDED_MEMORY: String(settings.memoryMib ?? MEMORY_MIB),
      XEN_EMBEDDED_SEED: String(settings.seed),
      XEN_EMBEDDED_IDLE: '1',
      XEN_EMBEDDED_INTERFERENCE: String(settings.interference ?? 0),
      XEN_QEMU: 'none',
    };
    // The daemon has the environment of whoever starts it; here nobody else waits in between.
    Object.assign(process.env, daemonSettings(env));
    const host = await packages.libxl
      .openHost({ directory, deviceModelTimeouts: DEVICE_MODEL_TIMEOUTS })
      .catch((e: unknown) => {
        rmSync(directory, { recursive: true, force: true });
        throw e;
      });
    const { freePages } = await host.hypervisor.info();
    return new MatrixHost(settings.name, directory, env, host, packages, freePages);
  }

  domains(): Promise<DomainSummary[]> {
    return this.packages.libxl.listDomains(this.host);
  }

  processes(what: HostProcess['what']): HostProcess[] {
    return processesOf(this.directory).filter((process) => process.what === what);
  }

  /** Kills the programs of this host whose command line has that word. @returns how many */
  killCommands(word: string): number {
    return killAll(processesOf(this.directory).filter(({ command }) => command.includes(word))).length;
  }

  /** As when the machine loses its power: every process of it ends at once, and its memory is lost. */
  powerOff(): void {
    this.off = true;
    killAll(processesOf(this.directory));
  }

  killDeviceModels(): number {
    return killAll(this.processes('device model')).length;
  }

  /** What its daemon and its guardians said, the end of it. */
  logs(): string {
    return ['daemon.log', 'libxl/guardian.log']
      .map((name) => join(this.directory, name))
      .filter((path) => existsSync(path))
      .map((path) => ({ path, text: readFileSync(path, 'utf8').trim().slice(-LOG_LIMIT) }))
      .filter(({ text }) => text !== '')
      .map(({ path, text }) => `--- ${this.name}: ${path}\n${text}`)
      .join('\n');
  }

  /** All that is there of domains: nothing of it should be when there is none. In words. */
  async leftovers(): Promise<string[]> {
    const domains = (await this.domains()).map(({ domid, name }) => `domain ${domid} (${name ?? 'without a name'})`);
    const files = readdirSync(this.host.stateDirectory).filter((name) => !KEPT_FILES.includes(name));
    const processes = processesOf(this.directory).filter(({ what }) => what !== 'daemon');
    return [
      ...domains,
      ...files.map((name) => `file ${name}`),
      ...(await this.nodes()).map((path) => `xenstore node ${path}`),
      ...processes.map(({ pid, command }) => `process ${pid}: ${command.slice(0, 200)}`),
      ...(await this.missingMemory()),
    ];
  }

  /**
   * Waits for what ends by itself.
   *
   * @param mayStay what is known to stay, and may
   * @returns what stays
   */
  async settledLeftovers(patienceMs = SETTLE_MS, mayStay: (what: string) => boolean = () => false): Promise<string[]> {
    const end = Date.now() + patienceMs;
    for (;;) {
      const left = (await this.leftovers()).filter((what) => !mayStay(what));
      if (left.length === 0 || Date.now() > end) return left;
      await sleep(POLL_MS);
    }
  }

  /** Destroys all domains. @returns what is left all the same */
  async clear(): Promise<string[]> {
    if (this.off) return [];
    for (const { domid } of await this.domains()) {
      // Somebody else may just be doing so.
      await this.packages.libxl.destroyDomain(this.host, domid).catch(() => {});
    }
    return this.settledLeftovers();
  }

  /** Ends the host, and all that belongs to it. */
  async close(): Promise<void> {
    await this.clear().catch(() => {});
    await this.host.close().catch(() => {});
    const end = Date.now() + STOP_MS;
    while (processesOf(this.directory).length > 0 && Date.now() < end) await sleep(POLL_MS);
    killAll(processesOf(this.directory));
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  private async nodes(): Promise<string[]> {
    const below = async (path: string, allowed: readonly string[] = []) =>
      (await this.host.xenstore.directory(path).catch(() => []))
        .filter((name) => !allowed.includes(name))
        .map((name) => `${path}/${name}`);
    return [
      ...(await below('/local/domain', ['0'])),
      ...(await below('/local/domain/0/device-model')),
      ...(await below('/local/domain/0/backend/console')),
      ...(await below('/vm')),
      ...(await below('/libxl')),
    ];
  }

  private async missingMemory(): Promise<string[]> {
    const { freePages } = await this.host.hypervisor.info();
    return freePages === this.freePages ? [] : [`${this.freePages - freePages} pages of the machine`];
  }
}

function daemonSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => /^XEN_(EMBEDDED_(?!DIR)|QEMU)/.test(name)));
}

/** In words. */
export function describeDomains(domains: readonly DomainSummary[]): string {
  return domains
    .map(({ domid, name, paused, shutdown, dying, shutdownReason }) => {
      const state = [paused && 'paused', shutdown && `shut down for ${shutdownReason}`, dying && 'dying'];
      return `${domid} ${name} ${state.filter(Boolean).join(', ')}`.trim();
    })
    .join(', ');
}
