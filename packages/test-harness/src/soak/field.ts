import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceModelPrograms } from '../matrix/guests.js';
import { MatrixHost, temporaryFolder } from '../matrix/host/matrix-host.js';
import { type PackagesUnderTest, packagesUnderTest } from '../matrix/packages.js';
import { deviceModelPrograms } from '../matrix/programs.js';

export interface FieldSettings {
  readonly seed: number;
  readonly guests: number;
  readonly memoryMib: number;
  /** The packages to be tried; default: those beside the harness. */
  readonly packages?: string;
}

/** So many of the operations of the busy host's hypervisor are refused for the moment. */
const INTERFERENCE = 0.02;
/** What a host needs beside its guests, MiB. */
const HOST_SPARE_MIB = 96;
/** Each host has room for two copies of every guest. */
const COPIES = 2.2;

/** Where a soak takes place: two hosts, of which one is busy, and a folder; all of it private, and counted. */
export class Field {
  private constructor(
    readonly packages: PackagesUnderTest,
    readonly programs: DeviceModelPrograms,
    readonly hosts: readonly MatrixHost[],
    /** Of each guest. */
    readonly memoryMib: number,
    private readonly folder: string,
    private readonly environmentBefore: string | undefined,
  ) {}

  static async open(settings: FieldSettings): Promise<Field> {
    const packages = await packagesUnderTest(settings.packages);
    const folder = temporaryFolder('xen-soak-');
    for (const name of ['tmp', 'guests', 'programs']) mkdirSync(join(folder, name));
    // Whatever a command leaves among temporary files is seen there.
    const before = process.env.TMPDIR;
    process.env.TMPDIR = join(folder, 'tmp');
    // Before the hosts are opened, which are told of no QEMU by the environment.
    const programs = deviceModelPrograms(join(folder, 'programs'));
    const memoryMib = Math.ceil(HOST_SPARE_MIB + settings.guests * settings.memoryMib * COPIES);
    const hosts: MatrixHost[] = [];
    for (const [name, interference] of [
      ['calm', 0],
      ['busy', INTERFERENCE],
    ] as const) {
      const seed = settings.seed + hosts.length;
      hosts.push(await MatrixHost.open(packages, { name, memoryMib, seed, interference }));
    }
    return new Field(packages, programs, hosts, settings.memoryMib, folder, before);
  }

  get temporary(): string {
    return join(this.folder, 'tmp');
  }

  guestFolder(name: string): string {
    return join(this.folder, 'guests', name);
  }

  /** For links, reports and the like of one operation. */
  operationFolder(number: number): string {
    return join(this.folder, `operation-${number}`);
  }

  /** The other one of both. */
  otherThan(host: MatrixHost): MatrixHost {
    const other = this.hosts.find((it) => it !== host);
    if (other === undefined) throw new Error('there is one host only');
    return other;
  }

  logs(): string {
    return this.hosts
      .map((host) => host.logs())
      .filter((text) => text !== '')
      .join('\n');
  }

  async close(): Promise<void> {
    for (const host of this.hosts) await host.close();
    if (this.environmentBefore === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = this.environmentBefore;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
