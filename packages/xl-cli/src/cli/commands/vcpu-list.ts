import { listDomains, nameOfDomain, type VcpuSummary, vcpusOfDomain } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { requireDomain } from '../context.js';
import { EXIT } from '../exit.js';

export const vcpuList = defineCommand(
  {
    name: 'vcpu-list',
    summary: 'List the VCPUs for all/some domains',
    usage: '[Domain, ...]',
    options: {},
    operands: 0,
  },
  async (context, { operands }) => {
    const host = await context.host();
    context.out(vcpuHeadline());
    const domids: number[] = [];
    for (const operand of operands) domids.push(await requireDomain(context, operand));
    if (operands.length === 0) domids.push(...(await listDomains(host)).map(({ domid }) => domid));
    for (const domid of domids) {
      const name = (await nameOfDomain(host, domid)) ?? '(null)';
      for (const vcpu of await vcpusOfDomain(host, domid)) context.out(vcpuLine(name, domid, vcpu));
    }
    return EXIT.success;
  },
);

export function vcpuHeadline(): string {
  const columns = ['Name'.padEnd(32), 'ID'.padStart(5), 'VCPU'.padStart(5), 'CPU'.padStart(5), 'State'.padStart(5)];
  return `${columns.join(' ')} ${'Time(s)'.padStart(9)} Affinity (Hard / Soft)\n`;
}

export function vcpuLine(name: string, domid: number, vcpu: VcpuSummary): string {
  const cpu = vcpu.online ? String(vcpu.cpu) : '-';
  const state = vcpu.online ? `${vcpu.running ? 'r' : '-'}${vcpu.blocked ? 'b' : '-'}-` : '--p';
  const seconds = (Number(vcpu.cpuTime) / 1e9).toFixed(1);
  const columns = [name.padEnd(32), String(domid).padStart(5), String(vcpu.vcpu).padStart(5), cpu.padStart(4)];
  return `${columns.join(' ')} ${state.padStart(5)} ${seconds.padStart(9)}  all / all\n`;
}
