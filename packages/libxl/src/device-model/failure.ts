import { LibxlError, textOf } from '../errors.js';
import { lastWords } from './process/log.js';

/** What a device model did not do, why, and what it said last. */
export function deviceModelFailure(domid: number, what: string, cause: unknown, log: string): LibxlError {
  const code = cause instanceof LibxlError ? cause.code : 'ERROR_FAIL';
  const words = lastWords(log);
  const said = words === '' ? '' : ` (its last words: ${words})`;
  return new LibxlError(code, `the device model of domain ${domid} ${what}: ${textOf(cause)}${said}`, { domid, cause });
}
