import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { offeredOptions } from '../compatibility/stock-help.js';
import { COMMANDS } from './commands/index.js';
import { commandHelp, optionName, overview } from './help.js';

/** `xl help COMMAND` of stock xl 4.17. */
const STOCK = new URL('../../testdata/xl-help/', import.meta.url);
const stockText = (name: string) => readFileSync(new URL(`${name}.txt`, STOCK), 'utf8');

/** These files hold the command's output, not its help. */
const OUTPUTS = new Set(['list', 'vcpu-list']);
/** Commands that stock does not have. */
const OURS = new Set(['evacuate', 'completion']);

const names = Object.keys(COMMANDS).filter((name) => !OUTPUTS.has(name) && existsSync(new URL(`${name}.txt`, STOCK)));

/** Where our usage line is deliberately another: stock's runs into its options. */
const USAGE_DIFFERS: Readonly<Record<string, string>> = { info: 'Usage: xl [-vtT] info [options] [Name]' };

describe('help', () => {
  it('is tested against the texts of stock xl', () => {
    expect(readdirSync(STOCK).length).toBeGreaterThan(60);
    expect(names.length).toBeGreaterThan(15);
  });

  it.each(names)("'xl help %s' has the usage line of stock", async (name) => {
    const { spec } = await COMMANDS[name]!();
    const usage = stockText(name).split('\n')[0]?.trimEnd();
    expect(commandHelp(spec).split('\n')[0]).toBe(USAGE_DIFFERS[name] ?? usage);
  });

  it.each(names)("'xl help %s' has every option of stock", async (name) => {
    const { spec } = await COMMANDS[name]!();
    const ours = offeredOptions(commandHelp(spec));
    for (const option of offeredOptions(stockText(name))) expect(ours).toContain(option);
  });

  it("lists the commands as stock does, with stock's words for each", async () => {
    const specs = await Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).spec));
    const lines = overview(specs).split('\n');
    const stock = stockText('all-commands').split('\n');
    expect(lines.slice(0, 4)).toEqual(stock.slice(0, 4));
    for (const { name } of specs) {
      if (OURS.has(name)) continue;
      const line = stock.find((text) => text.startsWith(` ${name} `));
      expect(lines).toContain(line);
    }
  });

  it('puts long names on a line of their own, and wraps', async () => {
    const { spec } = await COMMANDS.migrate!();
    const text = commandHelp(spec);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(text).toMatch(/-s <sshcommand> {2,}Run <sshcommand>/);
    expect(optionName({ short: 'f', long: 'defconfig', value: 'FILE', about: '' })).toBe('-f FILE, --defconfig=FILE');
  });
});
