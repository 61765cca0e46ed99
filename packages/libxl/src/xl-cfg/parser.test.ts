import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXlConfig, printXlConfig, toDomainConfig, XlConfigError, type XlSettings, type XlValue } from './index.js';

const HOST = { maxCpus: 2, onlineCpus: 2, nodes: [[0, 1]] };

interface Plain {
  readonly name: string;
  readonly operator: '=' | '+=';
  readonly value: PlainValue;
}
type PlainValue = string | readonly PlainValue[];

const withPlaces = (value: PlainValue): XlValue =>
  typeof value === 'string'
    ? { kind: 'string', text: value, line: 1, column: 1 }
    : { kind: 'list', items: value.map(withPlaces), line: 1, column: 1 };
const withoutPlaces = (value: XlValue): PlainValue =>
  value.kind === 'string' ? value.text : value.items.map(withoutPlaces);

const plainSettings = (settings: XlSettings) =>
  new Map(settings.names().map((name) => [name, withoutPlaces(settings.get(name)!.value)]));

const name = fc.stringMatching(/^[a-z][._0-9a-z]{0,12}$/);
const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((s) => !s.includes('\0'));
const value = fc.letrec<{ value: PlainValue; list: readonly PlainValue[] }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, text, tie('list')),
  list: fc.array(tie('value'), { maxLength: 4 }),
})).value;

/** What the file may look like at all: its own words, in any order. */
const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      ...['=', '+=', '[', ']', ',', ';', '\n', ' ', '\t', '#', "'", '"', '\\', '\\x4', '\\1', '(', '+', '\0', '\r'],
    ),
    fc.constantFrom('name', 'type', 'memory', 'disk', 'vif', 'pv', '"hvm"', '64', '0x', '"a"', "'b'", 'ä', '\udc80'),
    fc.string({ unit: 'binary', maxLength: 6 }),
  ),
  { maxLength: 30 },
);

describe('xl.cfg', () => {
  it('gives back any settings that were printed', () => {
    const settings = fc.array(fc.record<Plain>({ name, operator: fc.constant('='), value }), { maxLength: 8 });
    fc.assert(
      fc.property(settings, (list) => {
        const printed = printXlConfig(list.map((setting) => ({ ...setting, value: withPlaces(setting.value) })));
        const expected = new Map(list.map((setting) => [setting.name, setting.value]));
        expect(plainSettings(parseXlConfig(printed, 'x'))).toEqual(expected);
      }),
    );
  });

  it('adds with +=, strings to strings and lists to lists', () => {
    const parsed = parseXlConfig('a="x"\na+="y"\nb=[1]\nb+=[2,[3]]\nc+="z"\n', 'x');
    expect(plainSettings(parsed)).toEqual(
      new Map<string, PlainValue>([
        ['a', 'xy'],
        ['b', ['1', '2', ['3']]],
        ['c', 'z'],
      ]),
    );
  });

  it('takes any text: settings, or an error with its line and column', () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const source = parts.join('');
        try {
          parseXlConfig(source, 'x.cfg');
        } catch (e) {
          if (!(e instanceof XlConfigError)) throw e;
          expect(e.problems.length).toBeGreaterThan(0);
          for (const { line, column } of e.problems) {
            // Stock's own count: a mistake that is found at the first line's end stands on line 0.
            expect(line).toBeGreaterThanOrEqual(0);
            expect(line).toBeLessThanOrEqual(source.split('\n').length);
            expect(column).toBeGreaterThan(0);
          }
          expect(e.rc).toBe(1);
          expect(e.messages.at(-1)).toBe('Failed to parse config: Invalid argument\n');
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          parseXlConfig(bytes, 'x.cfg');
        } catch (e) {
          if (!(e instanceof XlConfigError)) throw e;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('points at what is wrong', () => {
    const problemsOf = (source: string) => {
      try {
        parseXlConfig(source, 'x.cfg');
      } catch (e) {
        if (e instanceof XlConfigError) return e.problems;
      }
      return [];
    };
    expect(problemsOf('name = "a"\n  memory 64\n')).toEqual([
      { line: 2, column: 10, message: "syntax error, unexpected NUMBER, expecting += or '='" },
    ]);
    expect(problemsOf('name = "a\n')).toEqual([{ line: 1, column: 8, message: 'lexical error' }]);
  });

  it('does not recurse into nested lists', () => {
    const deep = `a=${'['.repeat(4000)}${']'.repeat(4000)}\n`;
    expect(parseXlConfig(deep, 'x').names()).toEqual(['a']);
    expect(() => parseXlConfig(`a=${'['.repeat(100_000)}`, 'x')).toThrow(XlConfigError);
  });
});

describe('translation', () => {
  // Keys that take every kind of value, with values of every kind.
  const key = fc.constantFrom(
    ...['type', 'builder', 'memory', 'vcpus', 'maxvcpus', 'cpus', 'cpus_soft', 'vnuma', 'disk', 'vif', 'vfb', 'pci'],
    ...['rdm', 'cpuid', 'viridian', 'p9', 'vtpm', 'vdispl', 'vsnd', 'channel', 'usbctrl', 'usbdev', 'vkb', 'irqs'],
    ...['ioports', 'iomem', 'serial', 'usbdevice', 'bootloader_args', 'device_model_args', 'mca_caps', 'mmio_hole'],
    ...['tsc_mode', 'timer_mode', 'altp2m', 'gfx_passthru', 'firmware', 'bios', 'on_crash', 'uuid', 'videoram', 'vnc'],
  );
  const word = fc.oneof(
    fc.constantFrom('1', '-1', '0x10', '99999999999999999999', 'host,aes=1', 'all', '0-1', 'a=b,c=d', 'card', 'type=x'),
    fc.constantFrom('/a,raw,xvda,w', 'vdev=xvda', 'mac=0:1', 'rate=1Mb/s', '03:00.0', 'connection=pty', '1:eax=', ''),
    fc.stringMatching(/^[a-z0-9=,:;@.\-/ ]{0,16}$/),
  );
  const anyValue = fc.oneof(word, fc.array(word, { maxLength: 3 }), fc.array(fc.array(word, { maxLength: 3 })));

  it('ends with a domain config or an error, whatever the values are', () => {
    const settings = fc.array(fc.record({ name: key, value: anyValue }), { maxLength: 6 });
    fc.assert(
      fc.property(settings, (list) => {
        const given = list.map((setting) => ({ ...setting, operator: '=' as const, value: withPlaces(setting.value) }));
        const base = 'name="g"\nkernel="/k"\n';
        const parsed = parseXlConfig(base + printXlConfig(given), 'x.cfg');
        try {
          expect(toDomainConfig(parsed, { host: HOST }).config.c_info.name).toBe('g');
        } catch (e) {
          if (!(e instanceof XlConfigError)) throw e;
          expect(e.rc).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
