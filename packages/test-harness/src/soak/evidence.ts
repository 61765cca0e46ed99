import type { MatrixHost } from '../matrix/host/matrix-host.js';
import type { Field } from './field.js';
import type { SoakGuest } from './guest.js';
import { copiesOf, describe } from './invariant.js';

/** Of what was said last, so much is kept. */
const SAID_LIMIT = 3_000;

/** What can be known of a failure before anything is put away: the hosts' messages and logs, the last words of the guest. */
export async function evidenceOf(field: Field, guest?: SoakGuest): Promise<string> {
  const parts = guest === undefined ? [] : await lastWords(field, guest);
  for (const host of field.hosts) parts.push(`--- ${host.name}: hypervisor\n${await messagesOf(field, host)}`);
  return [...parts, field.logs()].join('\n');
}

async function lastWords(field: Field, guest: SoakGuest): Promise<string[]> {
  const words: string[] = [];
  for (const copy of await copiesOf(field, guest)) {
    const { host, domain } = copy;
    const said = await field.packages.libxl
      .recentConsoleOutput(host.host, domain.domid)
      .catch((e: unknown) => `(${e})`);
    words.push(`--- console: ${describe([copy])}\n${said.trim().slice(-SAID_LIMIT)}`);
  }
  return words;
}

function messagesOf({ packages }: Field, { host }: MatrixHost): Promise<string> {
  return packages.libxl.hypervisorMessages(host).then((text) => text.trim().slice(-SAID_LIMIT));
}
