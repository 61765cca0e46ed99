// Writes the pages of docs/ that are made from declarations: node scripts/reference.mjs (after a build).
import { writeFileSync } from 'node:fs';
import { commandReference } from '../dist/cli/reference.js';
import { diffReference, formatReference } from '../dist/index.js';

const pages = { 'format-reference': formatReference, 'xen-stream': commandReference, diff: diffReference };
for (const [name, page] of Object.entries(pages)) writeFileSync(new URL(`../docs/${name}.md`, import.meta.url), page());
