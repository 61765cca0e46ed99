import { enumFromName, type LibxlRdmReserve, RDM_RESERVE_POLICY } from '../../config/index.js';
import type { Translation } from '../translation.js';
import type { Draft } from './draft.js';

export type RdmPolicy = NonNullable<LibxlRdmReserve['policy']> | null;

/**
 * `rdm = "strategy=host"`.
 *
 * @returns the policy for devices that have none of their own
 */
export function translateRdm(t: Translation, { type, hvm }: Draft): RdmPolicy {
  const text = t.lookup.string('rdm');
  const rdm = text === undefined ? undefined : parseRdm(t, text);
  if (rdm !== undefined) {
    hvm.rdm = rdm;
    return rdm.policy ?? null;
  }
  // Of other guests stock reads memory that HVM guests alone set: zeros, which is "strict".
  return type === 'hvm' ? 'invalid' : 'strict';
}

// Stock's parser takes a policy that there is for an error and one that there is not for success, and leaves without a
// value, null, what it does not set. What it refuses it ignores.
function parseRdm(t: Translation, text: string): LibxlRdmReserve | undefined {
  let strategy: LibxlRdmReserve['strategy'] = null;
  for (const option of text.split(',')) {
    const [name, value] = cutAtEquals(option);
    if (value === undefined) return undefined;
    switch (name) {
      case 'strategy':
        if (value !== 'host') {
          t.report.unfinished(`Unknown RDM strategy option: ${value}`);
          return undefined;
        }
        strategy = 'host';
        break;
      case 'policy':
        if (rdmPolicy(t, value) !== undefined) return undefined;
        break;
      default:
        t.report.unfinished(`Unknown RDM state option: ${name}`);
        return undefined;
    }
  }
  return { strategy, policy: null };
}

function cutAtEquals(option: string): readonly [name: string, value: string | undefined] {
  const at = option.indexOf('=');
  return at < 0 ? [option, undefined] : [option.slice(0, at), option.slice(at + 1)];
}

/** A policy's name; undefined, after stock's message, where there is no such policy. */
export function rdmPolicy(t: Translation, name: string): NonNullable<LibxlRdmReserve['policy']> | undefined {
  const policy = enumFromName(RDM_RESERVE_POLICY, name);
  if (policy === undefined) t.report.unfinished(`Unknown RDM policy: ${name}`);
  return policy;
}
