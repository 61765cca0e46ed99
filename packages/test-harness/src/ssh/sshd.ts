import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { XL } from '../bench/workspace.js';
import type { FoundSshd } from './find-sshd.js';

/** A root's sshd needs a user and a directory of its own: they exist for it alone, in a namespace. */
const IN_NAMESPACE = `
mount --bind "$1" /etc/passwd && mount -t tmpfs none /run && mkdir /run/sshd && shift && exec "$@"
`;
const PATIENCE_MS = 30_000;

export interface SshdOptions {
  readonly found: FoundSshd;
  /** For keys and configurations; is made. */
  readonly directory: string;
  /** What clients call the host that is reached. */
  readonly name: string;
  /** The environment of what is run there, and so: which embedded host it is. */
  readonly environment: Readonly<Record<string, string>>;
}

/** An sshd on the loopback with keys and a configuration of its own, through which an embedded host is reached. */
export class Sshd {
  /** What `-s` is given: ssh with a configuration in which the host has its name. */
  readonly command: string;
  private daemon: ChildProcess | undefined;

  private constructor(
    private readonly options: SshdOptions,
    private readonly port: number,
  ) {
    this.command = `ssh -F ${this.at('ssh_config')}`;
  }

  static async start(options: SshdOptions): Promise<Sshd> {
    const sshd = new Sshd(options, await freePort());
    sshd.furnish();
    await sshd.startDaemon();
    return sshd;
  }

  /** No new connection is accepted; those that are there go on. */
  async stop(): Promise<void> {
    const { daemon } = this;
    this.daemon = undefined;
    if (daemon === undefined || daemon.exitCode !== null) return;
    const gone = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill('SIGTERM');
    await gone;
  }

  async startDaemon(): Promise<void> {
    const { found } = this.options;
    const words = [found.program, '-D', '-e', '-f', this.at('sshd_config')];
    const env = { ...process.env, ...(found.libraries === undefined ? {} : { LD_LIBRARY_PATH: found.libraries }) };
    const wrapper = process.getuid?.() === 0 ? ['unshare', '-m', 'sh', '-c', IN_NAMESPACE, 'sh', this.passwd()] : [];
    const [command = '', ...args] = [...wrapper, ...words];
    this.daemon = spawn(command, args, { stdio: 'ignore', env });
    await answers(this.port, this.daemon);
  }

  /** Kills every ssh that goes there. @returns how many there were */
  cut(): number {
    const clients = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && this.isClient(pid));
    for (const pid of clients) kill(Number(pid));
    return clients.length;
  }

  private isClient(pid: string): boolean {
    const [program, ...args] = commandLine(pid);
    return /(^|\/)ssh$/.test(program ?? '') && args.includes(this.at('ssh_config'));
  }

  private at(file: string): string {
    return join(this.options.directory, file);
  }

  private furnish(): void {
    const { directory, name } = this.options;
    const { port } = this;
    mkdirSync(directory, { mode: 0o700 });
    for (const key of ['host', 'user']) spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', this.at(key)]);
    const [node, script] = XL;
    writeFileSync(this.at('xl'), `#!/bin/sh\nexec '${node}' '${script}' "$@"\n`);
    chmodSync(this.at('xl'), 0o755);
    const environment = Object.entries({ ...this.options.environment, PATH: `${directory}:/usr/bin:/bin` });
    writeFileSync(
      this.at('sshd_config'),
      lines(
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${this.at('host')}`,
        `AuthorizedKeysFile ${this.at('user.pub')}`,
        'PidFile none',
        'StrictModes no',
        'UsePAM no',
        'PasswordAuthentication no',
        'PermitRootLogin prohibit-password',
        'MaxStartups 100',
        `SetEnv ${environment.map(([key, value]) => `${key}=${value}`).join(' ')}`,
      ),
    );
    writeFileSync(this.at('known_hosts'), `[127.0.0.1]:${port} ${readFileSync(this.at('host.pub'), 'utf8')}`);
    writeFileSync(
      this.at('ssh_config'),
      lines(
        `Host ${name}`,
        'HostName 127.0.0.1',
        `Port ${port}`,
        `User ${userInfo().username}`,
        `IdentityFile ${this.at('user')}`,
        'IdentitiesOnly yes',
        `UserKnownHostsFile ${this.at('known_hosts')}`,
        'StrictHostKeyChecking yes',
      ),
    );
  }

  /** The machine's users, and sshd's where it has none. */
  private passwd(): string {
    const passwd = readFileSync('/etc/passwd', 'utf8');
    const user = /^sshd:/m.test(passwd) ? '' : 'sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n';
    writeFileSync(this.at('passwd'), `${passwd}${user}`);
    return this.at('passwd');
  }
}

const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('');

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone by itself.
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

/** @throws Error where it ends, or does not answer in time */
async function answers(port: number, daemon: ChildProcess): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end && daemon.exitCode === null) {
    if (await greets(port)) return;
    await sleep(50);
  }
  throw new Error(`sshd does not answer (exit code ${daemon.exitCode})`);
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('close', () => resolve(false));
    socket.once('error', () => resolve(false));
  });
}
