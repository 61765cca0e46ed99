import { describe, expect, it } from 'vitest';
import { parseXlConfig, toDomainConfig, XlConfigError } from './index.js';
import { KEYS } from './keys.js';
import { Report } from './report.js';
import { Lookup, type XlSetting, XlSettings } from './settings.js';
import { translate } from './translate.js';
import { Translation } from './translation.js';
import { nearestKey } from './unknown-keys.js';

const HOST = { maxCpus: 2, onlineCpus: 2, nodes: [[0, 1]] };
const messages = (text: string, extraWarnings?: boolean) =>
  toDomainConfig(parseXlConfig(text, 'a.cfg'), {
    host: HOST,
    ...(extraWarnings === undefined ? {} : { extraWarnings }),
  }).messages.join('');

describe('keys that xl.cfg does not have', () => {
  const text = 'name="g"\nkernel="/k"\nmemroy=64\nfrobnicate=1\n';

  it('are named with their place and the nearest key, when asked', () => {
    expect(messages(text, true)).toBe(
      "a.cfg:3: warning: unknown parameter `memroy'; did you mean `memory'?\n" +
        "a.cfg:4: warning: unknown parameter `frobnicate'\n",
    );
  });

  it('are nothing to stock', () => {
    expect(messages(text)).toBe('');
  });

  it.each([
    ['vcpu', 'vcpus'],
    ['max_vcpus', 'maxvcpus'],
    ['disks', 'disk'],
    ['oncrash', 'on_crash'],
    ['zzzzzzzz', undefined],
  ])('%s is near to %s', (name, key) => {
    expect(nearestKey(name)).toBe(key);
  });
});

describe('values', () => {
  it('of another type or out of range are named with line and column, when asked', () => {
    const text = 'name="g"\nkernel="/k"\nhap=2\nmaxvcpus =  0\nmemory=64\nvnuma="x"\n';
    expect(messages(text, true)).toBe(
      "a.cfg:3:5: warning: parameter `hap' should be 0 or 1, not 2\n" +
        "a.cfg:4:13: warning: parameter `maxvcpus' should be from 1 to 8192, not 0\n" +
        "a.cfg:6:7: warning: parameter `vnuma' should be a list\n",
    );
    expect(messages(text)).toBe('');
  });

  it('that end stock without a word are explained', () => {
    const text = 'name="g"\nkernel="/k"\nmax_grant_frames=-1\n'.replace('-1', '"x"');
    expect(() => messages(text, true)).toThrow(
      new XlConfigError(["a.cfg:3:18: warning: parameter `max_grant_frames' should be a number\n"], 1),
    );
  });
});

/** Settings that remember which keys they were asked for. */
class Asked extends XlSettings {
  readonly asked = new Set<string>();

  override get(name: string): XlSetting | undefined {
    this.asked.add(name);
    return super.get(name);
  }
}

describe('the table of keys', () => {
  it('has every key that is read, and no other', () => {
    const asked = new Set<string>();
    for (const [type, extra] of [
      ['pv', 'vnc=1'],
      ['pv', 'vnc=0'],
      ['hvm', 'vnc=0'],
      ['pvh', 'vnc=0'],
    ]) {
      const settings = new Asked('x');
      for (const setting of parsed(`name="g"\ntype="${type}"\nkernel="/k"\n${extra}\n`)) settings.add(setting);
      const report = new Report();
      translate(
        new Translation(
          settings,
          new Lookup(settings, report),
          report,
          HOST,
          { uuid: () => '', bytes: () => new Uint8Array() },
          {},
        ),
      );
      for (const name of settings.asked) asked.add(name);
    }
    expect([...asked].sort()).toEqual(Object.keys(KEYS).sort());
  });
});

function parsed(text: string): XlSetting[] {
  const settings = parseXlConfig(text, 'x');
  return settings.names().flatMap((name) => settings.get(name) ?? []);
}
