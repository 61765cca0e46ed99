import { wholeNumber } from '../values.js';

const MAX_PRIORITY = 1_000_000;

/** `NAME,...` */
export const listOf = (text: string): string[] => text.split(',').filter((word) => word !== '');

/** `NAME=N,...` @throws ExitError */
export function prioritiesOf(text: string): Map<string, number> {
  return new Map(listOf(text).map(priorityOf));
}

function priorityOf(text: string): [string, number] {
  const at = text.lastIndexOf('=');
  const [name, number] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  const negative = number.startsWith('-');
  const value = wholeNumber('priority', negative ? number.slice(1) : number, 0, MAX_PRIORITY);
  return [name, negative ? -value : value];
}
