// npm run bench [-- SECTION ... SIZE_MIB ...]: builds, then prints our figures beside those of the peers, measured in the
// same run. Of all sections where none is named; each at its own sizes where none is given.
import { setup } from './setup.mjs';

setup();
const { bench, BENCH_SECTIONS } = await import('@xen-migration/test-harness');
const words = process.argv.slice(2);
const sections = words.filter((word) => BENCH_SECTIONS.includes(word));
const sizes = words.filter((word) => !sections.includes(word)).map(Number);
if (sizes.some((size) => !(size > 0))) {
  throw new Error(`neither a size in MiB nor one of the sections ${BENCH_SECTIONS.join(', ')}`);
}
const given = sizes.length > 0 ? sizes : undefined;
await bench(undefined, given, given, sections.length > 0 ? sections : undefined);
