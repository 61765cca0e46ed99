import type { HandOverEvent, LibxlError, MigrateToTargetEvent } from '@xen-migration/libxl';
import type { Context } from '../context.js';
import { savingLine, showSaveEvent } from '../format/transfer.js';
import type { Progress } from '../progress.js';
import { linkText, withoutText } from './link.js';

/** Says what a sender does, in stock's words at stock's moments: scripts look for them. */
export function tell(context: Context, progress: Progress, event: MigrateToTargetEvent): void {
  const say = (text: string) => {
    progress.clear();
    context.err(`migration sender: ${text}\n`);
  };
  switch (event.kind) {
    case 'sending':
      progress.clear();
      context.err(savingLine('migration stream', event.header));
      break;
    case 'state':
      if (event.state === 'acknowledged') say('Target has acknowledged transfer.');
      break;
    case 'resuming-source':
      say(senderFailure(event.error));
      break;
    case 'without':
      progress.clear();
      context.err(withoutText(event.what));
      break;
    case 'link-up':
    case 'link-broken': {
      const text = linkText(event);
      if (text !== undefined) say(text);
      break;
    }
    case 'hand-over':
      for (const text of handOverTexts(event.event)) say(text);
      break;
    case 'progress':
      showSaveEvent(progress, event);
  }
}

function handOverTexts(event: HandOverEvent): string[] {
  switch (event.step) {
    case 'giving-permission':
      return ['Giving target permission to start.'];
    case 'target-started':
      return ['Target reports successful startup.'];
    case 'given-back':
      return [`Target reports startup failure (status code ${event.status}).`, 'Trying to resume at our end.'];
    case 'resumed':
      return ['Resumed OK.'];
  }
}

const senderFailure = (error: LibxlError) => `libxl_domain_suspend failed (rc=${error.rc}): ${error.message}`;
