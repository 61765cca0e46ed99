import type { SaveEvent, XlHeader } from '@xen-migration/libxl';
import type { Progress } from '../progress.js';

/** `info 0x3/0x0/984`, as stock prints of a save file's header. */
export function headerInfo(header: XlHeader): string {
  const { mandatoryFlags, optionalFlags, optionalData } = header;
  return `info 0x${mandatoryFlags.toString(16)}/0x${optionalFlags.toString(16)}/${optionalData.length}`;
}

export function savingLine(to: string, header: XlHeader): string {
  return `Saving to ${to} new xl format (${headerInfo(header)})\n`;
}

export function loadingLines(from: string, header: XlHeader, configFile: string | undefined): string {
  const json = (header.mandatoryFlags & 1) !== 0 ? ' in JSON format' : '';
  const contains = header.optionalData.length > 0 ? ` Savefile contains xl domain config${json}\n` : '';
  const loading = `Loading new save file ${from} (new xl fmt ${headerInfo(header)})\n`;
  return `${loading}${contains}Parsing config from ${configFile ?? '<saved>'}\n`;
}

const PHASES: Readonly<Record<string, string>> = {
  setup: 'setting up',
  'static-data': 'setting up',
  suspend: 'suspending',
  'stop-and-copy': 'suspended, copying the rest',
  verify: 'copying all once more',
  'final-records': 'suspended, finishing',
  end: 'done',
};

/** What a save or a sending migration tells of itself, as progress. */
export function showSaveEvent(progress: Progress, event: SaveEvent): void {
  if (event.kind !== 'progress') return;
  const { statistics } = event;
  const { phase, iteration, pagesDone, pagesTotal, bytes } = event.progress;
  const what = phase === 'precopy' ? `pass ${iteration + 1}` : (PHASES[phase] ?? phase);
  progress.update({ what, done: pagesDone, total: pagesTotal, bytes, statistics });
}
