import type { CpuidPolicies } from './cpuid-policy.js';
import type { Enumeration } from './enums.js';

/**
 * What a member of a structure holds, how it stands in JSON, and the value that libxl leaves out of JSON (its default).
 * The type parameter is the value in TypeScript; from a structure's members come its type, its reader and its writer.
 */
export type Member<V> = MemberKind & { readonly holds?: V };

type MemberKind =
  | { readonly kind: 'integer'; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean; readonly initial: bigint }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'string' }
  | { readonly kind: 'defbool' }
  | {
      readonly kind: 'enumeration';
      readonly values: Enumeration;
      readonly initial: string | undefined;
      readonly nullable: boolean;
    }
  | { readonly kind: 'bitmap' }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'mac' }
  | { readonly kind: 'string-list' }
  | { readonly kind: 'key-value-list' }
  | { readonly kind: 'cpuid-policies' }
  | { readonly kind: 'generation-id' }
  | { readonly kind: 'array'; readonly of: MemberKind }
  | { readonly kind: 'structure'; readonly members: Members }
  /** One of the structures that may stand in a union: written where present, at most one. */
  | { readonly kind: 'alternative'; readonly members: Members };

export type Members = Readonly<Record<string, Member<unknown>>>;

/** The value of a structure: a member that is absent has its default. */
export type Structure<M extends Members> = {
  readonly [K in keyof M]?: M[K] extends { readonly holds?: infer V } ? V : never;
};

/** An integer; a bigint only where a number cannot hold it exactly. */
export type Uint64 = number | bigint;

/** libxl's boolean that may be left to libxl: absent, 'True' or 'False' (libxl_defbool). */
export type Defbool = 'True' | 'False';

/** The numbers of the bits that are set, ascending. */
export type Bitmap = readonly number[];

export const int = (initial = 0): Member<number> => ({
  kind: 'integer',
  bits: 32,
  signed: true,
  initial: BigInt(initial),
});
export const uint8 = (): Member<number> => ({ kind: 'integer', bits: 8, signed: false, initial: 0n });
export const uint32 = (initial = 0): Member<number> => ({
  kind: 'integer',
  bits: 32,
  signed: false,
  initial: BigInt(initial),
});
export const uint64 = (initial = 0n): Member<Uint64> => ({ kind: 'integer', bits: 64, signed: false, initial });
/** KiB of memory; all ones where it is left to libxl (LIBXL_MEMKB_DEFAULT). */
export const memkb = (): Member<Uint64> => uint64(0xffff_ffff_ffff_ffffn);
export const domid = (): Member<number> => uint32();
export const devid = (): Member<number> => int(-1);
export const bool = (): Member<boolean> => ({ kind: 'boolean' });
export const string = (): Member<string> => ({ kind: 'string' });
export const defbool = (): Member<Defbool> => ({ kind: 'defbool' });
export const bitmap = (): Member<Bitmap> => ({ kind: 'bitmap' });
export const uuid = (): Member<string> => ({ kind: 'uuid' });
export const mac = (): Member<string> => ({ kind: 'mac' });
export const stringList = (): Member<readonly string[]> => ({ kind: 'string-list' });
export const keyValueList = (): Member<Readonly<Record<string, string | null>>> => ({ kind: 'key-value-list' });
export const cpuidPolicies = (): Member<CpuidPolicies> => ({ kind: 'cpuid-policies' });
/** 16 bytes (Microsoft's VM generation ID). */
export const generationId = (): Member<readonly number[]> => ({ kind: 'generation-id' });

/** `initial` is the member that libxl starts from and does not write; without it, the one whose number is 0. */
export function enumeration<E extends Enumeration>(values: E, initial?: keyof E & string): Member<keyof E & string> {
  const start = initial ?? Object.keys(values).find((name) => values[name] === 0);
  return { kind: 'enumeration', values, initial: start, nullable: false };
}

/** An enumeration that stock xl may write as null: a number that has no name. */
export function nullableEnumeration<E extends Enumeration>(
  values: E,
  initial: keyof E & string,
): Member<(keyof E & string) | null> {
  return { kind: 'enumeration', values, initial, nullable: true };
}

export const array = <V>(of: Member<V>): Member<readonly V[]> => ({ kind: 'array', of });

export const structure = <M extends Members>(members: M): Member<Structure<M>> => ({ kind: 'structure', members });

export const alternative = <M extends Members>(members: M): Member<Structure<M>> => ({ kind: 'alternative', members });
