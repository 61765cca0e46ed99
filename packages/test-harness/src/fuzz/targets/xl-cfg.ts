import { encodeText, formatDomainConfig, parseDomainConfig } from '@xen-migration/libxl';
import {
  parseXlConf,
  parseXlConfig,
  printXlConfig,
  toDomainConfig,
  XlConfigError,
  type XlSetting,
  type XlSettings,
} from '@xen-migration/libxl/xl-cfg';
import { KEYS, type KeyKind } from '../../../../libxl/src/xl-cfg/keys.js';
import type { Choices } from '../../random.js';
import type { Outcome, Sample, Target } from '../target.js';

/** Facts of a host, for what depends on them. */
export const HOST = { maxCpus: 4, onlineCpus: 4, nodes: [[0, 1, 2, 3]] };
const RANDOM = {
  uuid: () => '01234567-89ab-cdef-0123-456789abcdef',
  bytes: (count: number) => new Uint8Array(count).fill(7),
};

const VALUES = [
  ...[
    '1',
    '0',
    '-1',
    '0x10',
    '017',
    '99999999999999999999',
    'host',
    'all',
    '0-1',
    '^1',
    'all,^0',
    'nodes:0',
    'node:0-7',
  ],
  ...[
    'host,aes=1',
    'host:aes=0,tm=k',
    '1:eax=xxxx',
    '/a,raw,xvda,w',
    'vdev=xvda',
    'format=qcow2, vdev=hda, access=rw, target=/x',
  ],
  ...[
    'mac=00:16:3e:00:00:01,bridge=xenbr0',
    'mac=0:1',
    'rate=10Mb/s@20ms',
    'rate=1',
    '03:00.0',
    '0000:03:10.1@1,permissive=1',
  ],
  ...[
    'connection=pty',
    'name=a,connection=socket,path=/x',
    'type=vnc,vncdisplay=1',
    'tag=a,path=/b',
    'pnode=0,size=512',
    'destroy',
  ],
  ...[
    'strategy=host,policy=strict',
    'type=emulator',
    'version=2',
    'hostbus=1,hostaddr=2',
    'sdl',
    'en-us',
    '3f8-3ff',
    'f0000,1@2',
  ],
] as const;
const TOKENS = [
  '=',
  '+=',
  '[',
  ']',
  ',',
  ';',
  '\n',
  ' ',
  '\t',
  '#',
  "'",
  '"',
  '\\',
  '\\x4',
  '\\123',
  '(',
  '\0',
  '\r',
  'ä',
];
const DISKS = ["'/dev/vg/a,raw,xvda,w'", "'format=raw, vdev=hdc, access=ro, devtype=cdrom, target=/x.iso'"];
const NICS = ["'bridge=xenbr0'", "'mac=00:16:3e:11:22:33,script=vif-route,type=vif'"];

export const XL_CFG: Target = {
  name: 'xl-cfg',
  about:
    'texts of xl.cfg and xl.conf: settings, the domain configuration they stand for; printed and read again the same',
  open: async () => ({ sample, run, async close() {} }),
};

async function sample(random: Choices): Promise<Sample> {
  const valid = random.happens(0.5);
  const lines = [...usualConfig(random), ...(valid ? [] : unusualSettings(random))];
  return { parts: lines.map((line) => Buffer.from(line)), valid, words: [...TOKENS, ...VALUES, ...Object.keys(KEYS)] };
}

/** A configuration that people write. */
export function usualConfig(random: Choices): string[] {
  const type = random.one(['pv', 'pvh', 'hvm']);
  const list = (items: readonly string[]) =>
    items.slice(0, random.between(0, items.length)).join(random.one([', ', ',\n  ']));
  return [
    `name = "guest-${random.between(0, 99)}"\n`,
    `type = '${type}'\n`,
    type === 'hvm' ? "boot = 'dc' # from CD\n" : 'kernel = "/boot/vmlinuz"\n',
    `memory = ${random.between(1, 64) * 32}\n`,
    `vcpus=${random.between(1, 4)}; maxvcpus=4\n`,
    `disk = [ ${list(DISKS)} ]\n`,
    `vif = [ ${list(NICS)} ]\n`,
    ...(random.happens(0.5) ? [`cpus = "${random.one(['0-1', 'all', 'all,^3', '2'])}"\n`] : []),
    ...(random.happens(0.5) ? ["on_crash = 'restart'\n", "extra = 'a'\n", "extra += ' b'\n"] : []),
  ];
}

/** Any keys with any values: xl refuses many of them. */
function unusualSettings(random: Choices): string[] {
  const keys = Object.entries(KEYS);
  return Array.from({ length: random.between(1, 5) }, () => {
    const [key, kind] = random.one(keys);
    return `${key} ${random.happens(0.1) ? '+=' : '='} ${textFor(kind, random)}\n`;
  });
}

function textFor({ kind }: KeyKind, random: Choices): string {
  const quoted = () => JSON.stringify(random.one(VALUES));
  const many = () => `[${Array.from({ length: random.between(0, 3) }, quoted).join(',')}]`;
  if (random.happens(0.1)) return `[${many()}, ${quoted()}]`;
  if (kind === 'list') return many();
  if (kind === 'text-or-list') return random.happens(0.5) ? many() : quoted();
  return kind === 'text' ? quoted() : String(random.one([0, 1, 2, 512, 65_536, 2 ** 31]));
}

async function run(input: Uint8Array): Promise<Outcome> {
  xlConf(input);
  let settings: XlSettings;
  try {
    settings = parseXlConfig(input, 'x.cfg');
    checkPrinted(settings);
    const { config } = toDomainConfig(settings, {
      host: HOST,
      random: RANDOM,
      extraWarnings: true,
      applyCpuMasks: true,
    });
    const json = formatDomainConfig(config);
    if (formatDomainConfig(parseDomainConfig(json)) !== json) throw new Error('its JSON is read as another one');
    return 'accepted';
  } catch (e) {
    return refused(e, input);
  }
}

function xlConf(input: Uint8Array): void {
  try {
    parseXlConf(input, 'xl.conf', HOST);
  } catch (e) {
    if (!(e instanceof XlConfigError)) throw e;
  }
}

/** Its code is xl's exit status, and it is in words. */
function refused(e: unknown, input: Uint8Array): Outcome {
  if (!(e instanceof XlConfigError)) throw e;
  const lines = Buffer.from(input).toString('latin1').split('\n').length;
  for (const { line, column } of e.problems) {
    if (line < 0 || line > lines || column < 1) throw new Error(`a problem nowhere, at ${line}:${column}`);
  }
  if (e.rc <= 0) throw new Error(`a refusal with exit status ${e.rc}`);
  return { refused: e.problems.length > 0 ? 'syntax' : `exit ${e.rc}` };
}

function checkPrinted(settings: XlSettings): void {
  const all = settings.names().map((name) => settings.get(name) as XlSetting);
  // Of what was added to, the sum is there.
  const printed = printXlConfig(all.map((setting) => ({ ...setting, operator: '=' as const })));
  const again = parseXlConfig(encodeText(printed), 'printed');
  const same = again.names().every((name) => shape(again.get(name)) === shape(settings.get(name)));
  if (!same || again.names().length !== all.length) throw new Error('printed and read again it differs');
}

/** Without the places in the text. */
function shape(setting: XlSetting | undefined): string {
  return JSON.stringify(setting?.value, (key, value: unknown) =>
    key === 'line' || key === 'column' ? undefined : value,
  );
}
