import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { XL, type XlHost } from './xl-process.js';

/** Debian's openssh-server; XL_TEST_SSHD names another place. */
export const SSHD = [process.env.XL_TEST_SSHD ?? '', '/usr/sbin/sshd'].find((path) => path !== '' && existsSync(path));

/** A root's sshd needs a user and a directory of its own: they exist for it alone, in a namespace. */
const IN_NAMESPACE = `
mount --bind "$1" /etc/passwd && mount -t tmpfs none /run && mkdir /run/sshd && shift && exec "$@"
`;

/** An sshd on the loopback with a configuration of its own, through which a host is reached; keys are made for it. */
export class Sshd {
  private constructor(
    private readonly daemon: ChildProcess,
    /** What `-s` is given: ssh with a configuration in which the host has its name. */
    readonly command: string,
  ) {}

  /** @param name what `there` is called */
  static async start(here: XlHost, there: XlHost, name: string): Promise<Sshd> {
    const directory = join(here.files, `ssh-${name}`);
    mkdirSync(directory, { mode: 0o700 });
    const at = (file: string) => join(directory, file);
    for (const key of ['host', 'user']) spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)]);
    writeFileSync(at('xl'), `#!/bin/sh\nexec '${process.execPath}' '${XL}' "$@"\n`);
    chmodSync(at('xl'), 0o755);
    const port = await freePort();
    writeFileSync(at('sshd_config'), daemonConfig(port, at, there, directory));
    writeFileSync(at('known_hosts'), `[127.0.0.1]:${port} ${readFileSync(at('host.pub'), 'utf8')}`);
    writeFileSync(at('ssh_config'), clientConfig(name, port, at));
    const daemon = startDaemon(at);
    await answers(port, daemon);
    return new Sshd(daemon, `ssh -F ${at('ssh_config')}`);
  }

  stop(): void {
    this.daemon.kill('SIGTERM');
  }
}

function daemonConfig(port: number, at: (file: string) => string, there: XlHost, directory: string): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${at('host')}`,
    `AuthorizedKeysFile ${at('user.pub')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    'MaxStartups 100',
    `SetEnv XEN_EMBEDDED_DIR=${there.directory} XEN_EMBEDDED_MEMORY=512 PATH=${directory}:/usr/bin:/bin`,
    '',
  ].join('\n');
}

function clientConfig(name: string, port: number, at: (file: string) => string): string {
  return [
    `Host ${name}`,
    'HostName 127.0.0.1',
    `Port ${port}`,
    `User ${userInfo().username}`,
    `IdentityFile ${at('user')}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${at('known_hosts')}`,
    'StrictHostKeyChecking yes',
    '',
  ].join('\n');
}

function startDaemon(at: (file: string) => string): ChildProcess {
  const args = [SSHD ?? '', '-D', '-e', '-f', at('sshd_config')];
  const stdio = ['ignore', 'ignore', 'ignore'] as const;
  if (process.getuid?.() !== 0) return spawn(args[0] ?? '', args.slice(1), { stdio: [...stdio] });
  const passwd = readFileSync('/etc/passwd', 'utf8');
  const user = /^sshd:/m.test(passwd) ? '' : 'sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n';
  writeFileSync(at('passwd'), `${passwd}${user}`);
  return spawn('unshare', ['-m', 'sh', '-c', IN_NAMESPACE, 'sh', at('passwd'), ...args], { stdio: [...stdio] });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

async function answers(port: number, daemon: ChildProcess): Promise<void> {
  const end = Date.now() + 15_000;
  while (Date.now() < end && daemon.exitCode === null) {
    const there = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('data', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (there) return;
    await sleep(50);
  }
  throw new Error(`sshd does not answer (exit code ${daemon.exitCode})`);
}
