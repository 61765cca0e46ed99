import { decodeText, encodeText, formatDomainConfig, parseDomainConfig } from '@xen-migration/libxl';
import { parseXlConfig, toDomainConfig } from '@xen-migration/libxl/xl-cfg';
import type { Choices } from '../../random.js';
import { type Outcome, refusal, type Sample, type Target } from '../target.js';
import { JSON_WORDS } from './json-words.js';
import { HOST, usualConfig } from './xl-cfg.js';

const WORDS = [
  ...JSON_WORDS,
  ...['18446744073709551615', '18446744073709551616', '4294967296', '-2147483649', '9007199254740993'],
  ...['"<default>"', '"True"', '"type": "pv"', '"type.hvm": {}', '"max_memkb": ', '"cpuid": [', '"uuid": ', '"mac": '],
];

export const DOMAIN_CONFIG: Target = {
  name: 'domain-config',
  about: "libxl's JSON of a domain, as a sender puts it into the stream: written again it is read as the same",
  open: async () => ({ sample, run, async close() {} }),
};

async function sample(random: Choices): Promise<Sample> {
  const text = usualConfig(random).join('');
  const { config } = toDomainConfig(parseXlConfig(text, 'x.cfg'), { host: HOST });
  const lines = formatDomainConfig({
    ...config,
    c_info: { ...config.c_info, uuid: '01234567-89ab-cdef-0123-456789abcdef' },
  });
  return { parts: lines.split(/(?<=\n)/).map((line) => Buffer.from(line)), valid: true, words: WORDS };
}

async function run(input: Uint8Array): Promise<Outcome> {
  let json: string;
  try {
    json = formatDomainConfig(parseDomainConfig(decodeText(input)));
  } catch (e) {
    return refusal(e, 'DomainConfigError');
  }
  const again = formatDomainConfig(parseDomainConfig(decodeText(encodeText(json))));
  if (again !== json) throw new Error('written again it is read as another configuration');
  return 'accepted';
}
