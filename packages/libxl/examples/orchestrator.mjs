// The source's side of an orchestrator: checks, migrates and evacuates, with libxl alone.
import {
  checkMigrationTo,
  evacuateToTargets,
  findDomain,
  isLibxlError,
  MigrationError,
  migrateToTarget,
  openHost,
  prepareEvacuation,
  reachTarget,
} from '@xen-migration/libxl';

const [tlsDirectory, task, ...words] = process.argv.slice(2);
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort());

const { signal } = stop;
const reachOf = (target) => reachTarget({ host: target, tlsDirectory });
const receiver = { noMonitor: true };
const print = (value) => console.log(JSON.stringify(value));

const TASKS = {
  async check(host, [domain, target]) {
    const domid = await findDomain(host, domain);
    const { possible, findings, estimate } = await checkMigrationTo({ host, domid, reach: reachOf(target), signal });
    print({ possible, findings, estimate });
  },

  async migrate(host, [domain, target]) {
    const { name, totalMs, downtimeMs, link } = await migrateToTarget({
      host,
      domid: await findDomain(host, domain),
      reach: reachOf(target),
      receiver,
      link: { streams: 2, compress: true },
      downtimeMs: 500,
      signal,
      onEvent(event) {
        if (event.kind === 'progress') return; // many a second
        if (event.kind === 'state' || event.kind === 'without' || event.kind === 'link-broken') print(event);
      },
      onText: (text) => process.stderr.write(text),
    });
    print({ migrated: name, totalMs, downtimeMs, link });
  },

  async evacuate(host, names) {
    const targets = new Map(names.map((name) => [name, reachOf(name)]));
    const onUnreachable = (target, { message }) => print({ unreachable: target, message });
    const plan = await prepareEvacuation({ host, targets, signal, onUnreachable });
    print({ moves: plan.moves.map(({ name, target }) => ({ name, target })), left: plan.left });
    const outcomes = await evacuateToTargets({ host, plan, targets, parallel: 2, receiver, signal, onText: () => {} });
    print(outcomes.map(({ kind, move }) => ({ kind, name: move.name, target: move.target })));
    if (outcomes.some(({ kind }) => kind !== 'migrated')) process.exitCode = 1;
  },
};

const host = await openHost();
try {
  await TASKS[task](host, words);
} catch (error) {
  if (!isLibxlError(error)) throw error;
  // A failed migration says where the domain is: 'runs' here, 'suspended', 'stuck'.
  print({ code: error.code, message: error.message, ...(error instanceof MigrationError && { source: error.source }) });
  process.exitCode = 1;
} finally {
  await host.close();
}
