import type { LinkEvent } from '@xen-migration/libxl';
import type { Context } from '../context.js';
import type { Progress } from '../progress.js';
import type { jsonEvents } from './events.js';
import { linkText } from './link.js';

/** What a link carried. */
export interface LinkTotals {
  /** Of the migration. */
  readonly rawBytes: number;
  /** Over the connections, repetitions included. */
  readonly wireBytes: number;
  /** How often it broke and was taken up again. */
  readonly takenUpAgain: number;
}

/** Says what happens to a link, and keeps what it carried. */
export class LinkWatch {
  totals: LinkTotals | undefined;
  private takenUpAgain = 0;

  constructor(
    private readonly context: Context,
    private readonly progress: Progress,
    private readonly events: ReturnType<typeof jsonEvents> | undefined,
  ) {}

  observe(event: LinkEvent): void {
    if (event.kind === 'link-up' && event.again) this.takenUpAgain++;
    if (event.kind === 'link-totals') {
      this.totals = { rawBytes: event.rawBytes, wireBytes: event.wireBytes, takenUpAgain: this.takenUpAgain };
    }
    this.events?.(event);
    const text = linkText(event);
    if (text === undefined) return;
    this.progress.clear();
    this.context.err(`migration sender: ${text}\n`);
  }
}
