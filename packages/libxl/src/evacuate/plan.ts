import type { Finding } from '../check/findings.js';

/** A domain that is to leave this host. */
export interface EvacuationGuest {
  readonly domid: number;
  readonly name: string;
  /** Higher ones go first. */
  readonly priority: number;
  /** What a target must have free for it. */
  readonly memoryKib: number;
  /** What stands in its way, by the target's name; a target that is missing here is none for it. */
  readonly findings: ReadonlyMap<string, readonly Finding[]>;
}

export interface EvacuationTarget {
  readonly name: string;
  /** undefined: not known; it is taken for enough. */
  readonly freeKib: number | undefined;
}

export interface PlannedMove {
  readonly domid: number;
  readonly name: string;
  readonly target: string;
  readonly priority: number;
  readonly memoryKib: number;
}

/** A domain that no target can take. */
export interface LeftGuest {
  readonly domid: number;
  readonly name: string;
  readonly reasons: readonly { readonly target: string; readonly why: readonly string[] }[];
}

export interface EvacuationPlan {
  /** In the order in which they begin. */
  readonly moves: readonly PlannedMove[];
  readonly left: readonly LeftGuest[];
  /** What each target has free, and will have. */
  readonly targets: readonly {
    readonly name: string;
    readonly freeKib: number | undefined;
    readonly afterKib: number | undefined;
  }[];
}

/**
 * Which domain goes where: by priority, among equals the largest first (so that the small ones fill what is left), each
 * to the target that has the most memory free among those that can take it. No target gets more than it has room for.
 */
export function planEvacuation(
  guests: readonly EvacuationGuest[],
  targets: readonly EvacuationTarget[],
): EvacuationPlan {
  const free = new Map(targets.map(({ name, freeKib }) => [name, freeKib ?? Number.POSITIVE_INFINITY]));
  const order = [...guests].sort((a, b) => b.priority - a.priority || b.memoryKib - a.memoryKib || a.domid - b.domid);
  const moves: PlannedMove[] = [];
  const left: LeftGuest[] = [];
  for (const { findings, ...guest } of order) {
    const best = targets
      .filter(({ name }) => obstacles(findings.get(name)).length === 0 && (free.get(name) ?? 0) >= guest.memoryKib)
      .reduce<string | undefined>((first, { name }) => (roomier(free, name, first) ? name : first), undefined);
    if (best === undefined) {
      left.push({ domid: guest.domid, name: guest.name, reasons: reasonsOf(guest.memoryKib, findings, targets, free) });
    } else {
      free.set(best, (free.get(best) ?? 0) - guest.memoryKib);
      moves.push({ ...guest, target: best });
    }
  }
  return {
    moves,
    left,
    targets: targets.map(({ name, freeKib }) => ({
      name,
      freeKib,
      afterKib: freeKib === undefined ? undefined : free.get(name),
    })),
  };
}

function roomier(free: ReadonlyMap<string, number>, name: string, than: string | undefined): boolean {
  return than === undefined || (free.get(name) ?? 0) > (free.get(than) ?? 0);
}

function obstacles(findings: readonly Finding[] | undefined): string[] {
  if (findings === undefined) return ['it is not known whether it can go there'];
  return findings.filter(({ severity }) => severity === 'problem').map(({ text }) => text);
}

function reasonsOf(
  memoryKib: number,
  findings: EvacuationGuest['findings'],
  targets: readonly EvacuationTarget[],
  free: ReadonlyMap<string, number>,
) {
  return targets.map(({ name }) => {
    const why = obstacles(findings.get(name));
    const room = free.get(name) ?? 0;
    const full = `${mib(room)} MiB are left free there by the domains before it, it needs ${mib(memoryKib)} MiB`;
    return { target: name, why: why.length > 0 ? why : [full] };
  });
}

const mib = (kib: number) => Math.floor(kib / 1024);
