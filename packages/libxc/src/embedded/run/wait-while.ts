/**
 * Waits until a shared word is no longer that value. Being woken is no sign of it: whoever changed the word before, in
 * between storing and notifying, may only now come to notify, and wakes whoever waits for the next change.
 */
export function waitWhile(words: Int32Array<SharedArrayBuffer>, index: number, value: number): void {
  while (Atomics.load(words, index) === value) Atomics.wait(words, index, value);
}
