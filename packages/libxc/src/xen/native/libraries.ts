import koffi from 'koffi';
import { inThread, type NativeFunction } from '../../native/in-thread.js';

/**
 * The libraries of Xen whose interfaces are stable, as functions. Handles and addresses are 64-bit numbers. Those that
 * may take long also come as promises: they run on a thread of Node's pool, where errno can't be told afterwards.
 */
export interface XenLibraries {
  /** One multicall of `count` entries. 0, or -1 with errno() where not even that could be done. */
  multicall(entries: bigint, count: number): number;
  multicallSlowly(entries: bigint, count: number): Promise<number>;
  /** A hypercall by itself, with one argument: its result, or -1 with errno(). */
  hypercall(op: number, argument: bigint): number;
  /** Memory that the hypervisor can read and write at any time; 0: none is to be had. */
  allocatePages(count: number): bigint;
  freePages(address: bigint, count: number): void;

  /** 0 on failure. `gfns` and `errors` are addresses of as many 64-bit and 32-bit numbers as there are pages. */
  map(domid: number, protection: number, pages: number, gfns: bigint, errors: bigint): bigint;
  mapSlowly(domid: number, protection: number, pages: number, gfns: bigint, errors: bigint): Promise<bigint>;
  unmapSlowly(address: bigint, pages: number): Promise<number>;
  /** The handle, 0 on failure; where it is mapped comes at `at`. */
  mapResource(domid: number, type: number, id: number, frame: number, count: number, at: bigint): bigint;
  unmapResource(handle: bigint): number;

  openEventChannels(): bigint;
  closeEventChannels(handle: bigint): void;
  bindInterdomain(handle: bigint, domid: number, port: number): number;
  bindVirq(handle: bigint, virq: number): number;
  notify(handle: bigint, port: number): number;
  unbind(handle: bigint, port: number): number;
  unmask(handle: bigint, port: number): number;
  /** Blocks unless an event is there. */
  pending(handle: bigint): number;
  /** Waits until an event is there; false when the time (ms) is over. */
  waitForEvent(handle: bigint, timeout: number): Promise<boolean>;

  /** Of the last call that was not made in a thread. */
  errno(): number;
  /** Bytes at an address: valid as long as what is there. */
  view(address: bigint, length: number): Uint8Array<ArrayBuffer>;
  close(): void;
}

const PROTOTYPES = {
  xencall: {
    name: 'libxencall.so.1',
    functions: {
      open: 'void *xencall_open(void *logger, unsigned int flags)',
      close: 'int xencall_close(uint64_t handle)',
      call1: 'int xencall1(uint64_t handle, unsigned int op, uint64_t a1)',
      call2: 'int xencall2(uint64_t handle, unsigned int op, uint64_t a1, uint64_t a2)',
      allocate: 'void *xencall_alloc_buffer_pages(uint64_t handle, size_t pages)',
      free: 'void xencall_free_buffer_pages(uint64_t handle, uint64_t address, size_t pages)',
    },
  },
  foreignMemory: {
    name: 'libxenforeignmemory.so.1',
    functions: {
      open: 'void *xenforeignmemory_open(void *logger, unsigned int flags)',
      close: 'int xenforeignmemory_close(uint64_t handle)',
      map: 'void *xenforeignmemory_map(uint64_t handle, uint32_t domid, int prot, size_t pages, uint64_t gfns, uint64_t errors)',
      unmap: 'int xenforeignmemory_unmap(uint64_t handle, uint64_t address, size_t pages)',
      mapResource:
        'void *xenforeignmemory_map_resource(uint64_t handle, uint16_t domid, unsigned int type, unsigned int id, unsigned long frame, unsigned long count, uint64_t at, int prot, int flags)',
      unmapResource: 'int xenforeignmemory_unmap_resource(uint64_t handle, uint64_t resource)',
    },
  },
  eventChannels: {
    name: 'libxenevtchn.so.1',
    functions: {
      open: 'void *xenevtchn_open(void *logger, unsigned int flags)',
      close: 'int xenevtchn_close(uint64_t handle)',
      fd: 'int xenevtchn_fd(uint64_t handle)',
      bindInterdomain: 'int xenevtchn_bind_interdomain(uint64_t handle, uint32_t domid, uint32_t port)',
      bindVirq: 'int xenevtchn_bind_virq(uint64_t handle, unsigned int virq)',
      notify: 'int xenevtchn_notify(uint64_t handle, uint32_t port)',
      unbind: 'int xenevtchn_unbind(uint64_t handle, uint32_t port)',
      unmask: 'int xenevtchn_unmask(uint64_t handle, uint32_t port)',
      pending: 'int xenevtchn_pending(uint64_t handle)',
    },
  },
  libc: { name: 'libc.so.6', functions: { poll: 'int poll(void *fds, unsigned long count, int timeout)' } },
} as const;

const MULTICALL = 13;
const PROT_READ_WRITE = 3;
const POLLIN = 1;

type Bound<P extends { readonly functions: Readonly<Record<string, string>> }> = {
  readonly [K in keyof P['functions']]: NativeFunction;
};

/** @throws Error where one of Xen's libraries is not installed, or the hypervisor can't be reached through them */
export function loadXenLibraries(): XenLibraries {
  const call = bind(PROTOTYPES.xencall);
  const memory = bind(PROTOTYPES.foreignMemory);
  const events = bind(PROTOTYPES.eventChannels);
  const libc = bind(PROTOTYPES.libc);
  const calls = opened(call.open(null, 0), 'xencall_open', '/dev/xen/privcmd');
  const memories = opened(memory.open(null, 0), 'xenforeignmemory_open', '/dev/xen/privcmd');
  return {
    multicall: (entries, count) => call.call2(calls, MULTICALL, entries, count),
    multicallSlowly: (entries, count) => inThread(call.call2, calls, MULTICALL, entries, count),
    hypercall: (op, argument) => call.call1(calls, op, argument),
    allocatePages: (count) => addressOf(call.allocate(calls, count)),
    freePages: (address, count) => call.free(calls, address, count),

    map: (domid, prot, pages, gfns, errors) => addressOf(memory.map(memories, domid, prot, pages, gfns, errors)),
    mapSlowly: async (domid, prot, pages, gfns, errors) =>
      addressOf(await inThread(memory.map, memories, domid, prot, pages, gfns, errors)),
    unmapSlowly: (address, pages) => inThread(memory.unmap, memories, address, pages),
    mapResource: (domid, type, id, frame, count, at) =>
      addressOf(memory.mapResource(memories, domid, type, id, frame, count, at, PROT_READ_WRITE, 0)),
    unmapResource: (handle) => memory.unmapResource(memories, handle),

    openEventChannels: () => addressOf(events.open(null, 0)),
    closeEventChannels: (handle) => events.close(handle),
    bindInterdomain: (handle, domid, port) => events.bindInterdomain(handle, domid, port),
    bindVirq: (handle, virq) => events.bindVirq(handle, virq),
    notify: (handle, port) => events.notify(handle, port),
    unbind: (handle, port) => events.unbind(handle, port),
    unmask: (handle, port) => events.unmask(handle, port),
    pending: (handle) => events.pending(handle),
    async waitForEvent(handle, timeout) {
      // struct pollfd: fd s32, events s16, revents s16.
      const request = new Int32Array(2);
      request[0] = events.fd(handle);
      request[1] = POLLIN;
      return (await inThread<number>(libc.poll, request, 1, timeout)) > 0;
    },

    errno: () => koffi.errno(),
    view: (address, length) => new Uint8Array(koffi.view(address, length)),
    close() {
      memory.close(memories);
      call.close(calls);
    },
  };
}

function bind<P extends { readonly name: string; readonly functions: Readonly<Record<string, string>> }>(
  prototypes: P,
): Bound<P> {
  const library = koffi.load(prototypes.name);
  const bound = Object.entries(prototypes.functions).map(([key, text]) => [key, library.func(text)]);
  return Object.fromEntries(bound) as Bound<P>;
}

function addressOf(pointer: unknown): bigint {
  return pointer === null ? 0n : koffi.address(pointer);
}

function opened(pointer: unknown, what: string, needs: string): bigint {
  const handle = addressOf(pointer);
  if (handle !== 0n) return handle;
  throw new Error(`${what} failed (errno ${koffi.errno()}): it needs ${needs}, and root`);
}
