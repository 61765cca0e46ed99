import { ByteReader } from '../bytes/byte-reader.js';
import { byteSource } from '../bytes/byte-source.js';
import { type VerifyReport, verifyStream } from '../verify/verify-stream.js';
import type { ChainFile } from './chain-file.js';
import { mergedChain } from './merge.js';

/**
 * Whether every point of a chain can be restored: each is merged, as a restore would, and what comes out is verified.
 *
 * @returns one report for each file, in order
 * @throws ChainError where the files are no chain
 */
export async function verifyChain(files: readonly ChainFile[]): Promise<VerifyReport[]> {
  const reports: VerifyReport[] = [];
  for (let count = 1; count <= files.length; count++) {
    reports.push(await verifyStream(new ByteReader(byteSource(mergedChain(files.slice(0, count))))));
  }
  return reports;
}
