import { leadingStrings } from '../settings.js';
import { EXIT_FAILURE, type Translation } from '../translation.js';
import { parseDiskSpec } from './disk-spec.js';
import type { Draft } from './draft.js';

export function translateDisks(t: Translation, { rest }: Draft): void {
  const list = t.lookup.list('disk');
  if (list === undefined) return;
  rest.disks = leadingStrings(list).map((spec) => {
    const disk = parseDiskSpec(spec, (message, near) => {
      const place = near === undefined ? '' : `: near \`${near}'`;
      t.say(`${t.source}: config parsing error in disk specification: ${message}${place} in \`${spec}'`);
    });
    if (disk === undefined) throw t.refuse(EXIT_FAILURE);
    return disk;
  });
}
