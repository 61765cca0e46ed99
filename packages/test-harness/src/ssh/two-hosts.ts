import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { XlHost } from '../../../xl-cli/src/testing/xl-process.js';
import { type FoundSshd, findSshd } from './find-sshd.js';
import { Sshd } from './sshd.js';

/** What a migration says of itself at its end. */
export interface Report {
  readonly outcome: string;
  readonly link: { readonly rawBytes: number; readonly wireBytes: number; readonly takenUpAgain: number };
}

/** undefined: this machine has none, and that is said. */
export function sshdOrWarning(): FoundSshd | undefined {
  const found = findSshd();
  if (!('missing' in found)) return found;
  console.warn(`skipped: migrations by ssh (${found.missing})`);
  return undefined;
}

/** Two embedded hosts, each of which is reached by an sshd of its own. */
export interface TwoHosts {
  readonly a: XlHost;
  readonly b: XlHost;
  readonly toA: Sshd;
  readonly toB: Sshd;
  destroyAll(): Promise<unknown>;
  close(): Promise<void>;
}

export async function startTwoHosts(found: FoundSshd): Promise<TwoHosts> {
  const a = new XlHost();
  const b = new XlHost();
  const reach = (from: XlHost, to: XlHost, name: string) => {
    const environment = { XEN_EMBEDDED_DIR: to.directory, XEN_EMBEDDED_MEMORY: '512', XEN_EMBEDDED_IDLE: '1' };
    return Sshd.start({ found, directory: join(from.files, `ssh-${name}`), name, environment });
  };
  const [toB, toA] = await Promise.all([reach(a, b, 'b'), reach(b, a, 'a')]);
  return {
    a,
    b,
    toA,
    toB,
    destroyAll: () => Promise.all([a.destroyAll(), b.destroyAll()]),
    async close() {
      await Promise.all([toA.stop(), toB.stop()]);
      await Promise.all([a.close(), b.close()]);
    },
  };
}

/** The guest is where it should be and nowhere else; of links nothing is left. */
export async function runsOnlyOn(host: XlHost, other: XlHost): Promise<void> {
  await host.eventually('it runs alone', async () => {
    const domains = await host.list();
    return domains.length === 1 && domains[0]?.name === 'vm' && !domains[0].paused && !domains[0].shutdown;
  });
  await other.eventually('nothing there', async () => (await other.list()).length === 0);
  await host.works('vm');
  for (const one of [host, other]) {
    const sockets = () => readdirSync(join(one.directory, 'libxl')).filter((file) => file.startsWith('link-'));
    await one.eventually('no link left', async () => sockets().length === 0);
  }
}
