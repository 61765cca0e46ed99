import { cpus } from 'node:os';
import { benchConvertLegacy } from './convert-legacy.js';
import { benchDowntime } from './downtime.js';
import { benchMemory } from './memory.js';
import { benchMigrate } from './migrate.js';
import { formatTable, type Row } from './table.js';
import { benchTransfer } from './transfer.js';
import { benchVerify, benchVerifyRecords } from './verify.js';

const SIZES_MIB = [256, 1024, 4096];
const LARGE_SIZES_MIB = [256, 1024, 4096, 8192];
/** Beyond, nothing new is learnt. */
const LEGACY_MAX_MIB = 1024;

export type BenchSection = 'verify' | 'legacy' | 'migrate' | 'transfer' | 'memory' | 'downtime';

interface Section {
  readonly title: string;
  run(sizes: readonly number[], largeSizes: readonly number[]): Promise<Row[]>;
}

const SECTIONS: Readonly<Record<BenchSection, Section>> = {
  verify: {
    title: 'Verify',
    run: async (sizes) => [...(await benchVerify(sizes)), ...(await benchVerifyRecords())],
  },
  legacy: {
    title: 'Legacy streams',
    run: (sizes) => benchConvertLegacy(sizes.filter((size) => size <= LEGACY_MAX_MIB)),
  },
  migrate: { title: 'Migration between two hosts of this machine', run: benchMigrate },
  transfer: { title: 'Save and restore', run: benchTransfer },
  memory: { title: "Memory besides the guest's own", run: (_, largeSizes) => benchMemory(largeSizes) },
  downtime: { title: 'Downtime', run: (_, largeSizes) => benchDowntime(largeSizes) },
};

export const BENCH_SECTIONS = Object.keys(SECTIONS) as readonly BenchSection[];

/** Measures everything beside its peer in one run, and prints each table as it is there. */
export async function bench(
  print: (text: string) => void = console.log,
  sizes: readonly number[] = SIZES_MIB,
  largeSizes: readonly number[] = LARGE_SIZES_MIB,
  sections: readonly BenchSection[] = BENCH_SECTIONS,
): Promise<void> {
  print(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}; best of 3; in memory (tmpfs)`);
  if (process.env.NODE_EXTRA_CA_CERTS) print('NODE_EXTRA_CA_CERTS, which slows each start of Node, is left out');
  for (const name of sections) {
    const { title, run } = SECTIONS[name];
    print(`\n${title}\n${formatTable(await run(sizes, largeSizes))}`);
  }
}
