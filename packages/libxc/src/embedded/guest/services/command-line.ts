import { P2M, PATTERN } from '../kernel-data.js';

/** The parameters of the selfcheck kernel. */
export interface Parameters {
  /** Bytes that are rewritten all the time, over all vcpus; Infinity: all there are. */
  readonly workingSet: number;
  /** Pages per second over all vcpus; 0: as many as it can. */
  readonly rate: number;
  readonly pattern: number;
  readonly churn: boolean;
  /** How many it brings up; Infinity: all that the domain has. */
  readonly vcpus: number;
  /** Bytes that it gives back to the host at once. */
  readonly balloon: number;
  /** Milliseconds between two lines that say how it goes. */
  readonly status: number;
  /** P2M bits. */
  readonly p2m: number;
  /** Words that mean nothing here. */
  readonly unknown: readonly string[];
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
const P2M_LAYOUTS: Readonly<Record<string, number>> = {
  tree: P2M.tree,
  linear: P2M.linear,
  both: P2M.tree | P2M.linear,
};

/** e.g. `working-set=64M rate=2000 pattern=random|sweep|hot ptchurn=on p2m=tree|linear|both vcpus=2 balloon=8M status=500` */
export function parseCommandLine(line: string): Parameters {
  let workingSet = Number.POSITIVE_INFINITY;
  let rate = 0;
  let pattern: number = PATTERN.random;
  let churn = false;
  let vcpus = Number.POSITIVE_INFINITY;
  let balloon = 0;
  let status = 1000;
  let p2m: number = P2M.tree | P2M.linear;
  const unknown: string[] = [];
  for (const word of line.split(/\s+/).filter((w) => w !== '')) {
    const [name = '', value = ''] = word.split('=', 2);
    const size = /^(\d{1,12})([KMG]?)$/i.exec(value);
    if (name === 'working-set' && size !== null) {
      workingSet = bytesOf(size);
    } else if (name === 'balloon' && size !== null) {
      balloon = bytesOf(size);
    } else if (name === 'vcpus' && /^[1-9]\d?$/.test(value)) vcpus = Number(value);
    else if (name === 'status' && /^[1-9]\d{0,5}$/.test(value)) status = Number(value);
    else if (name === 'rate' && /^\d{1,9}$/.test(value)) rate = Number(value);
    else if (name === 'pattern' && Object.hasOwn(PATTERN, value)) pattern = PATTERN[value as keyof typeof PATTERN];
    else if (name === 'ptchurn' && (value === 'on' || value === 'off')) churn = value === 'on';
    else if (name === 'p2m' && Object.hasOwn(P2M_LAYOUTS, value)) p2m = P2M_LAYOUTS[value]!;
    else unknown.push(word);
  }
  return { workingSet, rate, pattern, churn, vcpus, balloon, status, p2m, unknown };
}

function bytesOf(size: RegExpExecArray): number {
  return Number(size[1]) * (UNITS[size[2]!.toUpperCase()] ?? 1);
}
