import type { DomainSummary, ShutdownName } from '@xen-migration/libxl';

/** xl's letter for why a domain shut down, and libxl's number. */
const SHUTDOWN: Readonly<Record<ShutdownName, { letter: string; number: number }>> = {
  poweroff: { letter: '-', number: 0 },
  reboot: { letter: 'r', number: 1 },
  suspend: { letter: 's', number: 2 },
  crash: { letter: 'c', number: 3 },
  watchdog: { letter: 'w', number: 4 },
  softReset: { letter: 'S', number: 5 },
};

export interface TableColumns {
  readonly verbose: boolean;
  readonly context: boolean;
  readonly cpupool: boolean;
  readonly numa: boolean;
}

/** The table of `xl list`, as stock prints it. */
export function domainTable(domains: readonly DomainSummary[], columns: TableColumns): string {
  return headline(columns) + domains.map((domain) => line(domain, columns)).join('');
}

function headline({ verbose, context, cpupool, numa }: TableColumns): string {
  const parts = ['Name                                        ID   Mem VCPUs\tState\tTime(s)'];
  if (verbose) parts.push('   UUID                            Reason-Code\tSecurity Label');
  if (context && !verbose) parts.push('   Security Label');
  if (cpupool) parts.push('         Cpupool');
  if (numa) parts.push(' NODE Affinity');
  return `${parts.join('')}\n`;
}

function line(domain: DomainSummary, { verbose, context, cpupool, numa }: TableColumns): string {
  const parts = [
    (domain.name ?? '(null)').padEnd(40),
    ` ${String(domain.domid).padStart(5)}`,
    ` ${String(Math.floor(domain.memoryKib / 1024)).padStart(5)}`,
    ` ${String(domain.onlineVcpus).padStart(5)}`,
    `     ${stateLetters(domain)}`,
    `  ${domain.cpuSeconds.toFixed(1).padStart(8)}`,
  ];
  if (verbose) parts.push(` ${domain.uuid} ${reasonCode(domain).padStart(8)}`);
  if (verbose || context) parts.push(` ${'-'.padStart(16)}`);
  if (cpupool) parts.push('Pool-0'.padStart(16));
  if (numa) parts.push(' all');
  return `${parts.join('')}\n`;
}

/** `r-----`: running, blocked, paused, shut down, why, dying. */
export function stateLetters(domain: DomainSummary): string {
  const flag = (on: boolean, letter: string) => (on ? letter : '-');
  return [
    flag(domain.running, 'r'),
    flag(domain.blocked, 'b'),
    flag(domain.paused, 'p'),
    flag(domain.shutdown, 's'),
    domain.shutdownReason === undefined ? '-' : SHUTDOWN[domain.shutdownReason].letter,
    flag(domain.dying, 'd'),
  ].join('');
}

function reasonCode({ shutdownReason }: DomainSummary): string {
  return shutdownReason === undefined ? '-' : SHUTDOWN[shutdownReason].number.toString(16);
}

/** What a person must know of domains that the host holds but can't execute; empty where there are none. */
export function heldNotes(domains: readonly DomainSummary[]): string {
  return domains
    .filter(({ heldBecause }) => heldBecause !== undefined)
    .map(({ name, domid, heldBecause }) => `note: ${name ?? ''} (${domid}) is held, not executed: ${heldBecause}\n`)
    .join('');
}
