import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LibxlError, textOf } from '../errors.js';

/** What one end of a TLS connection shows, and whom it believes. PEM. */
export interface TlsCredentials {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Signs the certificates of all hosts that may migrate to each other; no other authority counts. */
  readonly ca: Buffer;
}

/** Names of the files in a directory of credentials. */
export const TLS_FILES = { cert: 'cert.pem', key: 'key.pem', ca: 'ca.pem' } as const;

/** @throws LibxlError ERROR_INVAL where a file is missing, or others than its owner may read the key */
export function readTlsCredentials(directory: string): TlsCredentials {
  const keyPath = join(directory, TLS_FILES.key);
  const read = (name: string) => {
    try {
      return readFileSync(join(directory, name));
    } catch (e) {
      throw new LibxlError('ERROR_INVAL', `the credentials for TLS can't be read: ${textOf(e)}`, { cause: e });
    }
  };
  const credentials = { cert: read(TLS_FILES.cert), key: read(TLS_FILES.key), ca: read(TLS_FILES.ca) };
  if ((statSync(keyPath).mode & 0o077) !== 0) {
    throw new LibxlError('ERROR_INVAL', `${keyPath} may be read by others than its owner: chmod 600 it`);
  }
  return credentials;
}
