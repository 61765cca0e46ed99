import { type MigrateOptions, type MigrateReport, type PlannedMove, retrieveConfiguration } from '@xen-migration/libxl';
import type { Context } from '../context.js';
import { EXIT, ExitError } from '../exit.js';
import { carryOut } from '../migration/carry-out.js';
import { chooseTransport, type LinkWish, linkText } from '../migration/link.js';
import type { Reach } from '../migration/transport.js';
import type { EvacuationDisplay } from './display.js';

export interface MoverOptions {
  readonly reaches: ReadonlyMap<string, Reach>;
  readonly wish: LinkWish;
  readonly convergence: Pick<MigrateOptions, 'policy' | 'autoConverge'>;
  readonly noMonitor: boolean;
}

/** Migrates the domains of an evacuation, each as xl migrate would. */
export class Mover {
  constructor(
    private readonly context: Context,
    private readonly options: MoverOptions,
    private readonly display: EvacuationDisplay,
  ) {}

  /** @throws MigrationError, ExitError */
  async migrate(move: PlannedMove): Promise<MigrateReport> {
    const { context, display } = this;
    const { reaches, wish, convergence, noMonitor } = this.options;
    const reach = reaches.get(move.target);
    if (reach === undefined) throw new ExitError(EXIT.failure, `${move.target} is no host of this evacuation`);
    const said: Context = { ...context, err: (text) => display.say(move, text) };
    const receiver = { noMonitor, debug: false, paused: false, globals: context.globals, terminal: false };
    const result = await carryOut(context, {
      domid: move.domid,
      config: await retrieveConfiguration(await context.host(), move.domid),
      chosen: await chooseTransport(said, reach, receiver, wish),
      wish,
      settings: convergence,
      onEvent: (event) => display.progress(move, event),
      onLink: (event) => display.say(move, linkText(event) ?? ''),
      onText: (text) => display.said(move, text),
    });
    if (result.kind === 'migrated') return result.report;
    throw result.error;
  }
}
