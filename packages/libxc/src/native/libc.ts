import { createRequire } from 'node:module';
import type Koffi from 'koffi';
import { inThread } from './in-thread.js';

/**
 * The few functions of the C library that Node lacks: shared file mappings, giving file ranges back, file locks, reads of
 * a socket that wait for all of what was asked for, waiting for a descriptor that does not wait.
 */
export interface LibC {
  /** Maps a range of a file, shared and writable. @throws Error with errno's name */
  mapShared(fd: number, offset: number, length: number): ArrayBuffer;
  /** Gives a range of a file back to the file system; it reads as zeroes then. false: not possible here */
  punchHole(fd: number, offset: number, length: number): boolean;
  /** Takes an exclusive lock on an open file, until it is closed. false: somebody else holds it */
  tryLock(fd: number): boolean;
  /**
   * Reads a socket in a thread until `into` is full. @returns how many bytes came: fewer at the end, at an error, or where
   * the descriptor does not wait; -1 where that is all that can be said
   */
  receiveAll(fd: number, into: Uint8Array): Promise<number>;
  /** Waits in a thread until a descriptor can be read or written, or its other end is gone; a quarter of a second at most. */
  ready(fd: number, use: 'read' | 'write'): Promise<void>;
  /** Nothing more is read from a socket: a read that waits in a thread ends. */
  shutdownRead(fd: number): void;
  /** Nothing more is written to a socket: a write that waits in a thread fails. */
  shutdownWrite(fd: number): void;
}

const LIBRARIES = ['libc.so.6', 'libc.musl-x86_64.so.1', 'libc.musl-aarch64.so.1', 'libSystem.dylib', 'libc.so'];

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;
const POLLIN = 1;
const POLLOUT = 4;
/** A thread that waits is waited for by the process's own end. */
const READY_MS = 250;
const SHUT_RD = 0;
const SHUT_WR = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const MSG_WAITALL = process.platform === 'darwin' ? 0x40 : 0x100;

let loaded: LibC | undefined;

/** @throws Error where there is no such library: the embedded host needs shared file mappings */
export function libc(): LibC {
  loaded ??= load();
  return loaded;
}

function load(): LibC {
  if (process.platform === 'win32') {
    throw new Error('functions of a POSIX C library are needed, as shared file mappings; Windows is not supported');
  }
  // Not imported: native code takes milliseconds, also of the many commands that map nothing.
  const koffi: typeof Koffi = createRequire(import.meta.url)('koffi');
  const library = openLibrary(koffi);
  const mmap = library.func('void *mmap(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)');
  const recv = library.func('int64_t recv(int fd, void *buffer, size_t length, int flags)');
  const poll = library.func('int poll(void *fds, uint64_t nfds, int timeout)');
  const shutdown = library.func('int shutdown(int fd, int how)');
  const flock = library.func('int flock(int fd, int operation)');
  // Linux alone has it.
  const fallocate =
    process.platform === 'linux'
      ? library.func('int fallocate(int fd, int mode, int64_t offset, int64_t length)')
      : undefined;
  return {
    mapShared(fd, offset, length) {
      const pointer: unknown = mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, offset);
      if (pointer === null || koffi.address(pointer) === FAILED) {
        throw new Error(`mmap of ${length} bytes at ${offset} failed (errno ${koffi.errno()})`);
      }
      return koffi.view(pointer, length);
    },
    punchHole(fd, offset, length) {
      return fallocate !== undefined && fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, offset, length) === 0;
    },
    receiveAll: async (fd, into) => Number(await inThread<number | bigint>(recv, fd, into, into.length, MSG_WAITALL)),
    async ready(fd, use) {
      const pollfd = Buffer.alloc(8);
      pollfd.writeInt32LE(fd, 0);
      pollfd.writeInt16LE(use === 'read' ? POLLIN : POLLOUT, 4);
      await inThread(poll, pollfd, 1, READY_MS);
    },
    shutdownRead: (fd) => void shutdown(fd, SHUT_RD),
    shutdownWrite: (fd) => void shutdown(fd, SHUT_WR),
    tryLock: (fd) => flock(fd, LOCK_EX | LOCK_NB) === 0,
  };
}

/** MAP_FAILED. */
const FAILED = 0xffff_ffff_ffff_ffffn;

function openLibrary(koffi: typeof Koffi) {
  for (const name of LIBRARIES) {
    try {
      return koffi.load(name);
    } catch {
      // Another C library's name.
    }
  }
  throw new Error(`no C library found (tried ${LIBRARIES.join(', ')})`);
}
