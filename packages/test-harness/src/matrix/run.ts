import { cpSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Choices, partSeed } from '../random.js';
import type { CellName, CellResult } from '../report/index.js';
import { Cell } from './cell.js';
import type { DeviceModelPrograms } from './guests.js';
import { MatrixHost, temporaryFolder } from './host/matrix-host.js';
import type { PackagesUnderTest } from './packages.js';
import type { PlannedCell } from './plan.js';

export interface RunSettings {
  readonly packages: PackagesUnderTest;
  readonly programs: DeviceModelPrograms;
  readonly seed: number;
  /** Cells at once. */
  readonly parallel?: number;
  /** Where the files of failed cells are kept. */
  readonly keepIn: string;
  /** Runs that cell alone again. */
  readonly commandOf: (cell: PlannedCell) => string;
  readonly onBegin?: (cell: PlannedCell) => void;
  readonly onEnd?: (result: CellResult) => void;
  readonly signal?: AbortSignal;
}

const MOST_AT_ONCE = 4;

export function nameOfCell({ scenario, column }: PlannedCell): CellName {
  return { ...column, operation: scenario.operation, variant: scenario.variant };
}

/** Runs the cells. @returns a result for each, in their order; missing are those that an abort left out */
export async function runCells(planned: readonly PlannedCell[], settings: RunSettings): Promise<CellResult[]> {
  const results = new Map<PlannedCell, CellResult>();
  const waiting = [...planned];
  const workers = Math.min(settings.parallel ?? Math.min(availableParallelism(), MOST_AT_ONCE), planned.length);
  await Promise.all(
    Array.from({ length: workers }, async () => {
      const worker = new Worker(settings);
      try {
        for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
          if (settings.signal?.aborted) return;
          settings.onBegin?.(cell);
          const result = await worker.run(cell);
          results.set(cell, result);
          settings.onEnd?.(result);
        }
      } finally {
        await worker.close();
      }
    }),
  );
  return planned.map((cell) => results.get(cell) ?? missing(cell));
}

function missing(cell: PlannedCell): CellResult {
  return { ...nameOfCell(cell), outcome: 'missing', why: 'the run was ended before it' };
}

/** Runs one cell after the other, on two hosts of its own that are replaced when a cell leaves something on them. */
class Worker {
  private hosts: { readonly here: MatrixHost; readonly there: MatrixHost } | undefined;

  constructor(private readonly settings: RunSettings) {}

  async run(planned: PlannedCell): Promise<CellResult> {
    const name = nameOfCell(planned);
    const command = this.settings.commandOf(planned);
    const lack = lackOf(planned, this.settings.programs);
    if (lack !== undefined) return { ...name, outcome: 'skipped', why: lack };
    const began = performance.now();
    const files = temporaryFolder('xen-matrix-files-');
    const lines: string[] = [];
    try {
      const { here, there } = await this.openHosts();
      const seed = partSeed(this.settings.seed, Object.values(name).join(' '));
      const { packages, programs } = this.settings;
      const cell = new Cell({
        column: planned.column,
        packages,
        programs,
        here,
        there,
        files,
        choices: new Choices(seed),
      });
      const why = (await failureOf(planned, cell)) ?? (await this.leftOf(cell));
      lines.push(...cell.lines);
      const seconds = (performance.now() - began) / 1000;
      const log = lines.join('\n');
      if (why === undefined) return { ...name, outcome: 'ok', seconds, log };
      const kept = this.keep(planned, files);
      const hosts = [here, there].map((host) => host.logs()).filter((text) => text !== '');
      await this.replaceHosts();
      return { ...name, outcome: 'failed', why, seconds, log: [log, ...hosts].join('\n'), kept, command };
    } catch (e) {
      await this.replaceHosts();
      return { ...name, outcome: 'failed', why: `the hosts can't be used: ${e}`, log: lines.join('\n'), command };
    } finally {
      rmSync(files, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    await this.replaceHosts();
  }

  private async openHosts() {
    if (this.hosts === undefined) {
      const { packages, seed } = this.settings;
      const here = await MatrixHost.open(packages, { name: 'here', seed: seed + 1 });
      this.hosts = { here, there: await MatrixHost.open(packages, { name: 'there', seed: seed + 2 }) };
    }
    return this.hosts;
  }

  private async replaceHosts(): Promise<void> {
    const { here, there } = this.hosts ?? {};
    this.hosts = undefined;
    await here?.close();
    await there?.close();
  }

  private async leftOf(cell: Cell): Promise<string | undefined> {
    const left = await cell.end();
    return left.length === 0 ? undefined : `left when all domains were destroyed: ${left.join('; ')}`;
  }

  /** @returns what was kept */
  private keep({ scenario, column }: PlannedCell, files: string): string[] {
    const parts = [...Object.values(column), scenario.operation, scenario.variant];
    const folder = join(this.settings.keepIn, parts.join('-').replace(/[^a-z0-9]+/gi, '-'));
    cpSync(files, folder, { recursive: true });
    return [folder];
  }
}

function lackOf({ scenario, column }: PlannedCell, programs: DeviceModelPrograms): string | undefined {
  const { deviceModel } = column;
  if (deviceModel !== undefined && deviceModel !== 'none') {
    const found = programs[deviceModel];
    if ('missing' in found) return found.missing;
  }
  return scenario.lacks?.();
}

async function failureOf({ scenario }: PlannedCell, cell: Cell): Promise<string | undefined> {
  try {
    await scenario.run(cell);
    return undefined;
  } catch (e) {
    const text = e instanceof Error ? e.message : String(e);
    cell.log(`FAILED: ${text}`);
    // Its hosts are cleared all the same.
    await cell.end().catch(() => {});
    return text;
  }
}
