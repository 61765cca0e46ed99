import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { XL } from '../bench/workspace.js';
import { fetchPackage } from '../debian-packages.js';
import { cacheFolder } from '../repository.js';

const ROOT = `${cacheFolder}/zsh`;
const UNPACKED = `${ROOT}/bin/zsh`;
const LIBRARY = `${ROOT}/usr/lib/x86_64-linux-gnu/zsh`;
const FUNCTIONS = `${ROOT}/usr/share/zsh/functions`;

/** An installed zsh, or Debian's, unpacked; what its script begins with, so that it finds its own parts. */
function findZsh(): { program: string; preamble: string } | { missing: string } {
  if (!/util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? ''))
    return { missing: 'no script(1) of util-linux, which makes a terminal' };
  if (existsSync('/usr/bin/zsh')) return { program: '/usr/bin/zsh', preamble: '' };
  const failure = existsSync(UNPACKED) ? undefined : fetchPackage('zsh', ROOT);
  if (failure !== undefined) return { missing: `zsh could not be fetched: ${failure}` };
  const [version = ''] = readdirSync(LIBRARY);
  const folders = readdirSync(FUNCTIONS, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  return {
    program: UNPACKED,
    preamble: `module_path=('${LIBRARY}/${version}'); fpath=(${[FUNCTIONS, ...folders].map((path) => `'${path}'`).join(' ')})`,
  };
}

const zsh = findZsh();
if ('missing' in zsh) console.warn(`skipped: completion in zsh (${zsh.missing})`);

describe.skipIf('missing' in zsh)('in a real zsh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xl-zsh-'));
  let shell: ChildProcess;
  let seen = '';

  /** Types, and waits for what must be seen then. */
  async function type(keys: string, expected: RegExp): Promise<string> {
    seen = '';
    shell.stdin?.write(keys);
    const end = Date.now() + 20_000;
    while (!expected.test(seen) && Date.now() < end) await sleep(20);
    expect(seen).toMatch(expected);
    return seen;
  }

  beforeAll(async () => {
    if ('missing' in zsh) return;
    const { stdout } = spawnSync(XL[0] ?? '', [...XL.slice(1), 'completion', 'zsh'], { encoding: 'utf8' });
    writeFileSync(join(folder, '_xl'), stdout);
    writeFileSync(join(folder, 'xl'), '#!/bin/sh\nprintf "Name ID\\nDomain-0 0\\nweb 1\\nworker 2\\n"\n', {
      mode: 0o755,
    });
    const rc = [zsh.preamble, `fpath=('${folder}' $fpath)`, 'autoload -Uz compinit', `compinit -u -d '${folder}/dump'`];
    writeFileSync(join(folder, '.zshrc'), [...rc, 'unsetopt zle_bracketed_paste', 'PS1="ready> "', ''].join('\n'));
    shell = spawn('script', ['-qefc', `stty cols 200 rows 50; exec '${zsh.program}' -d -i`, '/dev/null'], {
      env: { PATH: `${folder}:${process.env.PATH}`, ZDOTDIR: folder, HOME: folder, TERM: 'dumb', SHELL: '/bin/sh' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    shell.stdout?.setEncoding('utf8').on('data', (text: string) => (seen += text));
    await type('', /ready> /);
  });
  afterAll(() => {
    shell?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  // What a line becomes when the tabulator is pressed at its end: `echo` prints it.
  it.each([
    ['xl mig', 'xl migrate'],
    ['xl -v resto', 'xl -v restore'],
    // Its '=' goes again when the cursor moves away.
    ['xl migrate --str', 'xl migrate --streams'],
    ['xl pause wo', 'xl pause worker'],
    ['xl help vcp', 'xl help vcpu-list'],
  ])('completes %s', async (begun, whole) => {
    // Home, "echo '", end, "'", return.
    const printed = await type(`${begun}\t\x01echo '\x05'\r`, /\n(xl[^\r\n]*)\r?\n/);
    expect(/\n(xl[^\r\n]*)\r?\n/.exec(printed)?.[1]?.trim()).toBe(whole);
  });

  it('lists what there is', async () => {
    const printed = await type('xl pause w\t\t', /web[\s\S]*worker/);
    expect(printed).toContain('web');
  });
});
