import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';

/**
 * A thread that waits for a vcpu to execute, started when a domain is made: a guest that has migrated stands still until
 * its vcpu has one, and a thread takes tens of milliseconds to come up.
 */
export class SpareThread {
  private waiting: Worker | undefined;

  prepare(): void {
    if (this.waiting !== undefined) return;
    const worker = startWorker();
    worker.once('error', () => {
      if (this.waiting === worker) this.waiting = undefined;
    });
    this.waiting = worker;
  }

  /** The one that waits, or a new one. */
  take(): Worker {
    const worker = this.waiting ?? startWorker();
    this.waiting = undefined;
    return worker;
  }

  /**
   * It ends by itself once it is up: one that is terminated while it loads native code takes the whole process with it
   * (koffi throws what Node then can't, "FATAL ERROR: Error::ThrowAsJavaScriptException napi_throw").
   */
  async end(): Promise<void> {
    const worker = this.waiting;
    this.waiting = undefined;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.ref();
    worker.postMessage(undefined);
    await ended;
  }
}

function startWorker(): Worker {
  // The process's own switches (--input-type ...) are not for the thread.
  const worker = new Worker(workerFile(), { execArgv: [] });
  // A host in a process of its own must not live on for its vcpus' sake.
  worker.unref();
  return worker;
}

/** The built file: threads start from JavaScript, also where this runs from the TypeScript sources. */
function workerFile(): string {
  const daemon = createRequire(import.meta.url).resolve('@xen-migration/libxc/embedded/daemon');
  return join(dirname(daemon), 'vcpu-worker.js');
}
