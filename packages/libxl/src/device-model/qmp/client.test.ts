import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QmpClient } from './client.js';
import { MESSAGE_LIMIT } from './lines.js';
import type { QmpEvent } from './messages.js';

const GREETING = {
  QMP: { version: { qemu: { major: 7, minor: 2, micro: 22 }, package: 'test' }, capabilities: ['oob'] },
};

let directory: string;
let server: Server;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'qmp-'));
  path = join(directory, 'qmp');
});
afterEach(async () => {
  await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
  rmSync(directory, { recursive: true });
});

interface Request {
  readonly execute: string;
  readonly id: number;
  readonly arguments?: unknown;
}

/** A QEMU that does as it is told here; undefined: it answers as QEMU would. */
async function qemu(
  answer: (request: Request, say: (message: unknown) => void, socket: Socket) => boolean | undefined = () => undefined,
  greeting: string | undefined = JSON.stringify(GREETING),
): Promise<Request[]> {
  const seen: Request[] = [];
  server = createServer((socket) => {
    const say = (message: unknown) => socket.write(`${JSON.stringify(message)}\r\n`);
    socket.on('error', () => {});
    if (greeting !== undefined) socket.write(`${greeting}\r\n`);
    let rest = '';
    socket.on('data', (bytes) => {
      const lines = (rest + bytes.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const request = JSON.parse(line) as Request;
        seen.push(request);
        if (answer(request, say, socket) !== true) say({ return: {}, id: request.id });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return seen;
}

describe('QMP', () => {
  it('greets, negotiates, and gives every command its own id', async () => {
    const seen = await qemu();
    const client = await QmpClient.connect(path);
    expect(client.version).toEqual({ major: 7, minor: 2, micro: 22, package: 'test' });
    await Promise.all([client.execute({ execute: 'stop' }), client.execute({ execute: 'cont' })]);
    expect(seen.map(({ execute }) => execute)).toEqual(['qmp_capabilities', 'stop', 'cont']);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(3);
    client.close();
  });

  it('gives each answer to the one who asked, whatever their order, and events to those who listen', async () => {
    let first: Request | undefined;
    await qemu((request, say) => {
      if (request.execute === 'qmp_capabilities') return false;
      if (first === undefined) {
        first = request;
        return true;
      }
      say({ event: 'STOP', timestamp: {}, data: { reason: 'test' } });
      say({ return: 'second', id: request.id });
      say({ return: 'first', id: first.id });
      return true;
    });
    const client = await QmpClient.connect(path);
    const events: QmpEvent[] = [];
    const stop = client.onEvent(({ name, data }) => events.push({ name, data }));
    const answers = [client.execute({ execute: 'query-status' }), client.execute({ execute: 'query-migrate' })];
    expect(await Promise.all(answers)).toEqual(['first', 'second']);
    expect(events).toEqual([{ name: 'STOP', data: { reason: 'test' } }]);
    stop();
    client.close();
  });

  it('takes messages in pieces, and several at once', async () => {
    await qemu((request, _say, socket) => {
      if (request.execute === 'qmp_capabilities') return false;
      const text = Buffer.from(
        `{"event":"RESUME"}\r\n{"return":{"status":"läuft","running":true},"id":${request.id}}\r\n`,
      );
      socket.write(text.subarray(0, 50));
      setTimeout(() => socket.write(text.subarray(50)), 20);
      return true;
    });
    const client = await QmpClient.connect(path);
    expect(await client.status()).toEqual({ status: 'läuft', running: true });
    client.close();
  });

  it.each([
    ['GenericError', 'ERROR_QMP_GENERIC_ERROR'],
    ['CommandNotFound', 'ERROR_QMP_COMMAND_NOT_FOUND'],
    ['DeviceNotActive', 'ERROR_QMP_DEVICE_NOT_ACTIVE'],
    ['DeviceNotFound', 'ERROR_QMP_DEVICE_NOT_FOUND'],
    ['Surprise', 'ERROR_UNKNOWN_QMP_ERROR'],
  ])('an error of class %s is %s, and the connection goes on', async (name, code) => {
    await qemu(({ execute, id }, say) => {
      if (execute !== 'stop') return false;
      say({ error: { class: name, desc: 'it may not be' }, id });
      return true;
    });
    const client = await QmpClient.connect(path);
    await expect(client.execute({ execute: 'stop' })).rejects.toMatchObject({
      code,
      message: 'QEMU refused stop: it may not be',
    });
    await client.execute({ execute: 'cont' });
    client.close();
  });

  it('a command that takes too long is given up, and its late answer nobody hears', async () => {
    await qemu(({ execute, id }, say) => {
      if (execute === 'stop') setTimeout(() => say({ return: 'late', id }), 150);
      return execute === 'stop';
    });
    const client = await QmpClient.connect(path);
    await expect(client.execute({ execute: 'stop' }, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'ERROR_TIMEDOUT',
      message: 'QEMU did not send the reply to stop within 0.05 s',
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await client.execute({ execute: 'cont' })).toEqual({});
    client.close();
  });

  it('a socket without a greeting, as that of a QEMU that speaks with somebody else, is given up', async () => {
    await qemu();
    server.removeAllListeners('connection');
    await expect(QmpClient.connect(path, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'ERROR_TIMEDOUT' });
  });

  it('where nobody listens it is not ready', async () => {
    await expect(QmpClient.connect(path)).rejects.toMatchObject({ code: 'ERROR_NOT_READY' });
  });

  it('where a QEMU dies before it greets it is not ready either', async () => {
    await qemu();
    server.removeAllListeners('connection');
    server.on('connection', (socket) => socket.destroy());
    await expect(QmpClient.connect(path)).rejects.toMatchObject({ code: 'ERROR_NOT_READY' });
  });

  it('the end of the socket ends whatever is awaited, and is told', async () => {
    await qemu(({ execute }, _say, socket) => {
      if (execute !== 'quit') return execute === 'stop';
      socket.destroy();
      return true;
    });
    const client = await QmpClient.connect(path);
    const ended = new Promise((resolve) => client.ended.addEventListener('abort', resolve));
    const stopping = client.execute({ execute: 'stop' });
    const quitting = client.execute({ execute: 'quit' });
    await expect(stopping).rejects.toMatchObject({ code: 'ERROR_FAIL', message: 'QEMU has closed its socket' });
    await expect(quitting).rejects.toMatchObject({ code: 'ERROR_FAIL' });
    await ended;
    await expect(client.execute({ execute: 'cont' })).rejects.toMatchObject({ code: 'ERROR_FAIL' });
  });

  it('can be cancelled', async () => {
    await qemu(({ execute }) => execute === 'stop');
    const client = await QmpClient.connect(path);
    const cancel = new AbortController();
    const stopping = client.execute({ execute: 'stop' }, { signal: cancel.signal });
    cancel.abort();
    await expect(stopping).rejects.toMatchObject({ code: 'ERROR_ABORTED' });
    await expect(client.execute({ execute: 'cont' }, { signal: cancel.signal })).rejects.toMatchObject({
      code: 'ERROR_ABORTED',
    });
    client.close();
  });

  it.each([
    ['what is no JSON', 'SSH-2.0-OpenSSH_9.2'],
    ['what is no object', '[1, 2]'],
    ['an object of its own', '{"hello": "world"}'],
    ['what has no end', 'x'.repeat(MESSAGE_LIMIT + 1)],
  ])('refuses %s', async (_what, greeting) => {
    await qemu(undefined, greeting);
    await expect(QmpClient.connect(path)).rejects.toMatchObject({ code: 'ERROR_PROTOCOL_ERROR_QMP' });
  });

  it.each([
    ['a reply to nothing', { return: {} }],
    ['an error for nothing', { error: { class: 'GenericError', desc: 'bad JSON' } }],
    ['a second greeting', GREETING],
  ])('%s ends the connection', async (_what, message) => {
    await qemu(({ execute }, say) => {
      if (execute === 'stop') say(message);
      return execute === 'stop';
    });
    const client = await QmpClient.connect(path);
    await expect(client.execute({ execute: 'stop' })).rejects.toMatchObject({ code: 'ERROR_PROTOCOL_ERROR_QMP' });
  });

  it('a status that is none is said to be none', async () => {
    await qemu(({ execute, id }, say) => {
      if (execute === 'query-status') say({ return: { status: 7 }, id });
      return execute === 'query-status';
    });
    const client = await QmpClient.connect(path);
    await expect(client.status()).rejects.toMatchObject({ code: 'ERROR_QEMU_API' });
    client.close();
  });
});
