import { cpus } from 'node:os';
import { benchConvertLegacy } from './convert-legacy.js';
import { benchDowntime } from './downtime.js';
import { benchMigrate } from './migrate.js';
import { formatTable } from './table.js';
import { benchTransfer } from './transfer.js';
import { benchVerify, benchVerifyRecords } from './verify.js';

const SIZES_MIB = [256, 1024, 4096];
const DOWNTIME_SIZES_MIB = [256, 1024, 4096, 8192];
/** Beyond, nothing new is learnt. */
const LEGACY_MAX_MIB = 1024;

/** Measures everything beside its peer in one run, and prints each table as it is there. */
export async function bench(
  print: (text: string) => void = console.log,
  sizes: readonly number[] = SIZES_MIB,
  downtimeSizes: readonly number[] = DOWNTIME_SIZES_MIB,
): Promise<void> {
  print(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}; best of 3; in memory (tmpfs)`);
  if (process.env.NODE_EXTRA_CA_CERTS) print('NODE_EXTRA_CA_CERTS, which slows each start of Node, is left out');
  print(`\nVerify\n${formatTable([...(await benchVerify(sizes)), ...(await benchVerifyRecords())])}`);
  print(`\nLegacy streams\n${formatTable(await benchConvertLegacy(sizes.filter((size) => size <= LEGACY_MAX_MIB)))}`);
  print(`\nMigration between two hosts of this machine\n${formatTable(await benchMigrate(sizes))}`);
  print(`\nSave and restore\n${formatTable(await benchTransfer(sizes))}`);
  print(`\nDowntime\n${formatTable(await benchDowntime(downtimeSizes))}`);
}
