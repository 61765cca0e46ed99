import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runXl } from '../run.js';

const CASES = fileURLToPath(new URL('../../../../libxl/testdata/xl-cfg/', import.meta.url));
const HELP = new URL('../../../testdata/xl-help/', import.meta.url);

async function xl(...args: readonly string[]) {
  let stdout = '';
  let stderr = '';
  const code = await runXl(args, {
    signal: new AbortController().signal,
    stderrIsTerminal: false,
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
  });
  return { code, stdout, stderr };
}

const withoutUuid = (text: string) => text.replace(/^ *"uuid": ".*\n/m, '');

describe('xl create -n', () => {
  const before = process.cwd();
  beforeAll(() => process.chdir(CASES));
  afterAll(() => process.chdir(before));

  const names = readdirSync(CASES).flatMap((file) => /^(.*)\.cfg$/.exec(file)?.[1] ?? []);

  // What the CPUs are that `cpus` speaks of depends on the machine; the translation's own test has them.
  it.each(names.filter((name) => !name.startsWith('cpus-')))('%s.cfg: as stock', async (name) => {
    const stock = (what: string) => readFileSync(`${name}.${what}`, 'utf8');
    const ours = await xl('create', '-n', `${name}.cfg`);
    expect({ ...ours, stdout: withoutUuid(ours.stdout) }).toEqual({
      code: Number(stock('rc')),
      stdout: withoutUuid(stock('stdout')),
      stderr: stock('stderr'),
    });
  });

  it('says more with -v', async () => {
    const { stderr } = await xl('-v', 'create', '-n', 'unknown-key.cfg');
    expect(stderr).toBe(
      "Parsing config from unknown-key.cfg\nunknown-key.cfg:4: warning: unknown parameter `frobnicate'\n",
    );
  });

  it('takes settings after the file, and -q, --dryrun and the global -N', async () => {
    const { stdout, stderr } = await xl('-N', 'create', 'pvh.cfg', '-q', 'memory=64', 'vcpus=1');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout).b_info).toMatchObject({ target_memkb: 65536, max_vcpus: 1 });
    expect((await xl('create', '--dryrun', '/dev/null', 'name="x"', 'kernel="/k"')).code).toBe(0);
  });

  it('ends as stock where it can not begin', async () => {
    expect(await xl('create', '-n', 'nosuch.cfg')).toEqual({
      code: 3,
      stdout: '',
      stderr: 'Failed to read config file: nosuch.cfg: No such file or directory\n',
    });
    expect(await xl('create')).toEqual({
      code: 6,
      stdout: '',
      stderr: 'Config file not specified and none in save file\n',
    });
    const two = await xl('create', '-n', 'pvh.cfg', 'pool.cfg');
    expect(two).toMatchObject({ code: 2, stderr: '' });
    expect(two.stdout).toContain('Usage: xl [-vtTfN] create');
    expect(await xl('create', '-nv', 'pvh.cfg')).toEqual({
      code: 2,
      stdout: '',
      stderr: readFileSync(new URL('create-nv.txt', HELP), 'utf8'),
    });
  });
});
