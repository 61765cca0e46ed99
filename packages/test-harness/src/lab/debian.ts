import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.js';
import { ARCHIVES } from './packages.js';

/** A package of Debian, chosen by apt. */
export interface DebianPackage {
  /** e.g. 'xen-utils-4.17_4.17.5+...-1_amd64.deb' */
  readonly file: string;
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Debian's archives, seen through an apt of its own: its lists, its state ("nothing is installed") and its downloads are
 * in a folder of the lab. It needs apt-get and dpkg-deb; no root, and the machine's own packages stay as they are.
 */
export class Debian {
  private constructor(private readonly folder: string) {}

  static async open(folder: string): Promise<Debian> {
    for (const part of [
      'lists/partial',
      'archives/partial',
      'nothing/partial',
      'etc/apt.conf.d',
      'etc/preferences.d',
    ]) {
      mkdirSync(join(folder, part), { recursive: true });
    }
    writeFileSync(join(folder, 'status'), '');
    writeFileSync(join(folder, 'apt.conf'), configuration(folder));
    writeFileSync(
      join(folder, 'etc/sources.list'),
      ['deb', 'deb-src']
        .flatMap((kind) => ARCHIVES.map(({ uri, suite }) => `${kind} [signed-by=${KEYRING}] ${uri} ${suite} main\n`))
        .join(''),
    );
    const debian = new Debian(folder);
    await debian.apt('update', '-qq');
    return debian;
  }

  /** These packages and all that they depend on, in apt's choice of versions. */
  async resolve(names: readonly string[]): Promise<DebianPackage[]> {
    // apt names no package whose file it has already.
    const elsewhere = `Dir::Cache::archives=${join(this.folder, 'nothing')}`;
    return parseUris(await this.apt('install', '-o', elsewhere, '--print-uris', '-y', '-qq', ...names));
  }

  /** Downloads what is not there yet; apt checks signatures and sums. Answers the packages' paths. */
  async download(names: readonly string[], packages: readonly DebianPackage[]): Promise<string[]> {
    await this.apt('install', '--download-only', '-y', '-qq', ...names);
    return packages.map(({ file }) => join(this.folder, 'archives', file));
  }

  /** Downloads the newest source of a package that is to be had, and answers its version. */
  async downloadSource(name: string, folder: string): Promise<string> {
    const listed = await this.run('apt-cache', ['showsrc', name]);
    const versions = [...listed.matchAll(/^Version: (.*)$/gm)]
      .map((match) => match[1] ?? '')
      .sort()
      .reverse();
    let failure: unknown;
    for (const version of versions) {
      try {
        await this.run('apt-get', ['source', '-qq', '--download-only', `${name}=${version}`], folder);
        return version;
      } catch (e) {
        failure = e;
      }
    }
    throw new Error(`no source of ${name} could be fetched`, { cause: failure });
  }

  private apt(...args: string[]): Promise<string> {
    return this.run('apt-get', args);
  }

  private run(program: string, args: readonly string[], cwd?: string): Promise<string> {
    return command(program, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { APT_CONFIG: join(this.folder, 'apt.conf'), DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    });
  }
}

function configuration(folder: string): string {
  return `Dir "${folder}";
Dir::State "${folder}";
Dir::State::status "${folder}/status";
Dir::State::Lists "${folder}/lists";
Dir::Cache "${folder}";
Dir::Cache::archives "${folder}/archives";
Dir::Etc "${folder}/etc";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
`;
}

/** The lines of apt's --print-uris: 'URI' FILE SIZE HASH. */
export function parseUris(text: string): DebianPackage[] {
  return text
    .split('\n')
    .map((line) => /^'[^']+' (\S+\.deb) \d+/.exec(line)?.[1])
    .filter((file) => file !== undefined)
    .map((file) => ({ file }));
}

const MERGED = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

/**
 * Unpacks packages into one tree with Debian's merged /usr. Their scripts do not run: what those would have set up is
 * for the caller to write.
 */
export async function unpack(debs: readonly string[], root: string, leftOut: readonly string[] = []): Promise<void> {
  for (const name of MERGED) {
    mkdirSync(join(root, 'usr', name), { recursive: true });
    symlinkSync(`usr/${name}`, join(root, name));
  }
  for (const deb of debs) await unpackOne(deb, root, leftOut);
}

function unpackOne(deb: string, root: string, leftOut: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const from = spawn('dpkg-deb', ['--fsys-tarfile', deb], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exclude = leftOut.map((path) => `--exclude=${path}`);
    const to = spawn('tar', ['-x', '-C', root, '--keep-directory-symlink', '--no-same-owner', ...exclude], {
      stdio: [from.stdout, 'ignore', 'inherit'],
    });
    from.on('error', reject);
    to.on('error', reject);
    let waiting = 2;
    const ended = (status: number | null) => {
      if (status !== 0) reject(new Error(`${deb} could not be unpacked (status ${status})`));
      else if (--waiting === 0) resolve();
    };
    from.on('exit', ended);
    to.on('exit', ended);
  });
}
