import { CONSOLE_IN, CONSOLE_OUT } from '../../../io/byte-ring.js';
import { AREA } from '../kernel-data.js';
import type { Kernel } from './kernel.js';
import { readFromRing, writeToRing } from './rings.js';

/**
 * Appends a line to the kernel's log in its own memory; pumpConsole carries it to the console as there is room. When
 * nobody drains the console the oldest lines are lost, not the guest's time.
 */
export function print(kernel: Kernel, line: string): void {
  const bytes = Buffer.from(`${line}\r\n`, 'utf8').subarray(0, AREA.logSize / 2);
  const head = kernel.get('logHead');
  for (let i = 0; i < bytes.length; ) {
    const at = (head + i) % AREA.logSize;
    const count = Math.min(bytes.length - i, AREA.logSize - at);
    kernel.space.writeBytes(kernel.base + AREA.log + at, bytes.subarray(i, i + count));
    i += count;
  }
  kernel.set('logHead', head + bytes.length);
  const tail = kernel.get('logTail');
  kernel.set('logTail', Math.max(tail, head + bytes.length - AREA.logSize));
}

export function consoleIdle(kernel: Kernel): boolean {
  return kernel.get('logHead') === kernel.get('logTail');
}

/** Log to ring, and what was typed from the ring. */
export function pumpConsole(kernel: Kernel): void {
  const ring = kernel.get('console');
  if (ring === 0) return;
  const tail = kernel.get('logTail');
  const waiting = kernel.get('logHead') - tail;
  if (waiting > 0) {
    const at = tail % AREA.logSize;
    const length = Math.min(waiting, AREA.logSize - at, CONSOLE_OUT.size);
    const sent = writeToRing(
      kernel.space,
      ring,
      CONSOLE_OUT,
      kernel.space.readBytes(kernel.base + AREA.log + at, length),
    );
    if (sent > 0) {
      kernel.set('logTail', tail + sent);
      kernel.hypercalls.notify(kernel.get('consolePort'));
    }
  }
}

/** Whole lines that were typed on the console since the last call. */
export function typedLines(kernel: Kernel): string[] {
  const ring = kernel.get('console');
  if (ring === 0) return [];
  const typed = readFromRing(kernel.space, ring, CONSOLE_IN, CONSOLE_IN.size);
  if (typed.length === 0) return [];
  kernel.hypercalls.notify(kernel.get('consolePort'));
  const before = kernel.space.readBytes(kernel.base + AREA.input, kernel.get('inputLength'));
  const lines = Buffer.concat([before, typed])
    .toString('latin1')
    .split(/[\r\n]/);
  const rest = Buffer.from(lines.pop() ?? '', 'latin1').subarray(0, AREA.inputSize);
  kernel.space.writeBytes(kernel.base + AREA.input, rest);
  kernel.set('inputLength', rest.length);
  return lines.filter((line) => line !== '');
}
