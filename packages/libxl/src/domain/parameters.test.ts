import { describe, expect, it } from 'vitest';
import { domainParameters } from './parameters.js';

describe('the parameters of a domain', () => {
  it('come from its configuration', () => {
    const config = {
      c_info: { type: 'hvm', name: 'vm', uuid: '03392644-a0aa-4d15-9f71-0cb544a19ebc', domid: 7 },
      b_info: { max_vcpus: 3, avail_vcpus: [0, 2], max_memkb: 40960, target_memkb: 32768, video_memkb: 8 },
      pcidevs: [{}],
    } as const;
    expect(domainParameters(config)).toMatchObject({
      type: 'hvm',
      domid: 7,
      maxVcpus: 3,
      onlineVcpus: [true, false, true],
      maxMemoryKib: 40960,
      targetMemoryKib: 32768,
      videoMemoryKib: 8,
      passthrough: true,
    });
  });

  it("have libxl's defaults", () => {
    const params = domainParameters({ c_info: { type: 'pv', name: 'vm' }, b_info: {} });
    expect(params).toMatchObject({
      domid: 0,
      maxVcpus: 1,
      onlineVcpus: [true],
      maxMemoryKib: 32768,
      passthrough: false,
    });
    expect(params.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  });

  it('refuse what no domain can be', () => {
    expect(() => domainParameters({ c_info: { name: 'vm' }, b_info: {} })).toThrow('of type pv, hvm or pvh');
    expect(() => domainParameters({ c_info: { type: 'pv' }, b_info: {} })).toThrow('has no name');
    const cpuid = { cpuid: [{ leaf: 7, ebx: 'q'.repeat(32) }], msr: [] };
    expect(() => domainParameters({ c_info: { type: 'pv', name: 'vm' }, b_info: { cpuid } })).toThrow('leaf 0x7 ebx');
    const msr = { cpuid: [], msr: [{ index: 0x10a, policy: 's'.repeat(64) }] };
    expect(() => domainParameters({ c_info: { type: 'pv', name: 'vm' }, b_info: { cpuid: msr } })).toThrow('MSR 0x10a');
  });

  it('take a number that no guest can have for any', () => {
    const config = { c_info: { type: 'pv', name: 'vm', domid: 0xffff_ffff }, b_info: {} } as const;
    expect(domainParameters(config).domid).toBe(0);
  });
});
