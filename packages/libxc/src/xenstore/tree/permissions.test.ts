import { describe, expect, it } from 'vitest';
import { formatPermissions, isAllowed, type Need, parsePermissions } from './permissions.js';

/** What a caller may with a node of these permissions: r, w, o (own). */
function rights(caller: { domid: number; target?: number }, ...permissions: string[]): string {
  const needs: [Need, string][] = [
    ['read', 'r'],
    ['write', 'w'],
    ['own', 'o'],
  ];
  const parsed = parsePermissions(permissions);
  return needs
    .filter(([need]) => isAllowed(caller, parsed, need))
    .map(([, letter]) => letter)
    .join('');
}

describe('permissions', () => {
  it('the owner may do everything, the others what the first entry says', () => {
    expect(rights({ domid: 3 }, 'n3')).toBe('rwo');
    expect(rights({ domid: 4 }, 'n3')).toBe('');
    expect(rights({ domid: 4 }, 'r3')).toBe('r');
    expect(rights({ domid: 4 }, 'w3')).toBe('w');
    expect(rights({ domid: 4 }, 'b3')).toBe('rw');
  });

  it('an entry of its own counts for a domain, and the first of several', () => {
    expect(rights({ domid: 4 }, 'n3', 'r4')).toBe('r');
    expect(rights({ domid: 4 }, 'b3', 'n4')).toBe('');
    expect(rights({ domid: 4 }, 'n3', 'r4', 'w4')).toBe('r');
    expect(rights({ domid: 5 }, 'n3', 'b4')).toBe('');
  });

  it('the control domain may do everything', () => {
    expect(rights({ domid: 0 }, 'n3')).toBe('rwo');
  });

  it('a domain may do what its target may', () => {
    expect(rights({ domid: 7, target: 3 }, 'n3')).toBe('rwo');
    expect(rights({ domid: 7, target: 3 }, 'n0', 'r3')).toBe('r');
  });

  it('are written as they are read', () => {
    const texts = ['n0', 'r1', 'w2', 'b32751'];
    expect(formatPermissions(parsePermissions(texts))).toEqual(texts);
  });

  it.each([[], [''], ['n'], ['x0'], ['r-1'], ['r0x10'], ['b32752'], ['n0', 'q1']])('%s are none', (...texts) => {
    expect(() => parsePermissions(texts)).toThrow('EINVAL');
  });
});
