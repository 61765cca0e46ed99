import { openXen } from '@xen-migration/libxc/xen';
import { watchDowntime } from './downtime.js';

// In a control domain, DOMID: says that it watches, then how many seconds that guest stood still in its next migration.
const hypervisor = await openXen();
process.stdout.write('watching\n');
const downtime = await watchDowntime(hypervisor, Number(process.argv[2]));
process.stdout.write(`${(downtime / 1000).toFixed(2)}\n`);
await hypervisor.close();
