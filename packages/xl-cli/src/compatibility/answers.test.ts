import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runXl } from '../cli/run.js';
import { XlHost } from '../testing/xl-process.js';
import { OTHER_ANSWERS } from './answers.js';

// The same command lines as in the lab, on an embedded host: first without a guest, then the life of one, step by step.

interface Answer {
  readonly args: readonly string[];
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
}

const ANSWERS: { readonly host: readonly Answer[]; readonly guest: readonly Answer[] } = JSON.parse(
  readFileSync(new URL('../../testdata/xl-commands/answers.json', import.meta.url), 'utf8'),
);

const host = new XlHost();
const before = { cwd: process.cwd(), env: { ...process.env } };

beforeAll(() => {
  process.chdir(host.files);
  Object.assign(process.env, host.env);
  writeFileSync('bad.cfg', 'name="x\n');
  writeFileSync(
    'g.cfg',
    'name="g"\ntype="pv"\nkernel="builtin:selfcheck"\ncmdline="working-set=8M"\nmemory=96\nvcpus=2\n',
  );
});

afterAll(async () => {
  process.chdir(before.cwd);
  process.env = before.env;
  await host.close();
});

async function xl(args: readonly string[]): Promise<Answer> {
  let stdout = '';
  let stderr = '';
  const rc = await runXl(args, {
    signal: new AbortController().signal,
    stderrIsTerminal: false,
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
  });
  return { args, rc, stdout, stderr };
}

/** What each library logs in its own words, domain 0, and what the guests' kernels are. */
const NOT_COMPARED = /^(libxl: |xc: |xl: |note: |Domain-0 )| {2}Domain-0 |^ *"(kernel|ramdisk|cmdline)":/;
const UUID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;
/** Numbers, with the blanks that fill their columns. */
const NUMBER = / *\d[\d.:]*/g;

function comparable(text: string): string {
  const lines = text.split('\n').filter((line) => !NOT_COMPARED.test(line));
  return lines
    .map((line) => line.replace(UUID, 'UUID').replace(NUMBER, (number) => '#'.repeat(number.length)))
    .join('\n');
}

/** Of a help text the usage line is stock's, the rest our own. */
const withoutHelp = (text: string): string =>
  text.startsWith('Usage') ? (text.split('\n')[0] ?? '').trimEnd() : comparable(text);

function shown({ rc, stdout, stderr }: Answer) {
  return { rc, stdout: withoutHelp(stdout), stderr: comparable(stderr) };
}

async function compare(stock: Answer): Promise<void> {
  const ours = shown(await xl(stock.args));
  if (Object.hasOwn(OTHER_ANSWERS, stock.args.join(' '))) expect(ours).not.toEqual(shown(stock));
  else expect(ours).toEqual(shown(stock));
}

const named = (answers: readonly Answer[]) =>
  answers.map((answer) => [['xl', ...answer.args.map((word) => word || "''")].join(' '), answer] as const);

describe('without a guest', () => {
  it.each(named(ANSWERS.host))('%s', (_name, stock) => compare(stock));
});

describe('with a guest', () => {
  it.each(named(ANSWERS.guest))('%s', (_name, stock) => compare(stock));
});

it('no other answer is listed', () => {
  const lines = [...ANSWERS.host, ...ANSWERS.guest].map(({ args }) => args.join(' '));
  for (const line of Object.keys(OTHER_ANSWERS)) expect(lines).toContain(line);
});
