/**
 * same: as stock. better: what stock does, and what stock leaves out. other: not as stock, and no matter to what it is
 * for. accepted: taken and without effect. absent: not there.
 */
export type Verdict = 'same' | 'better' | 'other' | 'accepted' | 'absent';

export interface Judgement {
  readonly verdict: Verdict;
  /** For people; only `same` needs no word. */
  readonly why?: string;
}

export const same: Judgement = { verdict: 'same' };
export const better = (why: string): Judgement => ({ verdict: 'better', why });
export const other = (why: string): Judgement => ({ verdict: 'other', why });
export const accepted = (why: string): Judgement => ({ verdict: 'accepted', why });
export const absent = (why: string): Judgement => ({ verdict: 'absent', why });
