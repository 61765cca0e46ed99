import type { CellResult, Figure } from '../../report/index.js';
import { CELLS, type Cell } from './cells.js';

export interface LabFindings {
  readonly results: readonly CellResult[];
  readonly figures: readonly Figure[];
}

/** What the script in dom0 printed, against what it was to do. @param missing why a cell that it says nothing of is so */
export function readFindings(planned: readonly Cell[], output: string, missing: string): LabFindings {
  const figures: Figure[] = [];
  const said = new Map<string, Said>();
  let log: string[] = [];
  let seconds = 0;
  for (const line of output.split('\n')) {
    const [tag, guest = '', name = '', ...rest] = line.trim().split(' ');
    if (tag === '@figure') {
      const figure = { guest, name, seconds: Number(rest[0]) };
      figures.push(figure);
      seconds += figure.seconds;
    }
    if (tag === '@downtime') figures.push({ guest, name: `${name}-downtime`, seconds: Number(rest[0]) });
    if (tag !== '@cell') {
      log.push(line);
      continue;
    }
    said.set(`${guest} ${name}`, { text: rest.join(' '), log: log.join('\n'), seconds });
    log = [];
    seconds = 0;
  }
  return { results: planned.map((cell) => resultOf(cell, said.get(`${cell.guest} ${cell.cell}`), missing)), figures };
}

/** What stands between one cell's verdict and the one before it; its time is that of the commands that were timed. */
interface Said {
  readonly text: string;
  readonly log: string;
  readonly seconds: number;
}

function resultOf({ guest, cell }: Cell, said: Said | undefined, missing: string): CellResult {
  const name = { guest, operation: CELLS[cell] };
  if (said === undefined) return { ...name, outcome: 'missing', why: missing };
  const { text, log, seconds } = said;
  if (text === 'ok') return { ...name, outcome: 'ok', log, seconds };
  return { ...name, outcome: 'failed', why: text.replace(/^failed /, ''), log, seconds };
}
