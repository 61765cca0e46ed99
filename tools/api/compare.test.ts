import { describe, expect, it } from 'vitest';
import { root } from '../workspace.js';
import { breaks } from './compare.js';

const folder = `${root}packages/stream-format`;

/** The broken names, for the questions that only need them. */
function broken(older: string, newer: string): string[] {
  return breaks(older, newer, folder).map((b) => b.name);
}

describe('a comparison of API reports', () => {
  it.each([
    ['the same', 'export function f(a: number): string;', 'export function f(a: number): string;'],
    ['a new name', 'export const a: 1;', 'export const a: 1;\nexport const b: 2;'],
    [
      'a new optional parameter',
      'export function f(a: number): string;',
      'export function f(a: number, b?: 1): string;',
    ],
    ['a wider parameter', 'export function f(a: number): 1;', 'export function f(a: number | string): 1;'],
    ['a narrower result', 'export function f(): number | string;', 'export function f(): number;'],
    ['a new overload', 'export function f(a: 1): 1;', 'export function f(a: 2): 2;\nexport function f(a: 1): 1;'],
    ['a new optional member', 'export interface A { a: 1 }', 'export interface A { a: 1; b?: 2 }'],
    [
      'more in what is returned',
      'export interface R { a: 1 }\nexport function f(): R;',
      'export interface R { a: 1; b: 2 }\nexport function f(): R;',
    ],
    ['a new method', 'export class C { a(): void; }', 'export class C { a(): void; b(): void; }'],
    ['another name of a type parameter', 'export interface A<T> { a: T }', 'export interface A<U> { a: U }'],
    ['a type that is no longer shared', 'type B = 1;\nexport const a: B;', 'export const a: 1;'],
  ])('takes %s', (_what, older, newer) => {
    expect(broken(older, newer)).toEqual([]);
  });

  it.each([
    ['a name that is gone', 'export const a: 1;', 'export const b: 1;'],
    ['a type where a class was', 'export class a { b: 1 }', 'export interface a { b: 1 }'],
    ['a new parameter', 'export function a(): void;', 'export function a(b: number): void;'],
    ['a narrower parameter', 'export function a(b: number | string): 1;', 'export function a(b: number): 1;'],
    ['a wider result', 'export function a(): number;', 'export function a(): number | undefined;'],
    ['a member that is gone', 'export interface a { b: 1; c: 2 }', 'export interface a { b: 1 }'],
    ['a member of another type', 'export interface a { b: number }', 'export interface a { b: bigint }'],
    ['a union that grew', "export type a = 'x' | 'y';", "export type a = 'x' | 'y' | 'z';"],
    ['a method that wants more', 'export interface a { m(p: 1 | 2): void }', 'export interface a { m(p: 1): void }'],
    ['the same of a class', 'export class a { m(p: 1 | 2): void; }', 'export class a { m(p: 1): void; }'],
    [
      'a constructor that wants more',
      'export class a { constructor(b: 1 | 2); }',
      'export class a { constructor(b: 1); }',
    ],
    ['a static method that is gone', 'export class a { static b(): void; }', 'export class a { }'],
    ['a type parameter more', 'export interface a<T> { b: T }', 'export interface a<T, U> { b: T; c?: U }'],
    ['a change behind it', 'interface B { c: 1 }\nexport const a: B;', 'interface B { c: 2 }\nexport const a: B;'],
  ])('refuses %s', (_what, older, newer) => {
    expect(broken(older, newer)).toEqual(['a']);
  });

  it('refuses more of what is to be given, naming who takes it', () => {
    const older = 'export interface Sink { write(a: 1): void }\nexport function copy(to: Sink): void;';
    const newer = 'export interface Sink { write(a: 1): void; sync(): void }\nexport function copy(to: Sink): void;';
    expect(breaks(older, newer, folder)).toEqual([{ name: 'copy', reason: expect.stringContaining('sync') }]);
  });

  it('says in TypeScript’s words what is wrong, without paths', () => {
    const [found] = breaks('export const a: number;', 'export const a: string;', folder);
    expect(found?.reason).toBe("Type 'string' is not assignable to type 'number'.");
  });

  it('knows types of Node and of other packages', () => {
    const older = "import type { Readable } from 'node:stream';\nexport function f(a: Readable): void;";
    const newer = "import type { Duplex } from 'node:stream';\nexport function f(a: Duplex): void;";
    expect(broken(older, newer)).toEqual(['f']);
    expect(broken(newer, older)).toEqual([]);
  });
});
