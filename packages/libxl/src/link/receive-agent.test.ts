import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { LinkEndpoint } from './endpoint.js';
import { linkIdBytes, MAX_STREAMS } from './plan.js';
import { patienceMs, runReceiveAgent } from './receive-agent.js';

const ID = '00112233445566778899aabbccddeeff';
const directory = mkdtempSync(join(tmpdir(), 'libxl-link-'));
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  rmSync(directory, { recursive: true, force: true });
});

/** Joins as any process can that reaches the socket, and says nothing. */
async function joinLink(path: string): Promise<{ readonly closed: () => boolean; readonly socket: Socket }> {
  const socket = connect({ path });
  sockets.push(socket);
  let closed = false;
  socket.on('error', () => {});
  socket.once('close', () => {
    closed = true;
  });
  await once(socket, 'connect');
  return { socket, closed: () => closed };
}

describe('the agent of a receiver', () => {
  it('takes no more connections than a link needs, and ends as its receiver does', async () => {
    const there = new PassThrough();
    const back = new PassThrough();
    const sender = new LinkEndpoint({
      id: linkIdBytes(ID),
      compress: false,
      delivery: { data: async () => {}, end: async () => {} },
    });
    const path = join(directory, 'link');
    let ready = () => {};
    const isReady = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const agent = runReceiveAgent(
      { id: ID, socket: path, receiver: { command: '/bin/cat', args: [] } },
      {
        connection: { input: there, output: back, destroy: () => void there.destroy() },
        onInterrupt: () => {},
        ready: () => ready(),
        over: () => {},
      },
    );
    void sender.attach({ input: back, output: there, destroy: () => void back.destroy() });
    await isReady;

    const allowed = [];
    for (let i = 0; i < 2 * MAX_STREAMS; i++) allowed.push(await joinLink(path));
    const more = await joinLink(path);
    if (!more.closed()) await once(more.socket, 'close');
    expect(allowed.filter(({ closed }) => closed())).toEqual([]);

    await sender.end(0);
    await sender.finished;
    for (const { socket } of allowed) socket.destroy();
    there.end();
    await agent;
  });

  it('waits for a broken link as long as its sender tries and somewhat longer, ten minutes at most', () => {
    expect(patienceMs(undefined)).toBe(30_000);
    expect(patienceMs(60_000)).toBe(70_000);
    expect(patienceMs(2 ** 32 * 1000)).toBe(600_000);
  });
});
