/** Moments of a migration as they pass over its link, in their order. */
export const LINK_MOMENTS = {
  banner: 'before the receiver is heard of',
  header: 'as the configuration travels',
  memory: 'while memory flows',
  ready: 'as the receiver says that it is ready',
  go: 'as the receiver is told to go',
  report: 'as the receiver says that the guest runs',
} as const;
export type LinkMoment = keyof typeof LINK_MOMENTS;

/** What goes wrong with a link. */
export interface LinkFault {
  readonly at: LinkMoment;
  /** The network is gone, or the receiver's process is. */
  readonly what: 'cut' | 'kill-receiver';
  /** Of `memory`: after so many bytes of the stream. */
  readonly afterBytes?: number;
}

/** What the program of a link is told. */
export interface LinkOrder {
  /** Of the embedded host at the other end; absent for real Xen, and where both ends are on one host. */
  readonly directory?: string;
  readonly xl: string;
  /** Where what is sent is kept. */
  readonly record?: string;
  readonly fault?: LinkFault;
  /** Made when the fault happens; where it is there already, none happens any more. */
  readonly once?: string;
}
