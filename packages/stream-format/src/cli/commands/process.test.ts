import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { streamPath } from '../../node/testing/streams.js';
import { BIN, shell } from '../testing/process.js';

// The built command, as a process of its own: pipes, signals, exit codes.
const STREAM = streamPath('xen-4.17-pv32.save.gz');
const SHA256 = '02b1fed2b1869b52b699fb6b66a5c79164a975b8bf1d3ba5176bcf558ed75b75';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'xen-stream-process-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the xen-stream process', () => {
  it('works on pipes: gunzip, copy, copy, verify', async () => {
    const { code, out, err } = await shell(
      `gunzip -c ${STREAM} | $XEN_STREAM copy - - | tee >(sha256sum >&2) | $XEN_STREAM verify - && wait`,
    );
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/^-: valid \(xl save file/) });
    expect(err).toContain(SHA256);
  });

  it('unpacks gzip from a pipe', async () => {
    const { code, out } = await shell(`$XEN_STREAM copy - - < ${STREAM} | sha256sum; $XEN_STREAM verify - < ${STREAM}`);
    expect(code).toBe(0);
    expect(out).toContain(SHA256);
    expect(out).toMatch(/-: valid/);
  });

  it('exits with 1 and an offset for a stream that is cut', async () => {
    const { code, out } = await shell(`gunzip -c ${STREAM} | head -c 5000000 | $XEN_STREAM verify -`);
    expect(code).toBe(1);
    expect(out).toMatch(/^error: offset 5000000: /);
  });

  it('says nothing when the reader of its report goes away, and still gives its verdict', async () => {
    const { out, err } = await shell(
      `set -o pipefail; ($XEN_STREAM inspect ${STREAM}; echo verdict $? >&2) | sleep 0; true`,
    );
    expect({ out, err }).toEqual({ out: '', err: 'verdict 0\n' });
  });

  it('fails when the reader of a copy goes away', async () => {
    const { out, err } = await shell(`($XEN_STREAM copy ${STREAM} -; echo exit $? >&2) | head -c 10 | wc -c`);
    expect(out.trim()).toBe('10');
    expect(err).toMatch(/nobody reads it any more[\s\S]*exit 2/);
  });

  it('says its version', async () => {
    const { code, out } = await shell('$XEN_STREAM --version');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^xen-stream \d+\.\d+\.\d+/) });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('%s in the middle of a copy leaves nothing', async (signal) => {
    const child = spawn(process.execPath, [BIN, 'copy', '-', join(folder, 'out')], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const ended = once(child, 'exit');
    child.stdin.on('error', () => {});
    // Half of the stream, then silence: the copy waits for more.
    const half = createReadStream(STREAM).pipe(createGunzip());
    let sent = 0;
    for await (const part of half as AsyncIterable<Buffer>) {
      child.stdin.write(part);
      sent += part.length;
      if (sent > 4_000_000) break;
    }
    while (readdirSync(folder).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill(signal);
    expect(await ended).toEqual([null, signal]);
    expect(readdirSync(folder)).toEqual([]);
    child.stdin.destroy();
  });
});
