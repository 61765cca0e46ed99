import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { openInput } from '@xen-migration/stream-format/node';
import { legacyFromV2 } from '../../legacy/from-v2.js';
import { type Scenario as LegacyScenario, SCENARIOS } from '../../legacy/scenarios.js';
import type { Column } from '../axes.js';
import type { Cell } from '../cell.js';
import { type Scenario, scenariosOf } from '../scenario.js';
import { truncated } from './damage.js';
import { isValid, saved } from './save.js';

/** A converter's exit status: 1 for what is damaged, 2 for what can't be converted. */
const DAMAGED = 1;

/** The column that a guest of old belongs to. */
function columnOf({ guest, guestType }: LegacyScenario): Column {
  if (guestType === 'pv') return { guest: guest === 'PV, 32 bits' ? 'pv32' : 'pv64' };
  return { guest: 'hvm', deviceModel: guest.includes('traditional') ? 'qemu-traditional' : 'qemu-upstream' };
}

const isSame = (a: Column, b: Column) => a.guest === b.guest && a.deviceModel === b.deviceModel;
const rowOf = ({ from, by }: LegacyScenario) => `${from}, ${by}`;

function convert(cell: Cell, { xlHeader }: LegacyScenario, input: string, output: string) {
  const options = [...(xlHeader ? ['--xl'] : []), '--format', 'libxl', '--in', input, '--out', output];
  return cell.program(cell.setting.packages.convertLegacy, ...options);
}

/** Each kind of a stream of old, as a toolstack of 32 and one of 64 bits wrote it. */
function kindRow(row: string): Omit<Scenario, 'operation'>[] {
  const kinds = SCENARIOS.filter((scenario) => rowOf(scenario) === row);
  const suiting = (column: Column) => kinds.filter((kind) => isSame(columnOf(kind), column));
  // Of a replication the first checkpoint is taken: what is cut off may be what comes after it.
  const convertible = (column: Column) =>
    suiting(column).filter(({ outcome, by }) => 'converts' in outcome && !by.includes('Remus'));
  const refused = kinds.every(({ outcome }) => 'refused' in outcome);
  const whole: Omit<Scenario, 'operation'> = {
    variant: refused ? `${row}: refused` : row,
    quick: row === 'Xen 4.5, xl save',
    suits: (column) => suiting(column).length > 0,
    async run(cell) {
      for (const [i, kind] of suiting(cell.setting.column).entries()) await convertKind(cell, kind, i);
    },
  };
  const cut: Omit<Scenario, 'operation'> = {
    variant: `${row}: cut off`,
    suits: (column) => convertible(column).length > 0,
    async run(cell) {
      for (const [i, kind] of convertible(cell.setting.column).entries()) await convertCut(cell, kind, i);
    },
  };
  return refused ? [whole] : [whole, cut];
}

async function convertKind(cell: Cell, kind: LegacyScenario, i: number): Promise<void> {
  const [input, output] = [cell.file(`old-${i}`), cell.file(`new-${i}`)];
  writeFileSync(input, kind.stream());
  cell.log(`[${input}: ${kind.from}, ${kind.guest}, ${kind.by}, ${kind.width}-bit toolstack]`);
  const { code, stderr, stdout } = await convert(cell, kind, input, output);
  if ('converts' in kind.outcome) {
    if (code !== 0) throw new Error(`it is not converted: ${stderr}${stdout}`);
    return isValid(cell, output);
  }
  if (code === 0 || code === null) throw new Error('it is converted, and was to be refused');
  if (existsSync(output)) throw new Error('of a conversion that failed a file is left');
}

async function convertCut(cell: Cell, kind: LegacyScenario, i: number): Promise<void> {
  const [input, output] = [cell.file(`cut-${i}`), cell.file(`new-${i}`)];
  writeFileSync(cell.file(`old-${i}`), kind.stream());
  truncated(cell, cell.file(`old-${i}`), input);
  const { code, stderr, stdout } = await convert(cell, kind, input, output);
  if (code !== DAMAGED) throw new Error(`it ended with ${code}: ${stderr}${stdout}`);
  if (!/offset \d+/.test(`${stderr}${stdout}`)) throw new Error(`its error names no place: ${stderr}${stdout}`);
  if (existsSync(output)) throw new Error('of a conversion that failed a file is left');
}

/** A guest that runs here, as Xen 4.5 would have saved it. @returns the file */
async function savedOfOld(cell: Cell): Promise<string> {
  const width = cell.setting.column.guest === 'pv32' ? 32 : 64;
  const { file } = await legacyFromV2(await openInput(await saved(cell)), width);
  const path = cell.file('old.save');
  writeFileSync(path, file);
  cell.log(`[${path}: the same guest as Xen 4.5 would have saved it, ${width}-bit toolstack]`);
  return path;
}

/** There was no PVH as it is now. */
const isOld = ({ guest }: Column) => guest !== 'pvh';

const RUNNING: readonly Omit<Scenario, 'operation'>[] = [
  {
    variant: 'xl restore of a file of Xen 4.5: the guest runs on',
    quick: true,
    suits: isOld,
    async run(cell) {
      await cell.create();
      await cell.succeeds(cell.there, 'restore', '-e', await savedOfOld(cell));
      await cell.runsAt(cell.there);
      await saved(cell, cell.there);
    },
  },
  {
    variant: 'xl restore of a file of Xen 4.5 that is cut off: nothing is left',
    suits: isOld,
    async run(cell) {
      await cell.create();
      const path = await savedOfOld(cell);
      const size = readFileSync(path).length;
      truncateSync(path, size - cell.choices.between(1, size - 4096));
      await cell.fails(cell.start(cell.there, ['restore', '-e', path]), /offset \d+: legacy.*the input ends/);
      await cell.nothingAt(cell.there);
    },
  },
];

export const UPGRADE: readonly Scenario[] = scenariosOf('upgrade', [
  ...RUNNING,
  ...[...new Set(SCENARIOS.map(rowOf))].flatMap(kindRow),
]);
