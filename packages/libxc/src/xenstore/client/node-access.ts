import { isXenstoreError, XenstoreError, type XenstoreErrorPlace } from '../errors.js';
import { decodeStrings, decodeText, encodeStrings, encodeText, type MessageName } from '../wire.js';
import type { Requests } from './requests.js';

/** Nodes, as a connection or a transaction sees them. Paths are absolute. All calls throw XenstoreError. */
export class NodeAccess {
  constructor(
    protected readonly requests: Requests,
    private readonly transactionId: number,
  ) {}

  /** The node's value as text. @throws XenstoreError ENOENT, EACCES */
  async read(path: string): Promise<string> {
    return decodeText(await this.readBytes(path));
  }

  /** The node's value. @throws XenstoreError ENOENT, EACCES */
  readBytes(path: string): Promise<Uint8Array> {
    return this.ask('READ', path);
  }

  /** Sets the value; the node and those above it are made where they are not there. */
  async write(path: string, value: string | Uint8Array): Promise<void> {
    const bytes = typeof value === 'string' ? encodeText(value) : value;
    await this.ask('WRITE', path, bytes);
  }

  /** Makes the node, and those above it; nothing happens where it is there. */
  async mkdir(path: string): Promise<void> {
    await this.ask('MKDIR', path);
  }

  /** Removes the node with all below it; it need not be there, its parent must. @throws XenstoreError ENOENT */
  async rm(path: string): Promise<void> {
    await this.ask('RM', path);
  }

  /** Names of the children. @throws XenstoreError ENOENT, EACCES */
  async directory(path: string): Promise<string[]> {
    try {
      return decodeStrings(await this.ask('DIRECTORY', path));
    } catch (e) {
      if (isXenstoreError(e, 'E2BIG')) return this.longDirectory(path);
      throw e;
    }
  }

  /** 'n0', 'r3' ...: the first names the owner, and what all may who are not named after it. */
  async getPermissions(path: string): Promise<string[]> {
    return decodeStrings(await this.ask('GET_PERMS', path));
  }

  async setPermissions(path: string, permissions: readonly string[]): Promise<void> {
    await this.ask('SET_PERMS', path, encodeStrings(...permissions));
  }

  /** By parts, anew whenever the list changed between two of them. */
  private async longDirectory(path: string): Promise<string[]> {
    for (;;) {
      const names: string[] = [];
      let generation: string | undefined;
      for (let offset = 0; ; ) {
        const [is = '', ...part] = decodeStrings(await this.ask('DIRECTORY_PART', path, encodeStrings(String(offset))));
        generation ??= is;
        if (is !== generation) break;
        // The end of the list is an empty name.
        const whole = part.at(-1) === '';
        if (whole) part.pop();
        names.push(...part);
        offset += encodeStrings(...part).length;
        if (whole) return names;
        // It would be asked for ever.
        if (part.length === 0)
          throw new XenstoreError('EPROTO', { operation: 'DIRECTORY_PART', path }, 'no part of a list');
      }
    }
  }

  private async ask(name: MessageName, path: string, rest: Uint8Array = new Uint8Array(0)): Promise<Uint8Array> {
    requireNoNul([path], { operation: name, path });
    const payload = Buffer.concat([encodeStrings(path), rest]);
    return this.requests.perform({ name, payload, transactionId: this.transactionId, path });
  }
}

/** A NUL would end the text where xenstored reads it. @throws XenstoreError EINVAL */
export function requireNoNul(texts: readonly string[], place: XenstoreErrorPlace): void {
  if (texts.some((text) => text.includes('\0'))) throw new XenstoreError('EINVAL', place, 'a NUL in the text');
}
