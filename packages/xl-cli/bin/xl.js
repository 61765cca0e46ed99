#!/usr/bin/env node
import module from 'node:module';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

// What a transfer leaves for the garbage collector is lists outside of V8's own heap, and they wait until its youngest
// generation is full. Kept as small as it starts, memory does not grow with the guest. Before anything is loaded: what
// that leaves would have it grow already.
setFlagsFromString('--semi-space-growth-factor=1');
keepCompiledCode();

await import('../dist/cli/main.js');

/**
 * Since Node 22 compiled code can be kept from one start to the next, a quarter of the CPU time that a start takes; also for
 * the processes that this one starts. What is kept is trusted when it is read again: so it goes into the home that the
 * system knows of whoever runs this, whatever HOME says (sudo), and not where Node would have it, below /tmp.
 */
function keepCompiledCode() {
  if (module.enableCompileCache === undefined || process.env.NODE_COMPILE_CACHE !== undefined) return;
  try {
    const directory = join(userInfo().homedir, '.cache', 'xen-migration', 'compiled');
    module.enableCompileCache(directory);
    process.env.NODE_COMPILE_CACHE = directory;
  } catch {
    // A user without an entry among the system's users.
  }
}
