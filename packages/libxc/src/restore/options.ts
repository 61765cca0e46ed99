import type { ByteReader, ByteSink } from '@xen-migration/stream-format';
import type { Hypervisor } from '../hypervisor/hypervisor.js';
import type { RestorePhase } from './errors.js';

/** An event channel of the new domain, and the domain at its other end. */
export interface BackendChannel {
  readonly port: number;
  readonly domid: number;
}

export interface RestoreOptions {
  readonly hypervisor: Hypervisor;
  /** A domain that was just made: vcpus allocated, memory limit set, no page populated, never run. */
  readonly domid: number;
  /** At the libxc stream's first byte. Nothing past its END is read. */
  readonly reader: ByteReader;
  readonly store: BackendChannel;
  readonly console: BackendChannel;
  /**
   * Default: 'plain', which ends with END. 'remus': checkpoints follow; each is kept until it is whole and acted upon
   * then, and when the sender is gone the guest goes on from the last whole one. 'colo' (HVM only): the guest also runs
   * here between checkpoints.
   */
  readonly stream?: 'plain' | 'remus' | 'colo';
  /**
   * A guest whose CPU had features that this host can't give it: 'refuse' (default), before its first page is read, or
   * 'force': without them. The result's warnings then say which.
   */
  readonly missingCpuFeatures?: 'refuse' | 'force';
  readonly callbacks?: RestoreCallbacks;
  /** COLO: where the list of pages goes that this guest wrote since the last checkpoint (back to the sender). */
  readonly backChannel?: ByteSink;
  /** Looked at before each record. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RestoreProgress) => void;
}

export interface RestoreCallbacks {
  /**
   * The static data has been taken; `missing` is what the stream did not have (streams of old Xen, or none to send). The
   * toolstack then sets a policy from the domain's configuration. A rejection fails the restore.
   */
  staticDataDone?(missing: MissingStaticData): Promise<void>;
  /** A CHECKPOINT record came: the outer layer reads its own records, from the same reader. */
  checkpoint?(): Promise<RestoreStep>;
  /** COLO: the guest is as of the checkpoint; its rings are told, ... */
  restoreResults?(rings: {
    readonly storeGfn: number | undefined;
    readonly consoleGfn: number | undefined;
  }): Promise<void>;
  /** ... it runs on ... */
  postcopy?(): Promise<RestoreStep>;
  /** ... until the next checkpoint is wanted, ... */
  waitCheckpoint?(): Promise<RestoreStep>;
  /** ... for which it is suspended. */
  suspend?(): Promise<RestoreStep>;
}

/** 'failover': the sender is gone, the guest goes on from the last whole checkpoint. A rejection fails the restore. */
export type RestoreStep = 'continue' | 'failover';

export interface MissingStaticData {
  readonly cpuid: boolean;
  readonly msr: boolean;
}

export interface RestoreProgress {
  readonly phase: RestorePhase;
  /** Page entries taken so far, pages without data included. */
  readonly pagesDone: number;
  /** Of the stream, so far. */
  readonly bytes: number;
}

export interface RestoreResult {
  readonly version: 2 | 3;
  readonly guestType: 'pv' | 'hvm';
  /** Xen that wrote the stream; 0.x for a stream converted from the format before version 2. */
  readonly xenMajor: number;
  readonly xenMinor: number;
  /** Frames of the xenstore and console rings (mfn for PV, gfn for HVM); undefined: the guest has none. */
  readonly storeGfn: number | undefined;
  readonly consoleGfn: number | undefined;
  readonly pagesRead: number;
  readonly bytesRead: number;
  /** Whole checkpoints that were acted upon; 0 for a plain stream. */
  readonly checkpoints: number;
  /** Why the stream was left before its end, for the last whole checkpoint; undefined: it was not. */
  readonly failover: string | undefined;
  /** Pages that differed in a verification pass: the sender changed them after the guest was suspended. */
  readonly verifyMismatches: readonly number[];
  /** What the stream lacks although the guest may need it, in words for its owner. */
  readonly warnings: readonly string[];
}
