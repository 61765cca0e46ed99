/** The language of xl's configuration files: what libxlu is to stock. */
export { parseXlConfig } from './parser.js';
export { printDomainConfig, printXlConfig } from './print.js';
export { type ReadConfigEvent, type ReadDomainConfigOptions, readDomainConfig } from './read-domain-config.js';
export { XlConfigError, type XlSyntaxProblem } from './report.js';
export { Lookup, type XlList, type XlSetting, XlSettings, type XlString, type XlValue } from './settings.js';
export { type ToDomainConfigOptions, type TranslatedConfig, toDomainConfig } from './to-domain-config.js';
export type { HostFacts, RandomSource, XlDefaults } from './translation.js';
export { parseXlConf, type XlConf } from './xl-conf.js';
