import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BenchHost, HOST_SPARE } from './bench-host.js';
import { runOnce } from './measure.js';
import { memoryRow, mib, type Row } from './table.js';
import { inMemory, whereItFits, XL } from './workspace.js';

const KINDS = ['pv', 'hvm'] as const;

/** Private memory of all processes of a save, a restore, and each end of a live migration, at its highest. */
export async function benchMemory(sizesMib: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const kind of KINDS) {
    for (const size of sizesMib) {
      const measure = () => inMemory('memory', (folder) => measured(folder, kind, size));
      // The guest, and its file or its copy.
      rows.push(...(await whereItFits(`private memory, ${kind}`, size, size * 2.2 + 2 * HOST_SPARE, measure)));
    }
  }
  return rows;
}

async function measured(folder: string, kind: 'pv' | 'hvm', size: number): Promise<Row[]> {
  const here = new BenchHost(join(folder, 'here'), size);
  const there = new BenchHost(join(folder, 'there'), size);
  const file = join(folder, 'vm.save');
  await here.createFull(kind, size);
  const saved = await here.xlWatched('save', 'vm', file);
  const restored = await here.xlWatched('restore', '-e', '-p', file);
  await runOnce({ words: ['rm', file] });
  await here.xl('unpause', 'vm');
  await here.guestSays(/intact/);
  const command = join(folder, 'to-there.sh');
  const env = Object.entries(there.env).map(([name, value]) => `${name}='${value}'`);
  const words = XL.map((word) => `'${word}'`);
  // HOST xl ARGUMENTS
  writeFileSync(command, `#!/bin/sh\nshift 2\nexec env ${[...env, ...words].join(' ')} "$@"\n`, { mode: 0o700 });
  // The host itself is none of the receiver's.
  await there.xl('list');
  const migrated = await runOnce({
    words: [...XL, 'migrate', '-e', '-s', command, 'vm', 'there'],
    env: here.env,
    watchMemory: true,
    apart: 'migrate-receive',
  });
  await there.xl('destroy', 'vm');
  await Promise.all([here.ended(), there.ended()]);
  const row = (what: string, privateMib: number) =>
    memoryRow(`${what}, ${kind}: private memory, all its processes`, mib(size), privateMib);
  return [
    row('xl save', saved.privateMib),
    row('xl restore', restored.privateMib),
    row('xl migrate, its source', migrated.privateMib),
    row('xl migrate, its target', migrated.apartMib),
  ];
}
