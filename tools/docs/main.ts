// npm run docs: builds the static site into site/.
import { pathToFileURL } from 'node:url';
import { buildSite, SITE } from './site.js';
import { brokenSiteLinks } from './site-links.js';

const complaints = [...(await buildSite(SITE)), ...brokenSiteLinks(SITE)];
for (const line of complaints) console.error(line);
if (complaints.length > 0) process.exitCode = 1;
console.log(`${pathToFileURL(`${SITE}/index.html`)}`);
