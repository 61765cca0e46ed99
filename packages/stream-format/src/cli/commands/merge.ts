import { size } from '../../analyse/numbers.js';
import { BufferedSink } from '../../bytes/buffered-sink.js';
import { mergeChain } from '../../chain/merge.js';
import { chainFile } from '../../node/index.js';
import { UsageError } from '../arguments.js';
import { defineCommand, JSON_OPTION } from '../command.js';
import { withOutput } from '../files.js';
import { json } from '../json.js';

export const merge = defineCommand({
  name: 'merge',
  summary: 'Makes one ordinary save file of a base and the incremental saves that build upon it',
  description: [
    'The files are those of xl save --base and xl save --incremental, in their order: each builds upon the one before ' +
      'it. OUT holds the guest as it was at the last of them, and stock Xen restores it too. They are read where they ' +
      'are, in any order, and so must be files, not compressed.',
    'OUT appears whole or not at all, with mode 0600. It may be one of the files.',
  ],
  operands: [
    { name: 'BASE', help: 'what xl save --base wrote' },
    { name: 'DELTA', help: 'what xl save --incremental wrote', many: true },
  ],
  options: {
    out: { type: 'string', short: 'o', placeholder: 'OUT', help: 'file to write; - for standard output' },
    'as-base': { type: 'boolean', help: 'let further incremental saves build upon OUT' },
    ...JSON_OPTION,
  },
  exitCodes: {
    0: 'OUT was written',
    1: 'the files are no chain, or one is not what the format says; OUT was not made',
    2: 'a file could not be read or written, or the command was wrong',
  },
  badStream: 1,
  async run(paths, { out, 'as-base': asBase, json: asJson }, terminal) {
    if (out === undefined) throw new UsageError('--out is missing');
    if (asJson && out === '-') throw new UsageError('--json and --out - both want the standard output');
    const files: ReturnType<typeof chainFile>[] = [];
    let bytes = 0;
    try {
      for (const path of paths) files.push(chainFile(path));
      const points = await withOutput(out, async ({ sink }) => {
        const buffered = new BufferedSink({
          writev(parts) {
            for (const part of parts) bytes += part.length;
            return sink.writev(parts);
          },
        });
        const merged = await mergeChain(files, buffered, { asBase });
        await buffered.flush();
        return merged;
      });
      if (asJson) await terminal.out(json({ out, bytes, points }));
      else if (out !== '-') await terminal.out(`${out}: ${size(bytes)}, merged from ${paths.length} files\n`);
      return 0;
    } finally {
      for (const file of files) file.close();
    }
  },
});
