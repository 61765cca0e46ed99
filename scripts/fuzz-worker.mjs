// A thread of npm run fuzz. Node 20 does not hand tsx on to threads.
import { register } from 'tsx/esm/api';

register();
await import('../packages/test-harness/src/fuzz/worker.ts');
