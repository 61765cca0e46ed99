import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hypervisor } from '@xen-migration/libxc';
import { createEmbeddedHost, type EmbeddedHost } from '@xen-migration/libxc/embedded';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { complianceChecks } from './checks.js';

describe('the embedded host does what every implementation of the hypervisor interface must', () => {
  let directory: string;
  let host: EmbeddedHost;
  let hypervisor: Hypervisor;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'xen-compliance-'));
    host = await createEmbeddedHost({ directory, memoryMib: 128, seed: 5 });
    hypervisor = host.connect();
  });

  afterAll(async () => {
    await host.close();
    rmSync(directory, { recursive: true });
  });

  for (const { name, run } of complianceChecks) it(name, () => run({ hypervisor }));
});
