import { parseXlConfig } from './parser.js';
import { Report, XlConfigError } from './report.js';
import { Lookup } from './settings.js';
import { parseCpuMap } from './translate/cpu-map.js';
import { EXIT_FAILURE, type HostFacts, put, Translation, type Writable, type XlDefaults } from './translation.js';

export interface XlConf {
  readonly defaults: XlDefaults;
  /** For stderr, as those of a configuration. */
  readonly messages: readonly string[];
}

/**
 * What xl.conf(5) sets for every guest. Its other keys have no meaning here.
 *
 * @throws XlConfigError with stock's words and exit status
 */
export function parseXlConf(text: string | Uint8Array, source: string, host: HostFacts): XlConf {
  const report = new Report();
  const settings = parse(text, source);
  const lookup = new Lookup(settings, report);
  const t = new Translation(settings, lookup, report, host, NO_RANDOM, {});
  const defaults: Writable<XlDefaults> = {};
  const hotplug = lookup.long('run_hotplug_scripts');
  if (hotplug !== undefined) defaults.runHotplugScripts = hotplug !== 0n;
  defaults.vif = vifDefaults(t);
  put(defaults, 'blkdevStart', lookup.string('blkdev_start'));
  const claim = lookup.long('claim_mode');
  if (claim !== undefined) defaults.claimMode = claim !== 0n;
  put(defaults, 'maxGrantFrames', limit(t, 'max_grant_frames'));
  put(defaults, 'maxMaptrackFrames', limit(t, 'max_maptrack_frames'));
  put(defaults, 'maxGrantVersion', limit(t, 'max_grant_version'));
  defaults.cpuMasks = cpuMasks(t);
  return { defaults, messages: report.messages };
}

// Nothing in xl.conf is left to chance.
const NO_RANDOM = { uuid: () => '', bytes: (count: number) => new Uint8Array(count) };

function parse(text: string | Uint8Array, source: string) {
  try {
    return parseXlConfig(text, source);
  } catch (e) {
    if (!(e instanceof XlConfigError)) throw e;
    const messages = [...e.messages.slice(0, -1), 'Failed to parse config file: Invalid argument\n'];
    throw new XlConfigError(messages, e.rc, e.problems);
  }
}

function vifDefaults(t: Translation): XlDefaults['vif'] {
  const vif: Writable<NonNullable<XlDefaults['vif']>> = {};
  for (const [member, old] of [
    ['script', 'vifscript'],
    ['bridge', 'defaultbridge'],
  ] as const) {
    const before = t.lookup.string(old);
    if (before !== undefined) {
      t.say(`the global config option ${old} is deprecated, please switch to vif.default.${member}`);
    }
    put(vif, member, t.lookup.string(`vif.default.${member}`) ?? before);
  }
  put(vif, 'gatewaydev', t.lookup.string('vif.default.gatewaydev'));
  put(vif, 'backend', t.lookup.string('vif.default.backend'));
  return vif;
}

const INT_MAX = 0x7fff_ffffn;

// As in a guest's configuration, stock ends without a word where a number is out of its bounds.
function limit(t: Translation, key: string): number | undefined {
  const found = t.lookup.boundedLong(key, 0n, INT_MAX);
  if (found === 'unusable') throw t.refuse(EXIT_FAILURE);
  return found === 'absent' ? undefined : Number(found);
}

function cpuMasks(t: Translation): NonNullable<XlDefaults['cpuMasks']> {
  const masks: Writable<NonNullable<XlDefaults['cpuMasks']>> = {};
  for (const [kind, key] of [
    ['vm', 'vm.cpumask'],
    ['hvm', 'vm.hvm.cpumask'],
    ['pv', 'vm.pv.cpumask'],
  ] as const) {
    const text = t.lookup.string(key);
    if (text !== undefined) put(masks, kind, parseCpuMap(t, text));
  }
  return masks;
}
