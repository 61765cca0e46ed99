import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatDomainConfig, parseDomainConfig } from '../config/index.js';
import { parseXlConfig, printDomainConfig, toDomainConfig, XlConfigError } from './index.js';

// What stock `xl create -n` of Xen 4.17 made of configurations, byte for byte: standard output, standard error, exit
// status. Of the output only the UUIDs that stock made up itself are left out. The folders' READMEs say whence.
const GIVEN = new URL('../../testdata/xl-cfg/', import.meta.url);
const LAB = new URL('../../testdata/xl-cfg-lab/', import.meta.url);

interface Case {
  readonly name: string;
  readonly config: Uint8Array;
  readonly stdout: string;
  readonly stderr: string;
  readonly rc: number;
}

/** The host that stock ran on. */
const HOST = { maxCpus: 2, onlineCpus: 2, nodes: [[0, 1]] };

const RANDOM_UUID = '00000000-0000-4000-8000-000000000000';
const random = { uuid: () => RANDOM_UUID, bytes: (count: number) => new Uint8Array(count).fill(7) };

/** As `xl create -n` ends. */
function dryRun({ name, config: text }: Case): { stdout: string; stderr: string; rc: number } {
  const source = `${name}.cfg`;
  const start = `Parsing config from ${source}\n`;
  try {
    const { config, messages } = toDomainConfig(parseXlConfig(text, source), {
      host: HOST,
      random,
      applyCpuMasks: true,
    });
    return { stdout: printDomainConfig(config), stderr: start + messages.join(''), rc: 0 };
  } catch (e) {
    if (!(e instanceof XlConfigError)) throw e;
    return { stdout: '', stderr: start + e.messages.join(''), rc: e.rc };
  }
}

const UUID_LINE = /^( {8}"uuid": ")[0-9a-f-]{36}"/m;

function compare(stock: Case): void {
  const hasUuid = /^uuid\s*=/m.test(Buffer.from(stock.config).toString());
  const stdout = hasUuid ? stock.stdout : stock.stdout.replace(UUID_LINE, `$1${RANDOM_UUID}"`);
  expect(dryRun(stock)).toEqual({ stdout, stderr: stock.stderr, rc: stock.rc });
}

function givenCases(): Case[] {
  const read = (file: string) => readFileSync(new URL(file, GIVEN));
  return readdirSync(GIVEN)
    .filter((file) => file.endsWith('.cfg'))
    .map((file) => file.slice(0, -'.cfg'.length))
    .map((name) => ({
      name,
      config: read(`${name}.cfg`),
      stdout: read(`${name}.stdout`).toString(),
      stderr: read(`${name}.stderr`).toString(),
      rc: Number(read(`${name}.rc`).toString()),
    }));
}

const BASES: Readonly<Record<string, string>> = {
  none: '',
  pv: 'name="g"\ntype="pv"\nkernel="/k"\n',
  hvm: 'name="g"\ntype="hvm"\n',
  pvh: 'name="g"\ntype="pvh"\nkernel="/k"\n',
};

function labCases(): Case[] {
  const answers: readonly Omit<Case, 'config'>[] = JSON.parse(readFileSync(new URL('answers.json', LAB), 'utf8'));
  const answerTo = new Map(answers.map((answer) => [answer.name, answer]));
  const [, ...parts] = readFileSync(new URL('cases.txt', LAB), 'utf8').split(/^== /m);
  return parts.map((part) => {
    const end = part.indexOf('\n');
    const [name = '', base = ''] = part.slice(0, end).split(' ');
    const answer = answerTo.get(name);
    if (answer === undefined) throw new Error(`no answer of stock to ${name}`);
    return { ...answer, config: Buffer.from((BASES[base] ?? '') + part.slice(end + 1)) };
  });
}

describe('stock xl create -n', () => {
  it('is known for enough configurations', () => {
    expect(givenCases().length).toBeGreaterThanOrEqual(64);
    expect(labCases().length).toBeGreaterThan(350);
  });

  it.each(givenCases())('$name', compare);

  it.each(labCases())('$name (lab)', compare);
});

describe('the JSON of stock', () => {
  it('is read and written again byte for byte', () => {
    const written = [...givenCases(), ...labCases()].filter(({ stdout }) => stdout !== '');
    expect(written.length).toBeGreaterThan(250);
    for (const { name, stdout } of written) expect(formatDomainConfig(parseDomainConfig(stdout)), name).toBe(stdout);
  });
});
