import { KEYS } from './keys.js';
import type { XlSettings } from './settings.js';

/** A line for each key that xl.cfg does not have, with the nearest one that it has. */
export function unknownKeyWarnings(settings: XlSettings): string[] {
  const warnings: string[] = [];
  for (const name of settings.names()) {
    const setting = settings.get(name);
    if (setting === undefined || Object.hasOwn(KEYS, name)) continue;
    const nearest = nearestKey(name);
    const hint = nearest === undefined ? '' : `; did you mean \`${nearest}'?`;
    warnings.push(`${settings.source}:${setting.line}: warning: unknown parameter \`${name}'${hint}`);
  }
  return warnings;
}

/** The key with the fewest edits, where these are few for its length. */
export function nearestKey(name: string): string | undefined {
  const limit = Math.max(2, Math.ceil(name.length / 3));
  let best: string | undefined;
  let fewest = limit + 1;
  for (const key of Object.keys(KEYS)) {
    if (Math.abs(key.length - name.length) >= fewest) continue;
    const edits = editDistance(name, key);
    if (edits >= fewest) continue;
    fewest = edits;
    best = key;
  }
  return best;
}

/** Insertions, deletions, replacements, and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
