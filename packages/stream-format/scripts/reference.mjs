// Writes docs/format-reference.md from the layouts: node scripts/reference.mjs (after a build).
import { writeFileSync } from 'node:fs';
import { formatReference } from '../dist/index.js';

writeFileSync(new URL('../docs/format-reference.md', import.meta.url), formatReference());
