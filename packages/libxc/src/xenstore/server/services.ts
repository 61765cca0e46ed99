import type { Database } from './database.js';

/** What requests about domains act on. */
export interface DomainService {
  /** @throws Refusal EINVAL */
  introduce(domid: number, gfn: number, port: number): Promise<void>;
  /** @throws Refusal ENOENT */
  release(domid: number): Promise<void>;
  /** @throws Refusal ENOENT */
  resume(domid: number): Promise<void>;
  /** @throws Refusal ENOENT */
  setTarget(domid: number, target: number): void;
  isIntroduced(domid: number): boolean;
}

export interface Services {
  readonly database: Database;
  readonly domains: DomainService;
  readonly log: (text: string) => void;
}
