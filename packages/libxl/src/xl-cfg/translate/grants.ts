import { EXIT_FAILURE, type Translation } from '../translation.js';
import type { Draft } from './draft.js';

const INT_MAX = 0x7fff_ffffn;

/** Grant tables, and whether the memory is claimed before the guest is built. */
export function translateGrants(t: Translation, { build }: Draft): void {
  const { defaults } = t;
  const frames = limit(t, 'max_grant_frames', defaults.maxGrantFrames);
  if (frames !== undefined) build.max_grant_frames = frames;
  const maptrack = limit(t, 'max_maptrack_frames', defaults.maxMaptrackFrames);
  if (maptrack !== undefined) build.max_maptrack_frames = maptrack;
  const version = limit(t, 'max_grant_version', defaults.maxGrantVersion);
  if (version !== undefined) build.max_grant_version = version;
  build.claim_mode = defaults.claimMode === false ? 'False' : 'True';
}

// Stock ends without a word where the number is out of its bounds.
function limit(t: Translation, key: string, fallback: number | undefined): number | undefined {
  const found = t.lookup.boundedLong(key, 0n, INT_MAX);
  if (found === 'absent') return fallback;
  if (found === 'unusable') throw t.refuse(EXIT_FAILURE);
  return Number(found);
}
