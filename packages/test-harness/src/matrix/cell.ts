import type { DomainSummary } from '@xen-migration/libxl';
import type { Column } from './axes.js';
import { type GuestShape, guestConfig } from './guests.js';
import { describeDomains, type HostSettings, MatrixHost } from './host/matrix-host.js';
import { selfCheck } from './host/self-check.js';
import { Trial, type TrialSetting } from './trial.js';

export interface CellSetting extends TrialSetting {
  readonly column: Column;
  readonly here: MatrixHost;
  readonly there: MatrixHost;
}

/** What a cell does with its guest, in the words that its log repeats. Its files are kept where it fails. */
export class Cell extends Trial {
  readonly name = 'vm';
  private readonly others: MatrixHost[] = [];

  constructor(readonly setting: CellSetting) {
    super(setting);
  }

  get here(): MatrixHost {
    return this.setting.here;
  }

  get there(): MatrixHost {
    return this.setting.there;
  }

  /** A guest that runs and has booted. @returns its domid */
  async create(host = this.here, shape: Partial<GuestShape> = {}): Promise<number> {
    return this.createGuest(host, this.setting.column, { name: this.name, ...shape });
  }

  /** So much of the host's memory is taken by another guest that only this much is left. */
  async fill(host: MatrixHost, leaveMib: number): Promise<void> {
    const { libxl } = this.setting.packages;
    const { freePages } = await host.host.hypervisor.info();
    const memoryMib = Math.floor(freePages / 256) - leaveMib;
    const config = guestConfig({ guest: 'pvh' }, { name: 'filler', memoryMib, vcpus: 1 }, this.setting.programs);
    await libxl.createDomain({ host: host.host, config });
    this.log(`filled ${host.name}: ${memoryMib} MiB are another guest's, which is paused`);
  }

  async unfill(host: MatrixHost): Promise<void> {
    const filler = (await host.domains()).find(({ name }) => name === 'filler');
    if (filler !== undefined) await this.setting.packages.libxl.destroyDomain(host.host, filler.domid);
  }

  /** The domains of that host, but for fillers. */
  async domains(host: MatrixHost): Promise<DomainSummary[]> {
    return (await host.domains()).filter(({ name }) => name !== 'filler');
  }

  /** The one domain that is there. */
  async only(host: MatrixHost): Promise<DomainSummary> {
    const domains = await this.domains(host);
    if (domains.length === 1 && domains[0] !== undefined) return domains[0];
    throw new Error(`${domains.length} domains are ${host.name}, not one: ${describeDomains(domains)}`);
  }

  /**
   * The guest runs on that host, alone and under its name; it answers, and has lost nothing, and so does its device model.
   * The other host has nothing of it.
   */
  async runsAt(host: MatrixHost): Promise<void> {
    const vm = await this.eventually(`${this.name} runs ${host.name}, alone`, async () => {
      const domains = await this.domains(host);
      const [domain] = domains;
      const well = domains.length === 1 && domain?.name === this.name && !domain.paused && !domain.shutdown;
      return well ? domain : undefined;
    });
    await this.isWell(host, vm.domid);
    const other = host === this.here ? this.there : this.here;
    await this.nothingAt(other);
  }

  async isWell(host: MatrixHost, domid: number): Promise<void> {
    const writes = await selfCheck(this.setting.packages, host, domid);
    this.log(`the guest runs ${host.name} (domain ${domid}): ${writes} writes, 0 lost`);
    const { deviceModel } = this.setting.column;
    if (deviceModel === undefined || deviceModel === 'none') return;
    await this.eventually('one device model', async () => host.processes('device model').length === 1);
  }

  /** Nothing of the guest is on that host: no domain, file, node, process or page. */
  async nothingAt(host: MatrixHost): Promise<void> {
    const filled = (await host.domains()).some(({ name }) => name === 'filler');
    if (filled) {
      await this.eventually(`no domain ${host.name}`, async () => (await this.domains(host)).length === 0);
      return;
    }
    const left = await host.settledLeftovers();
    if (left.length > 0) throw new Error(`left ${host.name}: ${left.join('; ')}`);
  }

  /** A host for this cell alone. */
  async openHost(settings: Omit<HostSettings, 'seed'>): Promise<MatrixHost> {
    const host = await MatrixHost.open(this.setting.packages, { ...settings, seed: this.choices.between(1, 2 ** 30) });
    this.others.push(host);
    return host;
  }

  /** Ends what is left of it. @returns what stays on its hosts all the same */
  async end(): Promise<string[]> {
    await this.endCommands();
    const left: string[] = [];
    for (const host of [this.here, this.there, ...this.others]) {
      left.push(...(await host.clear()).map((what) => `${host.name}: ${what}`));
    }
    for (const host of this.others) await host.close();
    return left;
  }

  protected override async picture(): Promise<string> {
    const parts = [this.here, this.there].map(
      async (host) => `${host.name}: ${describeDomains(await host.domains()) || 'no domain'}`,
    );
    return (await Promise.all(parts)).join('; ');
  }
}
