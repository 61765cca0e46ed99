import type { MigrateToTargetEvent } from '@xen-migration/libxl';

/** Progress comes with every batch of pages; a reader wants to know of it this often, and of every new phase. */
const PROGRESS_MS = 250;

/** Writes one JSON object a line for what happens, `event` saying what. */
export function jsonEvents(out: (text: string) => void): (event: MigrateToTargetEvent) => void {
  const start = performance.now();
  let last = { phase: '', pass: -1, at: Number.NEGATIVE_INFINITY };
  const write = (event: string, fields: object) =>
    out(`${JSON.stringify({ event, atMs: Math.round(performance.now() - start), ...fields })}\n`);
  return (event) => {
    switch (event.kind) {
      case 'progress': {
        const { phase } = event.progress;
        const { pass } = event.statistics;
        const now = performance.now();
        if (phase === last.phase && pass === last.pass && now - last.at < PROGRESS_MS) return;
        last = { phase, pass, at: now };
        return write('progress', { phase, ...event.statistics });
      }
      case 'sending':
        return write('sending', {});
      case 'resuming-source':
        return write('resuming-source', { code: event.error.code, error: event.error.message });
      case 'hand-over':
        return write('hand-over', event.event);
      case 'transport-end':
        // What a script would do with it is in the last event.
        return;
      default: {
        const { kind, ...fields } = event;
        return write(kind, fields);
      }
    }
  };
}
