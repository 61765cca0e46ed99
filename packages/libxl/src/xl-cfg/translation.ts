import type { Bitmap } from '../config/index.js';
import { type Report, XlConfigError } from './report.js';
import type { Lookup, XlSettings } from './settings.js';

/** What a configuration's meaning depends on of the host that it is read on. */
export interface HostFacts {
  /** CPUs that the host can have: the width of a CPU map before it is rounded up to whole bytes. */
  readonly maxCpus: number;
  readonly onlineCpus: number;
  /** The CPUs of each NUMA node. */
  readonly nodes: readonly (readonly number[])[];
}

/** Where what a configuration leaves to chance comes from. */
export interface RandomSource {
  uuid(): string;
  bytes(count: number): Uint8Array;
}

/** What xl.conf sets for every guest; the values here are stock's own defaults where it is silent. */
export interface XlDefaults {
  readonly runHotplugScripts?: boolean;
  readonly claimMode?: boolean;
  readonly blkdevStart?: string;
  /** CPUs that guests of a kind may use at all; every one where absent. */
  readonly cpuMasks?: { readonly vm?: Bitmap; readonly pv?: Bitmap; readonly hvm?: Bitmap };
  readonly maxGrantFrames?: number;
  readonly maxMaptrackFrames?: number;
  readonly maxGrantVersion?: number;
  readonly vif?: {
    readonly script?: string;
    readonly bridge?: string;
    readonly gatewaydev?: string;
    readonly backend?: string;
  };
}

/** One configuration on its way to a domain config: its settings, the host, and what has been said so far. */
export class Translation {
  constructor(
    readonly settings: XlSettings,
    readonly lookup: Lookup,
    readonly report: Report,
    readonly host: HostFacts,
    readonly random: RandomSource,
    readonly defaults: XlDefaults,
  ) {}

  get source(): string {
    return this.settings.source;
  }

  say(line: string): void {
    this.report.line(line);
  }

  /** Stock's exit status `rc`, after the lines. */
  refuse(rc: number, ...lines: readonly string[]): XlConfigError {
    for (const line of lines) this.report.line(line);
    return new XlConfigError(this.report.messages, rc);
  }
}

/** xl's exit statuses: EXIT_FAILURE, -ERROR_FAIL, -ERROR_INVAL. */
export const EXIT_FAILURE = 1;
export const EXIT_ERROR_FAIL = 3;
export const EXIT_ERROR_INVAL = 6;

export type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Sets the member only where there is a value. */
export function put<T extends object, K extends keyof T>(target: T, name: K, value: T[K] | undefined): void {
  if (value !== undefined) target[name] = value;
}
