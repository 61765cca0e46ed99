#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

// What a transfer leaves for the garbage collector is lists outside of V8's own heap, and they wait until its youngest
// generation is full. Kept as small as it starts, memory does not grow with the guest. Before anything is loaded: what
// that leaves would have it grow already.
setFlagsFromString('--semi-space-growth-factor=1');

await import('../dist/cli/main.js');
