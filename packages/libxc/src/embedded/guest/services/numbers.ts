/** The services of the selfcheck kernel: what its SERVICE instructions name. */
export const SERVICE = {
  /** vcpu 0, once: takes over the machine as the builder left it. */
  boot: 1,
  /** Each vcpu, once: rbx := the vcpu's block. rdi: vcpu. */
  claim: 2,
  /** Each vcpu between batches: rax := pages to write now, rdx := milliseconds to wait where none, rcx := NEXT. */
  tick: 3,
  /** vcpu 0: rings only. */
  pump: 4,
  /** A page is not what it should be: r10 address, rdx generation, rax first bad word. The next ticks say it. */
  lost: 5,
  /** vcpu 0: what a guest undoes before it suspends. rdx := the start_info mfn (PV). */
  beforeSuspend: 6,
  /** vcpu 0: ... and does after; rdi: what the suspend answered (0 new domain, 1 cancelled). */
  afterSuspend: 7,
  /** Each vcpu: its pages were checked after a resume. */
  checked: 8,
} as const;

/** What a vcpu does next (tick's answer in rcx); for `shutdown` the reason is in rdx. */
export const NEXT = { work: 0, park: 1, suspend: 2, shutdown: 3, checkAll: 4 } as const;
