import { parentPort, workerData } from 'node:worker_threads';
import { vcpuMain } from '../run/vcpu-main.js';

/** Entry of the threads that execute vcpus. */
if (parentPort !== null) vcpuMain(workerData, parentPort);
