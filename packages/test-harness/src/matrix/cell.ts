import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DomainSummary } from '@xen-migration/libxl';
import type { Choices } from '../random.js';
import type { Column } from './axes.js';
import { type DeviceModelPrograms, type GuestShape, guestConfig } from './guests.js';
import { type HostSettings, MatrixHost } from './host/matrix-host.js';
import { type CommandResult, type CommandSettings, type RunningCommand, startCommand } from './host/run-command.js';
import { selfCheck } from './host/self-check.js';
import type { LinkFault } from './link/faults.js';
import { writeLink } from './link/link.js';
import type { PackagesUnderTest } from './packages.js';

const PATIENCE_MS = 30_000;
const POLL_MS = 40;
/** Of what a command said, so much is kept for the log. */
const SAID_LIMIT = 4_000;

export interface CellSetting {
  readonly column: Column;
  readonly packages: PackagesUnderTest;
  readonly programs: DeviceModelPrograms;
  readonly here: MatrixHost;
  readonly there: MatrixHost;
  /** For streams and other files; kept where the cell fails. */
  readonly files: string;
  readonly choices: Choices;
}

/** What a cell does, in the words that its log repeats; every step fails with an Error in a sentence. */
export class Cell {
  readonly lines: string[] = [];
  readonly name = 'vm';
  private links = 0;
  private readonly others: MatrixHost[] = [];
  private readonly running: RunningCommand[] = [];

  constructor(readonly setting: CellSetting) {
    mkdirSync(setting.files, { recursive: true });
  }

  get here(): MatrixHost {
    return this.setting.here;
  }

  get there(): MatrixHost {
    return this.setting.there;
  }

  get choices(): Choices {
    return this.setting.choices;
  }

  file(name: string): string {
    return join(this.setting.files, name);
  }

  log(text: string): void {
    this.lines.push(text);
  }

  // --- guests

  /** A guest that runs and has booted. @returns its domid */
  async create(host = this.here, shape: Partial<GuestShape> = {}): Promise<number> {
    const { libxl } = this.setting.packages;
    const config = guestConfig(this.setting.column, { name: this.name, ...shape }, this.setting.programs);
    const domid = await libxl.createDomain({ host: host.host, config });
    await libxl.unpauseDomain(host.host, domid);
    await libxl.waitUntilSuspendable(host.host, domid);
    this.log(`created ${config.c_info?.name} ${host.name}, domain ${domid}: ${config.b_info?.cmdline}`);
    return domid;
  }

  /** So much of the host's memory is taken by another guest that only this much is left. */
  async fill(host: MatrixHost, leaveMib: number): Promise<void> {
    const { libxl } = this.setting.packages;
    const { freePages } = await host.host.hypervisor.info();
    const memoryMib = Math.floor(freePages / 256) - leaveMib;
    const config = guestConfig({ guest: 'pvh' }, { name: 'filler', memoryMib, vcpus: 1 }, this.setting.programs);
    await libxl.createDomain({ host: host.host, config });
    this.log(`filled ${host.name}: ${memoryMib} MiB are another guest's, which is paused`);
  }

  async unfill(host: MatrixHost): Promise<void> {
    const filler = (await host.domains()).find(({ name }) => name === 'filler');
    if (filler !== undefined) await this.setting.packages.libxl.destroyDomain(host.host, filler.domid);
  }

  /** The domains of that host, but for fillers. */
  async domains(host: MatrixHost): Promise<DomainSummary[]> {
    return (await host.domains()).filter(({ name }) => name !== 'filler');
  }

  /** The one domain that is there. */
  async only(host: MatrixHost): Promise<DomainSummary> {
    const domains = await this.domains(host);
    if (domains.length === 1 && domains[0] !== undefined) return domains[0];
    throw new Error(`${domains.length} domains are ${host.name}, not one: ${describe(domains)}`);
  }

  /**
   * The guest runs on that host, alone and under its name; it answers, and has lost nothing, and so does its device model.
   * The other host has nothing of it.
   */
  async runsAt(host: MatrixHost): Promise<void> {
    const vm = await this.eventually(`${this.name} runs ${host.name}, alone`, async () => {
      const domains = await this.domains(host);
      const [domain] = domains;
      const well = domains.length === 1 && domain?.name === this.name && !domain.paused && !domain.shutdown;
      return well ? domain : undefined;
    });
    await this.isWell(host, vm.domid);
    const other = host === this.here ? this.there : this.here;
    await this.nothingAt(other);
  }

  async isWell(host: MatrixHost, domid: number): Promise<void> {
    const writes = await selfCheck(this.setting.packages, host, domid);
    this.log(`the guest runs ${host.name} (domain ${domid}): ${writes} writes, 0 lost`);
    const { deviceModel } = this.setting.column;
    if (deviceModel === undefined || deviceModel === 'none') return;
    await this.eventually('one device model', async () => host.processes('device model').length === 1);
  }

  /** Nothing of the guest is on that host: no domain, file, node, process or page. */
  async nothingAt(host: MatrixHost): Promise<void> {
    const filled = (await host.domains()).some(({ name }) => name === 'filler');
    if (filled) {
      await this.eventually(`no domain ${host.name}`, async () => (await this.domains(host)).length === 0);
      return;
    }
    const left = await host.settledLeftovers();
    if (left.length > 0) throw new Error(`left ${host.name}: ${left.join('; ')}`);
  }

  /** Asks again until it is so. */
  async eventually<T>(what: string, check: () => Promise<T | false | undefined>): Promise<T> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = await check();
      if (found !== undefined && found !== false) return found;
      if (Date.now() > end) throw new Error(`not so after ${PATIENCE_MS / 1000} s: ${what}; ${await this.picture()}`);
      await sleep(POLL_MS);
    }
  }

  // --- commands

  /** Starts `xl`; it is ended with the cell. */
  start(host: MatrixHost, args: readonly string[], settings: Partial<CommandSettings> = {}): RunningCommand {
    this.log(`$ xl ${args.join(' ')}   [${host.name}]`);
    const words = [process.execPath, this.setting.packages.xl, ...args];
    return this.started(words, { env: host.env, ...settings });
  }

  async xl(host: MatrixHost, args: readonly string[], settings: Partial<CommandSettings> = {}): Promise<CommandResult> {
    return this.start(host, args, settings).result;
  }

  /** @throws Error with what it said where it fails */
  async succeeds(host: MatrixHost, ...args: string[]): Promise<CommandResult> {
    const result = await this.xl(host, args);
    if (result.code !== 0) throw new Error(`xl ${args[0]} ended with ${endOf(result)}: ${lastLine(result)}`);
    return result;
  }

  /** It must end with an error, by itself, and say something that matches. */
  async fails(running: RunningCommand, saying: RegExp): Promise<CommandResult> {
    const result = await running.result;
    if (result.code === 0) throw new Error('it succeeded, and was to fail');
    if (result.code === null) throw new Error(`it was to fail with an error, and ended by ${result.signal}`);
    if (!saying.test(result.stderr)) throw new Error(`its error says nothing of ${saying}: ${lastLine(result)}`);
    return result;
  }

  /** A program of the packages other than xl. */
  async program(path: string, ...args: string[]): Promise<CommandResult> {
    this.log(`$ ${path.split('/').at(-1)?.replace('.js', '')} ${args.join(' ')}`);
    return this.started([process.execPath, path, ...args], { env: this.here.env }).result;
  }

  /** Any other program, with the environment of that host. */
  started(words: readonly string[], settings: CommandSettings): RunningCommand {
    const running = startCommand(words, settings);
    this.running.push(running);
    const result = running.result.then((result) => {
      const said = `${settings.stdout === undefined ? result.stdout : ''}${result.stderr}`.trim();
      this.log(`${said.slice(-SAID_LIMIT)}${said === '' ? '' : '\n'}[ended with ${endOf(result)}]`);
      return result;
    });
    return { process: running.process, result };
  }

  async kill({ process, result }: RunningCommand): Promise<CommandResult> {
    this.log(`[kill -9 ${process.pid}]`);
    process.kill('SIGKILL');
    return result;
  }

  /** What `-s` is given to reach that host; it may fail. What passes is kept as a stream. */
  linkTo(
    host: MatrixHost,
    fault?: LinkFault,
    more: { readonly once?: string; readonly record?: boolean } = {},
  ): string {
    const number = ++this.links;
    if (fault !== undefined) {
      const after = fault.afterBytes === undefined ? '' : ` after ${fault.afterBytes} bytes`;
      this.log(`[the link ${host.name} will fail: ${fault.what} at ${fault.at}${after}]`);
    }
    return writeLink(this.setting.files, `link-${number}`, {
      directory: host.directory,
      xl: this.setting.packages.xl,
      ...(more.record === false ? {} : { record: this.file(`link-${number}.wire`) }),
      ...(fault === undefined ? {} : { fault }),
      ...(more.once === undefined ? {} : { once: more.once }),
    });
  }

  /** A host for this cell alone. */
  async openHost(settings: Omit<HostSettings, 'seed'>): Promise<MatrixHost> {
    const host = await MatrixHost.open(this.setting.packages, { ...settings, seed: this.choices.between(1, 2 ** 30) });
    this.others.push(host);
    return host;
  }

  /** Ends what is left of it. @returns what stays on its hosts all the same */
  async end(): Promise<string[]> {
    for (const { process } of this.running) if (process.exitCode === null) process.kill('SIGKILL');
    await Promise.all(this.running.map(({ result }) => result.catch(() => {})));
    const left: string[] = [];
    for (const host of [this.here, this.there, ...this.others]) {
      left.push(...(await host.clear()).map((what) => `${host.name}: ${what}`));
    }
    for (const host of this.others) await host.close();
    return left;
  }

  private async picture(): Promise<string> {
    const parts = [this.here, this.there].map(
      async (host) => `${host.name}: ${describe(await host.domains()) || 'no domain'}`,
    );
    return (await Promise.all(parts)).join('; ');
  }
}

function describe(domains: readonly DomainSummary[]): string {
  return domains
    .map(({ domid, name, paused, shutdown, dying, shutdownReason }) => {
      const state = [paused && 'paused', shutdown && `shut down for ${shutdownReason}`, dying && 'dying'];
      return `${domid} ${name} ${state.filter(Boolean).join(', ')}`.trim();
    })
    .join(', ');
}

export function endOf({ code, signal }: CommandResult): string {
  return code === null ? String(signal) : String(code);
}

export function lastLine({ stderr, stdout }: CommandResult): string {
  return `${stderr}\n${stdout}`.trim().split('\n').slice(-3).join(' / ').slice(0, 600);
}
