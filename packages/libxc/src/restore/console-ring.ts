/**
 * The `connection` byte of struct xencons_interface (Xen's public io/console.h), behind the two rings and their four
 * indices. The console daemon sets it back to 0 when it serves the ring.
 */
const CONNECTION = 1024 + 2048 + 4 * 4;
const DISCONNECTED = 1;

export function markConsoleDisconnected(ring: Uint8Array): void {
  ring[CONNECTION] = DISCONNECTED;
}
