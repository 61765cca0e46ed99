import { LIBXL_ERROR, LibxlError, type LibxlErrorCode } from '../../errors.js';

/** The code for a class of QMP's errors: `GenericError` is ERROR_QMP_GENERIC_ERROR, and so on (libxl_qmp.c). */
export function codeOfClass(name: string): LibxlErrorCode {
  const code = `ERROR_QMP${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
  return code in LIBXL_ERROR ? (code as LibxlErrorCode) : 'ERROR_UNKNOWN_QMP_ERROR';
}

export function commandRefused(command: string, name: string, description: string): LibxlError {
  return new LibxlError(codeOfClass(name), `QEMU refused ${command}: ${description}`);
}

export function protocolError(text: string, cause?: unknown): LibxlError {
  return new LibxlError('ERROR_PROTOCOL_ERROR_QMP', `QEMU does not speak QMP: ${text}`, { cause });
}
