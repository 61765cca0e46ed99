/** A decoded structure: records of fields, lists, and at the leaves numbers, text or bytes. */
export type FieldValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | undefined
  | ArrayBufferView
  | readonly FieldValue[]
  | { readonly [name: string]: FieldValue };

/** One field that two structures don't agree on. */
export interface FieldDifference {
  /** Names and indices from the top, e.g. ['user_regs', 'rip'] or ['CPU', '0', 'cr3']. */
  readonly path: readonly string[];
  /** The value as text; undefined where that side has no such field. */
  readonly left: string | undefined;
  readonly right: string | undefined;
}

/** Every leaf on which the two structures differ, in the order of their fields. */
export function* diffFields(
  left: FieldValue,
  right: FieldValue,
  path: readonly string[] = [],
): Generator<FieldDifference> {
  if (isTree(left) && isTree(right)) {
    yield* diffChildren(left, right, path);
    return;
  }
  if (isBytes(left) && isBytes(right) && sameBytes(left, right)) return;
  const [l, r] = [show(left), show(right)];
  if (l !== r || isTree(left) !== isTree(right)) yield { path, left: l, right: r };
  else if (isBytes(left) && isBytes(right)) yield { path, ...firstDifferentByte(left, right) };
}

type Tree = { readonly [name: string]: FieldValue };

function* diffChildren(left: Tree, right: Tree, path: readonly string[]): Generator<FieldDifference> {
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    yield* diffFields(left[name], right[name], [...path, name]);
  }
}

/** Lists and records alike, typed arrays of anything but bytes too. */
function isTree(value: FieldValue): value is Tree {
  return typeof value === 'object' && value !== null && !isBytes(value);
}

function isBytes(value: FieldValue): value is Uint8Array {
  return value instanceof Uint8Array;
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

const SHOWN_BYTES = 16;

function show(value: FieldValue): string | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined;
    case 'number':
      return Number.isInteger(value) && value > 9 ? `0x${value.toString(16)}` : String(value);
    case 'bigint':
      return value > 9n ? `0x${value.toString(16)}` : String(value);
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
      return String(value);
  }
  if (value === null) return 'null';
  if (isBytes(value)) {
    const head = hexBytes(value.subarray(0, SHOWN_BYTES));
    return value.length > SHOWN_BYTES ? `${value.length} bytes ${head}...` : `${value.length} bytes ${head}`;
  }
  return Array.isArray(value) ? `list of ${value.length}` : `${Object.keys(value).length} fields`;
}

/** Where two byte strings that begin alike part. */
function firstDifferentByte(left: Uint8Array, right: Uint8Array): { left: string; right: string } {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  const from = (bytes: Uint8Array) => `at +0x${at.toString(16)}: ${hexBytes(bytes.subarray(at, at + SHOWN_BYTES))}`;
  return { left: from(left), right: from(right) };
}

function hexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
