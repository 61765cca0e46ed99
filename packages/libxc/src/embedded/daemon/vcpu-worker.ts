import { parentPort } from 'node:worker_threads';
import { libc } from '../../native/libc.js';
import type { VcpuData } from '../run/vcpu-data.js';
import { vcpuMain } from '../run/vcpu-main.js';

/** Entry of the threads that execute vcpus: which one, it is told when there is one; or that there will be none. */
const port = parentPort;
// Loads native code, for which a guest that has migrated would stand still.
libc();
port?.once('message', (data: VcpuData | undefined) => {
  if (data !== undefined) vcpuMain(data, port);
});
