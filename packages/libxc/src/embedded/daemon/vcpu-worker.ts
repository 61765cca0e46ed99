import { parentPort } from 'node:worker_threads';
import type { VcpuData } from '../run/vcpu-data.js';
import { vcpuMain } from '../run/vcpu-main.js';

/** Entry of the threads that execute vcpus: which one, it is told when there is one; or that there will be none. */
const port = parentPort;
port?.once('message', (data: VcpuData | undefined) => {
  if (data !== undefined) vcpuMain(data, port);
});
