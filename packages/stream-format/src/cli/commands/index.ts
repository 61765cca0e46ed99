import type { Command } from '../command.js';
import { copy } from './copy.js';
import { diff } from './diff.js';
import { inspect } from './inspect.js';
import { inspector } from './inspector.js';
import { merge } from './merge.js';
import { pages } from './pages.js';
import { verify } from './verify.js';

/** In the order of the help. */
export const COMMANDS: readonly Command[] = [verify, inspect, inspector, copy, diff, merge, pages];
