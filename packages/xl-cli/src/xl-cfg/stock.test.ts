import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseXlConfig, printDomainConfig, toDomainConfig, XlConfigError } from './index.js';

// What stock `xl create -n` of Xen 4.17.7 made of these configurations (see the README there), byte for byte: standard
// output, standard error, exit status. Of the output only the UUIDs that stock made up itself are left out.
const CASES = new URL('../../testdata/xl-cfg/', import.meta.url);
const names = readdirSync(CASES)
  .filter((file) => file.endsWith('.cfg'))
  .map((file) => file.slice(0, -'.cfg'.length));
const fixture = (file: string) => readFileSync(new URL(file, CASES));

/** The host that stock ran on. */
const HOST = { maxCpus: 8, onlineCpus: 8, nodes: [[0, 1, 2, 3, 4, 5, 6, 7]] };

const RANDOM_UUID = '00000000-0000-4000-8000-000000000000';
const random = { uuid: () => RANDOM_UUID, bytes: (count: number) => new Uint8Array(count).fill(7) };

/** As `xl create -n` ends. */
function dryRun(source: string, text: Uint8Array): { stdout: string; stderr: string; rc: number } {
  const start = `Parsing config from ${source}\n`;
  try {
    const { config, messages } = toDomainConfig(parseXlConfig(text, source), { host: HOST, random });
    return { stdout: printDomainConfig(config), stderr: start + messages.join(''), rc: 0 };
  } catch (e) {
    if (!(e instanceof XlConfigError)) throw e;
    return { stdout: '', stderr: start + e.messages.join(''), rc: e.rc };
  }
}

const UUID_LINE = /^( {8}"uuid": ")[0-9a-f-]{36}"/m;

describe('stock xl create -n', () => {
  it('is known for enough configurations', () => {
    expect(names.length).toBeGreaterThanOrEqual(64);
  });

  it.each(names)('%s', (name) => {
    const ours = dryRun(`${name}.cfg`, fixture(`${name}.cfg`));
    const hasUuid = /^uuid\s*=/m.test(fixture(`${name}.cfg`).toString());
    const stdout = fixture(`${name}.stdout`).toString();
    expect(ours.stdout).toBe(hasUuid ? stdout : stdout.replace(UUID_LINE, `$1${RANDOM_UUID}"`));
    expect(ours.stderr).toBe(fixture(`${name}.stderr`).toString());
    expect(ours.rc).toBe(Number(fixture(`${name}.rc`).toString()));
  });
});
