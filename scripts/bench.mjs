// npm run bench [-- SIZE_MIB ...]: builds, then prints our figures beside those of the peers, measured in the same run.
import { setup } from './setup.mjs';

setup();
const { bench } = await import('@xen-migration/test-harness');
const sizes = process.argv.slice(2).map(Number);
if (sizes.some((size) => !(size > 0))) throw new Error('sizes are numbers of MiB');
const given = sizes.length > 0 ? sizes : undefined;
await bench(undefined, given, given);
