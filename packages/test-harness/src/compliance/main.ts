import { openXen } from '@xen-migration/libxc/xen';
import { runChecks } from './check.js';
import { complianceChecks } from './checks.js';

// In a control domain: examines the Xen that it runs on. Exit status 0 where every check is well.
const hypervisor = await openXen();
const results = await runChecks(complianceChecks, { hypervisor });
for (const result of results) {
  process.stdout.write(
    `${result.outcome.padEnd(8)}${result.name}${result.outcome === 'ok' ? '' : `: ${result.why}`}\n`,
  );
}
await hypervisor.close();
process.exitCode = results.every(({ outcome }) => outcome === 'ok') ? 0 : 1;
