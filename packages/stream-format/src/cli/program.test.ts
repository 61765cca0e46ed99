import { describe, expect, it } from 'vitest';
import { streamPath } from '../node/testing/streams.js';
import { COMMANDS } from './commands/index.js';
import { run } from './testing/run.js';

describe('xen-stream', () => {
  it('says its version', async () => {
    expect(await run('--version')).toEqual({ code: 0, out: 'xen-stream 0.0.0-test\n', err: '' });
  });

  it.each([['--help'], ['-h'], ['help']])('%s lists the commands', async (arg) => {
    const { code, out } = await run(arg);
    expect(code).toBe(0);
    for (const { name, summary } of COMMANDS) expect(out).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'));
  });

  it('without arguments says how it is used, and fails', async () => {
    const { code, out, err } = await run();
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^usage: xen-stream COMMAND/);
  });

  it.each(COMMANDS)('$name --help has its options and exit codes', async ({ name, options, exitCodes }) => {
    const { code, out } = await run(name, '--help');
    expect(code).toBe(0);
    expect(await run('help', name)).toMatchObject({ out });
    for (const option of [...Object.keys(options), 'help']) expect(out).toContain(`--${option}`);
    for (const [exit, meaning] of Object.entries(exitCodes)) expect(out).toContain(`  ${exit}  ${meaning}`);
  });

  it.each([
    [['verifi', 'x'], "'verifi' is no command"],
    [['help', 'verifi'], "'verifi' is no command"],
    [['verify'], 'FILE is missing'],
    [['copy', 'x'], 'OUT is missing'],
    [['verify', 'a', 'b'], "unexpected argument 'b'"],
    [['verify', 'a', '--strict'], "Unknown option '--strict'"],
    [['pages', 'a'], '--out is missing'],
    [['pages', 'a', '--out', 'b', '--format', 'qcow2'], "--format takes raw or elf, not 'qcow2'"],
    [['pages', 'a', '--out', '-'], '--out must be a file'],
    [['diff', '-', '-'], 'only one of the two'],
    [['copy', 'a', '-', '--json'], '--json and - for OUT'],
  ])('%j is refused', async (args, why) => {
    const { code, out, err } = await run(...args);
    expect(code).toBe(2);
    expect(out.replace(/^{[\s\S]*}\n$/, '')).toBe('');
    expect(err).toContain(why);
  });

  it.each([['verify'], ['inspect']])('%s of a file that is not there says so', async (command) => {
    const { code, err } = await run(command, '/nowhere/x.save');
    expect(code).toBe(2);
    expect(err).toMatch(`xen-stream ${command}: /nowhere/x.save: ENOENT`);
  });

  it.each([
    ['inspect', 1],
    ['diff', 2],
  ])('%s of what is no stream names the offset', async (command, code) => {
    const args = command === 'diff' ? [import.meta.filename] : [];
    const result = await run(command, import.meta.filename, ...args);
    expect(result.code).toBe(code);
    expect(result.err).toMatch(/offset 0: wire: neither a save file of xl nor a stream/);
  });

  it('with --json the error too is a document', async () => {
    const { code, out, err } = await run('inspect', import.meta.filename, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      error: { file: import.meta.filename, code: 'BAD_MAGIC', offset: 0, rule: 'framing' },
    });
    expect(err).toMatch(/^xen-stream inspect: /);
  });

  it('an option may stand before the file', async () => {
    const { code, out } = await run('verify', '--json', streamPath('xen-4.17-pv32.save.gz'));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ valid: true });
  });
});
