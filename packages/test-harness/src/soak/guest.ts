import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Column } from '../matrix/axes.js';
import type { MatrixHost } from '../matrix/host/matrix-host.js';

/** Where the one copy of a guest is: it runs on a host, or is in its file. */
export type Place = { readonly host: MatrixHost } | 'file';

const FILE = 'guest.save';

/** A guest of the soak, as it should be. */
export class SoakGuest {
  readonly folder: string;
  place: Place = 'file';
  /** Of the domain; kept when it moves, new when the guest is created anew. */
  uuid = '';
  /** What its self-check counted last. It never counts less: what ran before would run again. */
  writes = 0;
  private ranMs = 0;
  private runsSince: number | undefined;

  constructor(
    readonly number: number,
    public name: string,
    readonly column: Column,
    folder: string,
  ) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Where it is saved. */
  get file(): string {
    return join(this.folder, FILE);
  }

  /** Another file for it. */
  fileOf(name: string): string {
    return join(this.folder, name);
  }

  /** The host that it runs on. @throws Error where it is saved */
  get host(): MatrixHost {
    if (this.place === 'file') throw new Error(`${this.name} is saved`);
    return this.place.host;
  }

  /** Its domain there; undefined where it is not. */
  async domain() {
    return (await this.host.domains()).find(({ uuid }) => uuid === this.uuid);
  }

  get isSaved(): boolean {
    return this.place === 'file';
  }

  is(place: Place): void {
    const now = Date.now();
    if (this.runsSince !== undefined) this.ranMs += now - this.runsSince;
    this.runsSince = place === 'file' ? undefined : now;
    this.place = place;
  }

  /** For how long it ran, in all. */
  get hours(): number {
    const current = this.runsSince === undefined ? 0 : Date.now() - this.runsSince;
    return (this.ranMs + current) / 3_600_000;
  }

  /** What is in its folder. */
  files(): string[] {
    return readdirSync(this.folder).sort();
  }

  get kind(): string {
    const { guest, deviceModel } = this.column;
    return deviceModel === undefined || deviceModel === 'none' ? guest : `${guest} ${deviceModel}`;
  }
}
