import { describe, expect, it } from 'vitest';
import { parseXlConf, parseXlConfig, toDomainConfig, XlConfigError } from './index.js';

const HOST = { maxCpus: 8, onlineCpus: 8, nodes: [[0, 1, 2, 3, 4, 5, 6, 7]] };
const conf = (text: string) => parseXlConf(text, '/etc/xen/xl.conf', HOST);
const guest = (xlConf: string, config: string) =>
  toDomainConfig(parseXlConfig(`name="g"\nkernel="/k"\n${config}`, 'g.cfg'), {
    host: HOST,
    defaults: conf(xlConf).defaults,
    applyCpuMasks: true,
  }).config;

describe('xl.conf', () => {
  it('sets what guests do not set themselves', () => {
    const { c_info, b_info, nics } = guest(
      'run_hotplug_scripts=0\nclaim_mode=0\nmax_grant_frames=32\nblkdev_start="xvdq"\n' +
        'vif.default.bridge="br0"\nvif.default.script="s"\nvif.default.gatewaydev="e"\nvif.default.backend="d"\n',
      'vif=["","bridge=br1"]\nmax_maptrack_frames=5\n',
    );
    expect(c_info.run_hotplug_scripts).toBe('False');
    expect(b_info).toMatchObject({
      claim_mode: 'False',
      max_grant_frames: 32,
      max_maptrack_frames: 5,
      blkdev_start: 'xvdq',
    });
    expect(nics).toEqual([
      { devid: 0, script: 's', bridge: 'br0', gatewaydev: 'e', backend_domname: 'd' },
      { devid: 1, script: 's', bridge: 'br1', gatewaydev: 'e', backend_domname: 'd' },
    ]);
  });

  it('limits the CPUs of guests, also of those that ask for none', () => {
    const masks = 'vm.cpumask="0-3"\nvm.pv.cpumask="2-7"\nvm.hvm.cpumask="0"\n';
    expect(guest(masks, 'vcpus=2\n').b_info.vcpu_hard_affinity).toEqual([
      [2, 3],
      [2, 3],
    ]);
    expect(guest(masks, 'vcpus=1\ncpus="3-5"\n').b_info.vcpu_hard_affinity).toEqual([[3]]);
    expect(guest(masks, 'vcpus=1\ntype="hvm"\n').b_info.vcpu_hard_affinity).toEqual([[0]]);
    expect(() => guest(masks, 'vcpus=1\ncpus="7"\n')).toThrow('vcpu hard affinity map is empty');
  });

  it('warns of old names', () => {
    const { messages, defaults } = conf('vifscript="a"\ndefaultbridge="b"\nvif.default.bridge="c"\n');
    expect(messages).toEqual([
      'the global config option vifscript is deprecated, please switch to vif.default.script\n',
      'the global config option defaultbridge is deprecated, please switch to vif.default.bridge\n',
    ]);
    expect(defaults.vif).toEqual({ script: 'a', bridge: 'c' });
  });

  it('is refused with its place where it is wrong', () => {
    expect(() => conf('claim_mode 1\n')).toThrow(
      new XlConfigError(
        [
          "/etc/xen/xl.conf:1: config parsing error near `1': syntax error, unexpected NUMBER, expecting += or '='\n",
          'Failed to parse config file: Invalid argument\n',
        ],
        1,
        [{ line: 1, column: 12, message: "syntax error, unexpected NUMBER, expecting += or '='" }],
      ),
    );
    expect(() => conf('max_grant_version="x"\n')).toThrow(XlConfigError);
  });
});
