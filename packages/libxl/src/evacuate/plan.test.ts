import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../check/findings.js';
import { type EvacuationGuest, planEvacuation } from './plan.js';

const MIB = 1024;
const free = (...targets: [string, number | undefined][]) =>
  targets.map(([name, mib]) => ({ name, freeKib: mib === undefined ? undefined : mib * MIB }));

function guest(domid: number, mib: number, priority = 0, problems: Record<string, string> = {}): EvacuationGuest {
  const finding = (text: string): Finding[] => [{ severity: 'problem', about: 'device', text }];
  const targets = ['b', 'c'].map(
    (name) => [name, problems[name] === undefined ? [] : finding(problems[name])] as const,
  );
  return { domid, name: `vm${domid}`, priority, memoryKib: mib * MIB, findings: new Map(targets) };
}

const placed = (plan: ReturnType<typeof planEvacuation>) =>
  plan.moves.map(({ name, target }) => `${name}>${target}`).join(' ');

describe('the plan of an evacuation', () => {
  it('goes by priority, then by size, and spreads over the targets', () => {
    const plan = planEvacuation([guest(1, 100), guest(2, 300), guest(3, 50, 5)], free(['b', 500], ['c', 400]));
    expect(placed(plan)).toBe('vm3>b vm2>b vm1>c');
    expect(plan.left).toEqual([]);
    expect(plan.targets).toEqual([
      { name: 'b', freeKib: 500 * MIB, afterKib: 150 * MIB },
      { name: 'c', freeKib: 400 * MIB, afterKib: 300 * MIB },
    ]);
  });

  it('leaves what fits nowhere, and says why for each target', () => {
    const plan = planEvacuation(
      [guest(1, 300), guest(2, 300, -1), guest(3, 10, 0, { b: 'a PCI device', c: 'a PCI device' })],
      free(['b', 400]),
    );
    expect(placed(plan)).toBe('vm1>b');
    expect(plan.left).toEqual([
      { domid: 3, name: 'vm3', reasons: [{ target: 'b', why: ['a PCI device'] }] },
      {
        domid: 2,
        name: 'vm2',
        reasons: [{ target: 'b', why: ['100 MiB are left free there by the domains before it, it needs 300 MiB'] }],
      },
    ]);
  });

  it('takes a target whose memory is not known for large enough', () => {
    const plan = planEvacuation([guest(1, 1000, 0, { b: 'no' })], free(['b', 5000], ['c', undefined]));
    expect(placed(plan)).toBe('vm1>c');
    expect(plan.targets[1]).toEqual({ name: 'c', freeKib: undefined, afterKib: undefined });
  });

  it('never gives a target more than it has, and forgets no domain', () => {
    const guests = fc.array(
      fc.record({ mib: fc.integer({ min: 1, max: 500 }), priority: fc.integer({ min: -3, max: 3 }) }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(guests, fc.nat(2000), fc.nat(2000), (all, b, c) => {
        const plan = planEvacuation(
          all.map(({ mib, priority }, i) => guest(i + 1, mib, priority)),
          free(['b', b], ['c', c]),
        );
        for (const { afterKib = 0 } of plan.targets) expect(afterKib).toBeGreaterThanOrEqual(0);
        expect(plan.moves.length + plan.left.length).toBe(all.length);
        const priorities = plan.moves.map(({ priority }) => priority);
        expect(priorities).toEqual([...priorities].sort((x, y) => y - x));
      }),
    );
  });
});
