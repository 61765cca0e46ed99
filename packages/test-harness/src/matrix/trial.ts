import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Choices } from '../random.js';
import type { Column } from './axes.js';
import { type DeviceModelPrograms, type GuestShape, guestConfig } from './guests.js';
import type { MatrixHost } from './host/matrix-host.js';
import { type CommandResult, type CommandSettings, type RunningCommand, startCommand } from './host/run-command.js';
import type { LinkFault } from './link/faults.js';
import { writeLink } from './link/link.js';
import type { PackagesUnderTest } from './packages.js';

const PATIENCE_MS = 30_000;
const POLL_MS = 40;
/** Of what a command said, so much is kept for the log. */
const SAID_LIMIT = 4_000;

export interface TrialSetting {
  readonly packages: PackagesUnderTest;
  readonly programs: DeviceModelPrograms;
  /** For streams and other files. */
  readonly files: string;
  readonly choices: Choices;
}

/** Something that is tried: its commands, what was chosen by chance, and a log of both. Every step fails with an Error in a sentence. */
export class Trial {
  readonly lines: string[] = [];
  readonly packages: PackagesUnderTest;
  readonly choices: Choices;
  private readonly programs: DeviceModelPrograms;
  private readonly files: string;
  private links = 0;
  private readonly running: RunningCommand[] = [];

  constructor({ packages, programs, files, choices }: TrialSetting) {
    this.packages = packages;
    this.programs = programs;
    this.files = files;
    this.choices = choices;
    mkdirSync(files, { recursive: true });
  }

  file(name: string): string {
    return join(this.files, name);
  }

  log(text: string): void {
    this.lines.push(text);
  }

  /** A guest that runs and has booted. @returns its domid */
  async createGuest(host: MatrixHost, column: Column, shape: GuestShape): Promise<number> {
    const { libxl } = this.packages;
    const config = guestConfig(column, shape, this.programs);
    const domid = await libxl.createDomain({ host: host.host, config });
    await libxl.unpauseDomain(host.host, domid);
    await libxl.waitUntilSuspendable(host.host, domid);
    this.log(`created ${config.c_info?.name} ${host.name}, domain ${domid}: ${config.b_info?.cmdline}`);
    return domid;
  }

  /** Asks again until it is so. */
  async eventually<T>(what: string, check: () => Promise<T | false | undefined>, patienceMs = PATIENCE_MS): Promise<T> {
    const end = Date.now() + patienceMs;
    for (;;) {
      const found = await check();
      if (found !== undefined && found !== false) return found;
      if (Date.now() > end) throw new Error(`not so after ${patienceMs / 1000} s: ${what}; ${await this.picture()}`);
      await sleep(POLL_MS);
    }
  }

  /** Starts `xl`; it is ended with the trial. */
  start(host: MatrixHost, args: readonly string[], settings: Partial<CommandSettings> = {}): RunningCommand {
    this.log(`$ xl ${args.join(' ')}   [${host.name}]`);
    const words = [process.execPath, this.packages.xl, ...args];
    return this.started(words, { env: this.environment(host), ...settings });
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

  /** A program of the packages that needs no host. */
  async program(path: string, ...args: string[]): Promise<CommandResult> {
    this.log(`$ ${path.split('/').at(-1)?.replace('.js', '')} ${args.join(' ')}`);
    return this.started([process.execPath, path, ...args], { env: process.env }).result;
  }

  /** Any other program. */
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
    return writeLink(this.files, `link-${number}`, {
      directory: host.directory,
      xl: this.packages.xl,
      ...(more.record === false ? {} : { record: this.file(`link-${number}.wire`) }),
      ...(fault === undefined ? {} : { fault }),
      ...(more.once === undefined ? {} : { once: more.once }),
    });
  }

  /** Ends what is left of its commands. */
  async endCommands(): Promise<void> {
    for (const { process } of this.running) if (process.exitCode === null) process.kill('SIGKILL');
    await Promise.all(this.running.map(({ result }) => result.catch(() => {})));
  }

  /** Of the commands that work on that host. */
  environment(host: MatrixHost): NodeJS.ProcessEnv {
    return host.env;
  }

  /** What is there, in words, for an error. */
  protected async picture(): Promise<string> {
    return '';
  }
}

export function endOf({ code, signal }: CommandResult): string {
  return code === null ? String(signal) : String(code);
}

export function lastLine({ stderr, stdout }: CommandResult): string {
  return `${stderr}\n${stdout}`.trim().split('\n').slice(-3).join(' / ').slice(0, 600);
}
