import { connect } from 'node:tls';
import { readFrames } from '../link/carrier.js';
import { ChunkReader } from '../link/chunk-reader.js';
import { CHANNEL, FRAME_TYPE } from '../link/layouts.js';
import { pipe, writeTo } from '../link/pipes.js';
import { readTlsCredentials } from './credentials.js';
import { encodeRequest } from './request.js';
import type { TlsTarget } from './target.js';

/** What ssh ends with when it does not come to run anything. */
const FAILED = 255;
const CONNECT_MS = 20_000;

/**
 * Joins this process's standard input, output and error to a receiver at the target. The target's certificate must be
 * signed by our authority and name the host. @returns the receiver's exit status; 255 where there is none
 */
export async function runTlsClient(target: TlsTarget, args: readonly string[]): Promise<number> {
  const { host, port, directory } = target;
  const output = pipe(1, 'write');
  let status = FAILED;
  try {
    // The receiver goes on answering when its sender has said all. (Node's types do not have it.)
    const halfOpen = { allowHalfOpen: true };
    const socket = connect({ ...readTlsCredentials(directory), host, port, minVersion: 'TLSv1.3', ...halfOpen });
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error('no answer')));
    socket.once('secureConnect', () => {
      socket.setTimeout(0);
      socket.write(encodeRequest(args));
      pipe(0, 'read').pipe(socket);
    });
    await readFrames(new ChunkReader(socket), (frame, payload) => {
      if (frame.type === FRAME_TYPE.end) status = frame.value;
      else return writeTo(frame.channel === CHANNEL.text ? process.stderr : output, payload);
      return undefined;
    });
    if (status === FAILED) throw new Error('the connection was closed');
    socket.destroy();
  } catch (e) {
    process.stderr.write(`xl: TLS connection to ${host} port ${port}: ${e instanceof Error ? e.message : String(e)}\n`);
  }
  await new Promise<void>((resolve) => output.end(resolve));
  return status;
}
