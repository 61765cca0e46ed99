import { close, read, readv } from 'node:fs';
import { promisify } from 'node:util';
import type { ByteSource } from '../bytes/byte-source.js';
import { type Ready, WaitingDescriptor } from './ready.js';

const readAsync = promisify(read);
const readvAsync = promisify(readv);
const closeAsync = promisify(close);

/** A pipe, socket or terminal by its descriptor. @param ready of a socket that does not wait: when to read it again */
export function fdSource(fd: number, ready?: Ready): ByteSource {
  return new FdSource(fd, false, ready);
}

export class FdSource implements ByteSource {
  private readonly descriptor: WaitingDescriptor;

  constructor(
    private readonly fd: number,
    private readonly owned: boolean,
    ready?: Ready,
  ) {
    this.descriptor = new WaitingDescriptor(fd, 'read', ready);
  }

  async read(into: Uint8Array): Promise<number> {
    return (await this.descriptor.whenReady((fd) => readAsync(fd, into, 0, into.length, null))).bytesRead;
  }

  async readv(targets: Uint8Array[]): Promise<number> {
    return (await this.descriptor.whenReady((fd) => readvAsync(fd, targets, undefined))).bytesRead;
  }

  async close(): Promise<void> {
    this.descriptor.close();
    if (this.owned) await closeAsync(this.fd);
  }
}
