import { randomBytes, randomUUID } from 'node:crypto';
import type { LibxlDomainConfig } from '@xen-migration/libxl';
import { Report } from './report.js';
import { Lookup, type XlSettings } from './settings.js';
import { translate } from './translate.js';
import { type HostFacts, type RandomSource, Translation, type XlDefaults } from './translation.js';
import { unknownKeyWarnings } from './unknown-keys.js';

export interface ToDomainConfigOptions {
  readonly host: HostFacts;
  /** What xl.conf says; stock's defaults where absent. */
  readonly defaults?: XlDefaults;
  /** For UUIDs and generation IDs that the configuration leaves to chance. */
  readonly random?: RandomSource;
  /** Warns of keys that xl.cfg does not have, with the nearest one that it has. Stock is silent. */
  readonly warnUnknownKeys?: boolean;
}

export interface TranslatedConfig {
  readonly config: LibxlDomainConfig;
  /** For stderr, written one after the other: each has its line's end where stock ends the line. */
  readonly messages: readonly string[];
}

const SYSTEM_RANDOM: RandomSource = { uuid: () => randomUUID(), bytes: (count) => randomBytes(count) };

/**
 * What stock xl makes of a configuration.
 *
 * @throws XlConfigError with stock's messages and exit status where stock refuses it
 */
export function toDomainConfig(settings: XlSettings, options: ToDomainConfigOptions): TranslatedConfig {
  const report = new Report();
  const lookup = new Lookup(settings, report);
  const { host, random = SYSTEM_RANDOM, defaults = {} } = options;
  const config = translate(new Translation(settings, lookup, report, host, random, defaults));
  if (options.warnUnknownKeys === true) {
    for (const warning of unknownKeyWarnings(settings)) report.line(warning);
  }
  return { config, messages: report.messages };
}
