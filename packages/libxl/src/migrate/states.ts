/**
 * The two ends of `xl migrate` as state machines. Messages between them (stream-format, wire/messages.ts) are written
 * `!message` where this end sends it and `?message` where it receives it; `lost` is the end of the connection, a timeout
 * or a message that must not come; `failed` a failure of this end's own, `cancelled` included.
 *
 * Sender:
 *
 *     connected --?banner--> greeted --!header--> sending --!stream--> sent --?ready--> acknowledged
 *     acknowledged --!permissionToGo--> given
 *     given --?report 0--> moved
 *     given --?report n--> refused --?permissionToGo--> returned
 *     connected, greeted, sending, sent, acknowledged --lost, failed--> kept
 *     given, refused --lost, failed--> unknown
 *
 * Receiver:
 *
 *     listening --!banner--> ready --?header--> receiving --?stream--> complete --!ready--> waiting
 *     waiting --?permissionToGo--> starting --!report 0--> running
 *     complete --taken over--> running
 *     waiting, starting --lost, failed--> failing --!report n--> destroying --!permissionToGo--> givenBack
 *     listening, ready, receiving, complete --lost, failed--> dropped
 *     failing, destroying --lost, failed--> dropped
 *
 * In `kept` and `returned` the guest runs at the sender, in `moved` and `running` at the receiver; in `given` and
 * `refused` it runs at neither by the sender's doing, and in `unknown` the sender leaves it suspended. The sender's copy is
 * destroyed on entering `moved`, never before; the receiver's on entering `destroying` and `dropped`.
 */
export const SENDER = {
  connected: { '?banner': 'greeted', lost: 'kept', failed: 'kept' },
  greeted: { '!header': 'sending', lost: 'kept', failed: 'kept' },
  sending: { '!stream': 'sent', lost: 'kept', failed: 'kept' },
  sent: { '?ready': 'acknowledged', lost: 'kept', failed: 'kept' },
  acknowledged: { '!permissionToGo': 'given', lost: 'kept', failed: 'kept' },
  given: { '?report 0': 'moved', '?report n': 'refused', lost: 'unknown', failed: 'unknown' },
  refused: { '?permissionToGo': 'returned', lost: 'unknown', failed: 'unknown' },
  kept: {},
  returned: {},
  moved: {},
  unknown: {},
} as const satisfies StateTable;

export const RECEIVER = {
  listening: { '!banner': 'ready', lost: 'dropped', failed: 'dropped' },
  ready: { '?header': 'receiving', lost: 'dropped', failed: 'dropped' },
  receiving: { '?stream': 'complete', lost: 'dropped', failed: 'dropped' },
  complete: { '!ready': 'waiting', 'taken over': 'running', lost: 'dropped', failed: 'dropped' },
  waiting: { '?permissionToGo': 'starting', lost: 'failing', failed: 'failing' },
  starting: { '!report 0': 'running', lost: 'failing', failed: 'failing' },
  failing: { '!report n': 'destroying', lost: 'dropped', failed: 'dropped' },
  destroying: { '!permissionToGo': 'givenBack', lost: 'dropped', failed: 'dropped' },
  running: {},
  givenBack: {},
  dropped: {},
} as const satisfies StateTable;

type StateTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

export type SenderState = keyof typeof SENDER;
export type ReceiverState = keyof typeof RECEIVER;

/** One end, at a state of its table. */
export class Machine<T extends StateTable> {
  constructor(
    private readonly table: T,
    private current: keyof T & string,
    private readonly onEnter?: (state: keyof T & string) => void,
  ) {}

  get state(): keyof T & string {
    return this.current;
  }

  /** @throws Error for a step that the table does not have: a mistake of ours, not of the peer */
  step(event: string): void {
    const next = this.table[this.current]?.[event];
    if (next === undefined) throw new Error(`a migration can't take the step '${event}' from '${this.current}'`);
    this.current = next;
    this.onEnter?.(next);
  }
}
