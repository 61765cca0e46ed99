import { randomBytes, randomUUID } from 'node:crypto';
import type { LibxlDomainConfig } from '../config/index.js';
import { applyCpuMasks } from './cpu-masks.js';
import { Report } from './report.js';
import { Lookup, type XlSettings } from './settings.js';
import { translate } from './translate.js';
import { type HostFacts, type RandomSource, Translation, type XlDefaults } from './translation.js';
import { unknownKeyWarnings } from './unknown-keys.js';
import { valueWarnings } from './value-warnings.js';

export interface ToDomainConfigOptions {
  readonly host: HostFacts;
  /** What xl.conf says; stock's defaults where absent. */
  readonly defaults?: XlDefaults;
  /** For UUIDs and generation IDs that the configuration leaves to chance. */
  readonly random?: RandomSource;
  /**
   * Warns, before anything that stock says, of keys that xl.cfg does not have, and of values of another type or out of
   * their range. Stock is silent about these.
   */
  readonly extraWarnings?: boolean;
  /** Narrows hard affinities by the masks of xl.conf: where a domain is made of the configuration. */
  readonly applyCpuMasks?: boolean;
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
  if (options.extraWarnings === true) {
    for (const warning of [...unknownKeyWarnings(settings), ...valueWarnings(settings)]) report.line(warning);
  }
  const translation = new Translation(settings, lookup, report, host, random, defaults);
  const config = translate(translation);
  return {
    config: options.applyCpuMasks === true ? applyCpuMasks(translation, config) : config,
    messages: report.messages,
  };
}
