// npm run bench [-- SECTION ... SIZE_MIB ...]: builds, then prints our figures beside those of the peers, measured in the
// same run. Of all sections where none is named; each at its own sizes where none is given. Section 'tables' measures what
// no package shows, and has one size.
import { spawnSync } from 'node:child_process';
import { root, setup } from './setup.mjs';

setup();
const { bench, BENCH_SECTIONS } = await import('@xen-migration/test-harness');
const words = process.argv.slice(2).filter((word) => word !== 'tables');
const tables = process.argv.includes('tables');
const sections = words.filter((word) => BENCH_SECTIONS.includes(word));
const sizes = words.filter((word) => !sections.includes(word)).map(Number);
if (sizes.some((size) => !(size > 0))) {
  throw new Error(`neither a size in MiB nor one of the sections ${BENCH_SECTIONS.join(', ')}, tables`);
}
const given = sizes.length > 0 ? sizes : undefined;
const all = sections.length === 0;
if (!all || !tables) await bench(undefined, given, given, all ? undefined : sections);
if (tables || all) {
  console.log('');
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', `${root}tools/bench-tables/main.ts`], {
    stdio: 'inherit',
    cwd: root,
  });
  process.exit(status ?? 1);
}
