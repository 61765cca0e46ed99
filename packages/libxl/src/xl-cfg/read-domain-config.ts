import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { encodeText, type LibxlDomainConfig } from '../config/index.js';
import { hostInfo } from '../host/information.js';
import type { Host } from '../host/open-host.js';
import { parseXlConfig } from './parser.js';
import { toDomainConfig } from './to-domain-config.js';
import type { HostFacts, XlDefaults } from './translation.js';
import { parseXlConf } from './xl-conf.js';

export interface ReadDomainConfigOptions {
  /** In the syntax of xl.cfg. */
  readonly text: Uint8Array;
  /** What messages call it; a path. */
  readonly source: string;
  /** Lines that come after those of the text. */
  readonly settings?: readonly string[];
  /** Asked for its processors; absent: this machine is. */
  readonly host?: Host;
  /** Warns of more than stock does: unknown keys with the nearest known one, values out of range. Default: yes. */
  readonly extraWarnings?: boolean;
  /** A domain is made of it: the affinity masks of xl.conf apply. */
  readonly applyCpuMasks?: boolean;
  readonly onEvent?: (event: ReadConfigEvent) => void;
}

export type ReadConfigEvent =
  /** xl.conf has been read, and the text follows. */
  | { readonly kind: 'parsing' }
  /** A warning in stock's words, or of our own; a whole line. */
  | { readonly kind: 'message'; readonly text: string };

/** What is set for every guest of the host; there need not be one. */
const XL_CONF = '/etc/xen/xl.conf';

/**
 * The configuration that a text in xl.cfg's syntax stands for, with what xl.conf sets for every guest, as `xl create`
 * takes it.
 *
 * @throws XlConfigError with the messages of stock where it is none
 */
export async function readDomainConfig(options: ReadDomainConfigOptions): Promise<LibxlDomainConfig> {
  const { text, source, settings = [], extraWarnings = true, applyCpuMasks = false, onEvent } = options;
  const tell = (messages: readonly string[]) => {
    for (const message of messages) onEvent?.({ kind: 'message', text: message });
  };
  const host = await hostFacts(options.host);
  const defaults = await hostDefaults(host, tell);
  onEvent?.({ kind: 'parsing' });
  const extra = settings.length === 0 ? '' : `\n${settings.map((setting) => `${setting}\n`).join('')}\n`;
  const parsed = parseXlConfig(Buffer.concat([text, encodeText(extra)]), source);
  const { config, messages } = toDomainConfig(parsed, { host, defaults, extraWarnings, applyCpuMasks });
  tell(messages);
  return config;
}

async function hostFacts(host: Host | undefined): Promise<HostFacts> {
  const cpus = host === undefined ? availableParallelism() : (await hostInfo(host)).nrCpus;
  return { maxCpus: cpus, onlineCpus: cpus, nodes: [Array.from({ length: cpus }, (_, cpu) => cpu)] };
}

async function hostDefaults(host: HostFacts, tell: (messages: readonly string[]) => void): Promise<XlDefaults> {
  const text = await readFile(XL_CONF).catch(() => undefined);
  if (text === undefined) return {};
  const { defaults, messages } = parseXlConf(text, XL_CONF, host);
  tell(messages);
  return defaults;
}
