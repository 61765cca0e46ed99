import { parentPort } from 'node:worker_threads';
import { vcpuMain } from '../run/vcpu-main.js';

/** Entry of the threads that execute vcpus: which one, it is told when there is one. */
const port = parentPort;
port?.once('message', (data) => vcpuMain(data, port));
