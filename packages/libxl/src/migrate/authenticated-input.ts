import { readFileSync, readlinkSync } from 'node:fs';
import { isatty } from 'node:tty';
import { LibxlError } from '../errors.js';

/** Where Linux lists the TCP sockets of this process's network: the inode is the tenth column. */
const TCP_TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
const INODE_COLUMN = 9;

/**
 * Refuses a descriptor on which nobody can have been authenticated as the sender of a migration: a terminal, and a TCP
 * connection (inetd, a listening socket that systemd hands over). What ssh and the TLS server here give a receiver is a pipe
 * or a local socket. Where a pipe comes from can't be known: whoever may start a receiver with one may create domains
 * anyway.
 *
 * @throws LibxlError ERROR_INVAL
 */
export function requireAuthenticatedInput(fd: number): void {
  if (isatty(fd)) {
    throw new LibxlError(
      'ERROR_INVAL',
      'a receiver is started by a migration to this host; a terminal sends no domain',
    );
  }
  if (isTcp(fd)) {
    throw new LibxlError(
      'ERROR_INVAL',
      'nobody has authenticated who is at the other end of this TCP connection: migrations come by ssh, or by TLS with ' +
        'certificates on both sides (--tls-listen)',
    );
  }
}

function isTcp(fd: number): boolean {
  const inode = /^socket:\[(\d+)\]$/.exec(linkOf(fd))?.[1];
  if (inode === undefined) return false;
  return TCP_TABLES.some((table) => inodesOf(table).has(inode));
}

function linkOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

function inodesOf(table: string): Set<string> {
  let text = '';
  try {
    text = readFileSync(table, 'latin1');
  } catch {
    // This kernel has no IPv6.
  }
  const lines = text.split('\n').slice(1);
  return new Set(lines.map((line) => line.trim().split(/\s+/)[INODE_COLUMN] ?? ''));
}
