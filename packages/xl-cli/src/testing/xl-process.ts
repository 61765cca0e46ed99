import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The command as it is installed: the build, in processes of its own. */
export const XL = fileURLToPath(new URL('../../bin/xl.js', import.meta.url));

export interface XlResult {
  /** null: killed by a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningXl {
  readonly process: ChildProcess;
  readonly result: Promise<XlResult>;
  kill(): void;
}

export interface ListedDomain {
  readonly domid: number;
  readonly name: string;
  readonly uuid: string;
  readonly paused: boolean;
  readonly shutdown: boolean;
  readonly shutdownReason?: string;
  readonly heldBecause?: string;
}

const HOST_MEMORY_MIB = 512;

/** An embedded host of its own, and `xl` on it. */
export class XlHost {
  readonly directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'xl-test-'));
  /** For files of the test. */
  readonly files = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'xl-files-'));
  readonly env: Readonly<Record<string, string | undefined>>;

  /** @param settings of its environment */
  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.env = {
      ...process.env,
      XEN_EMBEDDED_DIR: this.directory,
      XEN_EMBEDDED_MEMORY: String(HOST_MEMORY_MIB),
      XEN_EMBEDDED_SEED: '7',
      XEN_EMBEDDED_IDLE: '1',
      ...settings,
    };
  }

  start(args: readonly string[], stdio: { stdout?: 'ignore' | 'pipe'; stdin?: 'ignore' | 'pipe' } = {}): RunningXl {
    const child = spawn(process.execPath, [XL, ...args], {
      env: this.env,
      stdio: [stdio.stdin ?? 'ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    if (stdio.stdout !== 'ignore') child.stdout?.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
    const result = once(child, 'exit').then(async ([code]) => {
      // What was written last is still on its way.
      await sleep(5);
      return { code: code as number | null, stdout, stderr };
    });
    return { process: child, result, kill: () => child.kill('SIGKILL') };
  }

  run(...args: string[]): Promise<XlResult> {
    return this.start(args).result;
  }

  /** @throws Error with what xl said when it fails */
  async succeed(...args: string[]): Promise<XlResult> {
    const result = await this.run(...args);
    if (result.code === 0) return result;
    throw new Error(`xl ${args.join(' ')} ended with ${result.code}: ${result.stderr}${result.stdout}`);
  }

  config(name: string, settings: Readonly<Record<string, string | number>> = {}): string {
    const all = {
      name,
      type: 'pv',
      kernel: 'builtin:selfcheck',
      cmdline: 'working-set=4M rate=2000',
      memory: 16,
      vcpus: 1,
      ...settings,
    };
    const path = join(this.files, `${name}.cfg`);
    writeFileSync(
      path,
      Object.entries(all)
        .map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
        .join(''),
    );
    return path;
  }

  async create(name: string, settings: Readonly<Record<string, string | number>> = {}): Promise<void> {
    await this.succeed('create', '-e', '-q', this.config(name, settings));
  }

  async list(): Promise<ListedDomain[]> {
    return JSON.parse((await this.succeed('list', '--json')).stdout) as ListedDomain[];
  }

  /** The one domain of that name. */
  async find(name: string): Promise<ListedDomain> {
    const found = (await this.list()).filter((domain) => domain.name === name);
    if (found.length === 1 && found[0] !== undefined) return found[0];
    throw new Error(`${found.length} domains are called ${name}: ${JSON.stringify(await this.list())}`);
  }

  /** Waits until a guest answers what is typed on its console: that it goes on without a loss. */
  async works(name: string): Promise<void> {
    const session = this.start(['console', name], { stdin: 'pipe' });
    const { stdin, stdout } = session.process;
    stdin?.on('error', () => {});
    let text = '';
    stdout?.on('data', (chunk) => (text += String(chunk)));
    const word = `are you there ${Math.random().toString(36).slice(2)}`;
    const answer = new RegExp(`you typed '${word}'; [1-9]\\d* writes, 0 lost`);
    try {
      const end = Date.now() + 20_000;
      for (let turn = 0; !answer.test(text); turn++) {
        if (/LOST WRITE|PANIC|[1-9]\d* lost/.test(text)) throw new Error(`${name} lost a write: ${text}`);
        if (Date.now() > end) throw new Error(`${name} does not answer: ${text.slice(-2000)}`);
        // Asked again now and then: it may only just have come up, and not have written anything yet.
        if (turn % 10 === 0) stdin?.write(`${word}\n`);
        await sleep(20);
      }
    } finally {
      session.kill();
      await session.result;
    }
  }

  /** Asks again until it is so. */
  async eventually<T>(what: string, check: () => Promise<T | undefined | false>, seconds = 15): Promise<T> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const found = await check();
      if (found !== undefined && found !== false) return found;
      if (Date.now() > end) {
        throw new Error(`${what}: not so after ${seconds} s: ${JSON.stringify(await this.list())}; ${this.logs()}`);
      }
      await sleep(50);
    }
  }

  /** What guardians and the daemon said. */
  logs(): string {
    const read = (name: string) =>
      existsSync(join(this.directory, name)) ? readFileSync(join(this.directory, name), 'utf8') : '';
    return `${read('libxl/guardian.log')}${read('daemon.log')}`;
  }

  /** Files that libxl keeps of domains. */
  userdata(): string[] {
    return readdirSync(join(this.directory, 'libxl')).filter((name) => name.startsWith('userdata'));
  }

  async destroyAll(): Promise<void> {
    for (const { domid } of await this.list()) await this.run('destroy', String(domid));
  }

  /** Ends all domains; the daemon ends by itself then. */
  async close(): Promise<void> {
    if (existsSync(join(this.directory, 'hypervisor.sock'))) await this.destroyAll();
    const end = Date.now() + 10_000;
    while (existsSync(join(this.directory, 'hypervisor.sock')) && Date.now() < end) await sleep(50);
    rmSync(this.directory, { recursive: true, force: true });
    rmSync(this.files, { recursive: true, force: true });
  }
}
