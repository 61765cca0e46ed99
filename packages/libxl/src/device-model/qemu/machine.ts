/**
 * `xen`: Xen's own machine; QEMU serves the guest's I/O and maps its memory.
 * `standalone`: a PC beside the guest, for hosts that execute no x86 code. Its devices are QEMU's, with their state and
 * the whole life of a device model; nobody accesses them, and the guest's memory is not QEMU's.
 */
export type QemuMachine = 'xen' | 'standalone';
