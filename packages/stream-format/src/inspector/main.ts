import { decodePage } from '../analyse/inspection-page.js';
import { element } from './element.js';
import { fileChooser } from './file-chooser.js';
import { pageView } from './page-view.js';

/** The document holds either a report that `xen-stream inspect --html` put there, or is for files that are dropped on it. */
async function start(): Promise<void> {
  const report = document.getElementById('report')?.textContent;
  if (report !== undefined && report.trim() !== '') document.body.append(pageView(await decodePage(report)));
  else document.body.append(fileChooser());
}

start().catch((error: unknown) => document.body.append(element('p', { class: 'error' }, [String(error)])));
