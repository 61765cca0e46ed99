import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TLS_PORT } from '@xen-migration/libxl';
import { PORT } from './scenes.js';

const XL = fileURLToPath(new URL('../../bin/xl.js', import.meta.url));
const XEN_STREAM = join(
  dirname(createRequire(import.meta.url).resolve('@xen-migration/stream-format/package.json')),
  'bin/xen-stream.js',
);
const HOSTS = ['a', 'b'] as const;

/** Where the tour takes place: two embedded hosts, a folder of each, and the commands under their names. */
export interface Stage {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** What is really typed. */
  typed(line: string): string;
  /** What is shown of what was printed. */
  shown(text: string): string;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'xl-tour-'));
  const at = (name: string) => join(root, name);
  const bin = at('bin');
  mkdirSync(bin);
  for (const host of HOSTS) furnish(at(host), at(`host-${host}`), host);
  command(bin, 'xl', `exec '${process.execPath}' '${XL}' "$@"`);
  command(bin, 'xen-stream', `exec '${process.execPath}' '${XEN_STREAM}' "$@"`);
  command(
    bin,
    'ssh',
    `cd '${root}'/"$1" && XEN_EMBEDDED_DIR='${root}'/host-"$1" && export XEN_EMBEDDED_DIR && shift && exec "$@"`,
  );
  const port = await freePort();
  const cwd = at('a');
  return {
    cwd,
    env: {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: cwd,
      LANG: 'C',
      XEN_EMBEDDED_DIR: at('host-a'),
      XEN_EMBEDDED_MEMORY: '512',
      XEN_EMBEDDED_SEED: '7',
      XEN_EMBEDDED_IDLE: '1',
      XEN_QEMU: 'none',
    },
    typed: (line) => line.replaceAll(PORT, String(port)),
    shown: (text) => text.replaceAll(`${root}/`, '/').replaceAll(String(port), String(TLS_PORT)),
    async close() {
      for (const host of HOSTS) emptyHost(at(`host-${host}`));
      const end = Date.now() + 10_000;
      while (HOSTS.some((host) => existsSync(at(`host-${host}/hypervisor.sock`))) && Date.now() < end) await sleep(50);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A host's folder: configurations, a save file that was cut, certificates. */
function furnish(folder: string, host: string, name: string): void {
  mkdirSync(folder);
  mkdirSync(host, { mode: 0o700 });
  const kernel = 'kernel = "builtin:selfcheck"\ncmdline = "working-set=8M rate=2000"\n';
  writeFileSync(join(folder, 'web.cfg'), `name = "web"\ntype = "pv"\nmemory = 32\n${kernel}`);
  writeFileSync(join(folder, 'db.cfg'), `name = "db"\ntype = "hvm"\nmemory = 32\n${kernel}`);
  const tls = join(folder, 'tls');
  cpSync(fileURLToPath(new URL(`../../testdata/tls/${name}`, import.meta.url)), tls, { recursive: true });
  chmodSync(join(tls, 'key.pem'), 0o600);
}

/** A host ends by itself once it has no domain. */
function emptyHost(directory: string): void {
  if (!existsSync(join(directory, 'hypervisor.sock'))) return;
  const xl = (...args: string[]) =>
    spawnSync(process.execPath, [XL, ...args], { env: { ...process.env, XEN_EMBEDDED_DIR: directory } }).stdout;
  const domains = JSON.parse(String(xl('list', '--json'))) as { domid: number }[];
  for (const { domid } of domains) xl('destroy', String(domid));
}

function command(folder: string, name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('no port is free');
}
