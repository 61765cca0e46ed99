import type { LibxlDeviceDisk } from '../../config/index.js';
import { type DiskComplaint, DiskDraft } from './disk-draft.js';
import { longestMatch } from './disk-rules.js';

/** @returns undefined where the specification is wrong, after the complaints */
export function parseDiskSpec(spec: string, complain: DiskComplaint): LibxlDeviceDisk | undefined {
  const disk = new DiskDraft(complain);
  scan(spec, disk);
  return disk.failed ? undefined : disk.finish();
}

function scan(spec: string, disk: DiskDraft): void {
  for (let at = 0; at < spec.length; ) {
    const found = longestMatch(spec, at);
    if (found === undefined) {
      // At the very end of the text stock's scanner is silent.
      if (at + 1 < spec.length) disk.error('bad disk syntax', /^.[^\n]*/.exec(spec.slice(at))?.[0] ?? '');
      return;
    }
    const { rule, end } = found;
    const text = spec.slice(at, end);
    const goesOn = rule.act(disk, rule.cut !== undefined && text.endsWith(rule.cut) ? text.slice(0, -1) : text);
    if (goesOn === false) return;
    at = end;
  }
}
