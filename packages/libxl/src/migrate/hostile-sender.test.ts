import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { byteSource, encodeXlHeader, LibxcWriter, LibxlWriter, MemorySink } from '@xen-migration/stream-format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatDomainConfig, type LibxlDomainConfig } from '../config/index.js';
import { listDomains } from '../domain/list.js';
import { EmulatorRecords } from '../stream/emulator-state.js';
import { saveFileHeader } from '../stream/save-file-header.js';
import { guestConfig, type TestHost, testHost } from '../testing/test-host.js';
import { requireAuthenticatedInput } from './authenticated-input.js';
import { receiveMigration } from './receive.js';

let test: TestHost;
beforeAll(async () => {
  test = await testHost(64);
});
afterAll(() => test.close());

const config = guestConfig('hostile');
const header = (from: LibxlDomainConfig = config) => Buffer.from(encodeXlHeader(saveFileHeader(from, 0)));
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** The JSON of the configuration is text that its writer chose. */
function headerOf(json: string): Buffer {
  const text = Buffer.from(`${json}\0`);
  const plain = header();
  const good = formatDomainConfig(config);
  const fixed = plain.subarray(0, plain.indexOf(good) - 8);
  const bytes = Buffer.concat([fixed, u32(text.length + 4), u32(text.length), text]);
  return bytes;
}

async function libxlStart(): Promise<Buffer> {
  const sink = new MemorySink();
  await new LibxlWriter(sink).headers({ endian: 'little', legacy: false });
  return Buffer.from(sink.bytes());
}

async function libxcStart(): Promise<Buffer> {
  const sink = new MemorySink();
  const libxl = new LibxlWriter(sink);
  await libxl.headers({ endian: 'little', legacy: false });
  await libxl.record({ type: 'LIBXC_CONTEXT' });
  await new LibxcWriter(sink).headers({
    version: 3,
    endian: 'little',
    guestType: 'pv',
    pageShift: 12,
    xenMajor: 4,
    xenMinor: 17,
  });
  return Buffer.from(sink.bytes());
}

async function refused(...sent: Uint8Array[]): Promise<Error> {
  const before = process.memoryUsage().rss;
  const connection = { source: byteSource(Buffer.concat(sent)), sink: { async writev() {} }, close() {} };
  const error = await receiveMigration({ host: test.host, connection }).catch((e: unknown) => e as Error);
  if (!(error instanceof Error)) throw new Error('it was received');
  expect(process.memoryUsage().rss - before).toBeLessThan(600 * 2 ** 20);
  expect(await listDomains(test.host)).toEqual([]);
  return error;
}

describe('a size that a sender declares', () => {
  it('of the optional data: 16 MiB at most', async () => {
    const plain = header();
    const at = plain.indexOf(formatDomainConfig(config)) - 8;
    const huge = Buffer.concat([plain.subarray(0, at), u32(0xffff_ffff), plain.subarray(at + 4)]);
    expect((await refused(huge)).message).toContain('optional data of 4294967295 bytes, at most 16777216');
  });

  it('of the configuration: no more than the optional data, and nothing that is no configuration', async () => {
    const plain = header();
    const at = plain.indexOf(formatDomainConfig(config)) - 4;
    const beyond = Buffer.concat([plain.subarray(0, at), u32(0x7fff_ffff), plain.subarray(at + 4)]);
    expect((await refused(beyond)).message).toMatch(/config/);
    await refused(headerOf('['.repeat(4 * 2 ** 20)));
    await refused(headerOf(`{"c_info":${'{"a":'.repeat(100_000)}`));
    await refused(headerOf('[]'));
    await refused(headerOf('{"c_info":{"name":"x"},"b_info":[]}'));
  });

  it('of a record of libxl: 128 MiB at most', async () => {
    const record = Buffer.concat([u32(2), u32(0xffff_fff0)]);
    expect((await refused(header(), await libxlStart(), record)).message).toMatch(/4294967280 is beyond 134217728/);
  });

  it('of a record of libxc: 128 MiB at most', async () => {
    const record = Buffer.concat([u32(3), u32(0xffff_fff0)]);
    expect((await refused(header(), await libxcStart(), record)).message).toMatch(/4294967280 is beyond 134217728/);
  });

  it('of memory and processors: what this host has', async () => {
    const { b_info } = config;
    for (const changes of [{ max_memkb: 2 ** 40, target_memkb: 2 ** 40 }, { max_vcpus: 1_000_000 }]) {
      const error = await refused(header({ ...config, b_info: { ...b_info, ...changes } }), await libxcStart());
      expect(error.message).not.toMatch(/truncated/i);
    }
  });

  it('of what a device model has to say: 256 MiB in all, however it is divided', () => {
    const emulator = new EmulatorRecords();
    const record = { type: 'EMULATOR_CONTEXT', emulatorId: 2, index: 0, data: new Uint8Array(0) } as const;
    expect(() => {
      for (let i = 0; i < 2_000_000; i++) emulator.add(record, i);
    }).toThrow('offset 1048576: a record EMULATOR_CONTEXT beyond what is accepted in all, 256 MiB');
  });
});

describe('a stream of nobody', () => {
  it('on a TCP connection is refused; one on a pipe or a local socket may be a sender', async () => {
    // What a process does with descriptor 0 as inetd gives it.
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const accepted = once(server, 'connection');
    const client = connect(port, '127.0.0.1');
    const [socket] = (await accepted) as [Socket & { _handle: { fd: number } }];
    try {
      expect(() => requireAuthenticatedInput(socket._handle.fd)).toThrow('nobody has authenticated who');
    } finally {
      client.destroy();
      socket.destroy();
      server.close();
    }
    const child: ChildProcess = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    const local = (child.stdin as unknown as { _handle: { fd: number } })._handle.fd;
    expect(() => requireAuthenticatedInput(local)).not.toThrow();
    child.stdin?.end();
    await once(child, 'exit');
  });
});
