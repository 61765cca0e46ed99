import { describe, expect, it } from 'vitest';
import type { LibxlDeviceDisk, LibxlDeviceNic, LibxlDomainConfig, LibxlHvmInfo } from '../../config/index.js';
import { qemuArguments } from './arguments.js';
import type { QemuMachine } from './machine.js';

interface Changes {
  readonly hvm?: LibxlHvmInfo;
  readonly built?: LibxlDomainConfig['b_info'];
  readonly disks?: readonly LibxlDeviceDisk[];
  readonly nics?: readonly LibxlDeviceNic[];
}

function argumentsOf({ hvm = {}, built = {}, ...devices }: Changes, machine: QemuMachine = 'xen', incoming?: number) {
  return qemuArguments({
    domid: 7,
    config: {
      c_info: { type: 'hvm', name: 'vm' },
      b_info: { max_vcpus: 1, max_memkb: 266240, video_memkb: 4096, ...built, 'type.hvm': hvm },
      ...devices,
    },
    machine,
    sockets: { command: '/run/qmp-libxl-7', statistics: '/run/qmp-libxenstat-7' },
    incoming,
  });
}

/** What stands after an option, each time that it is given. */
function values(list: readonly string[], name: string): string[] {
  return list.filter((_, i) => list[i - 1] === name);
}

describe("a QEMU's arguments", () => {
  it('for a guest of Xen are those of libxl', () => {
    expect(argumentsOf({ hvm: { boot: 'cd' } }).join(' ')).toBe(
      '-xen-domid 7 -no-shutdown -chardev socket,id=libxl-cmd,path=/run/qmp-libxl-7,server=on,wait=off ' +
        '-mon chardev=libxl-cmd,mode=control ' +
        '-chardev socket,id=libxenstat-cmd,path=/run/qmp-libxenstat-7,server=on,wait=off ' +
        '-mon chardev=libxenstat-cmd,mode=control -S -nodefaults -no-user-config -name vm ' +
        '-vnc 127.0.0.1:0,to=99 -display none -device cirrus-vga,vgamem_mb=4 -boot order=cd -net none ' +
        '-machine xenfv,suppress-vmdesc=on -m 256',
    );
  });

  it('beside a guest that no x86 code runs in are those of a PC that executes nothing', () => {
    const list = argumentsOf(
      {
        hvm: { serial: 'pty', vnc: { listen: '0.0.0.0' }, spice: { enable: 'True' } },
        built: { extra: ['-trace', 'all'] },
        disks: [{ vdev: 'hda', pdev_path: '/disk', readwrite: 1 }],
        nics: [{ devid: 0 }],
      },
      'standalone',
    );
    expect(list).not.toContain('-xen-domid');
    expect(list).not.toContain('-drive');
    expect(list).not.toContain('-trace');
    expect(values(list, '-machine')).toEqual(['pc,accel=qtest,suppress-vmdesc=on']);
    expect(values(list, '-vnc')).toEqual(['none']);
    expect(values(list, '-serial')).toEqual(['null']);
    expect(values(list, '-net')).toEqual(['none']);
    expect(values(list, '-global')).toEqual([
      'migration.send-configuration=off',
      'migration.store-global-state=off',
      'migration.send-section-footer=off',
    ]);
  });

  it('with a saved state name its descriptor', () => {
    expect(values(argumentsOf({}, 'xen', 3), '-incoming')).toEqual(['fd:3']);
    expect(argumentsOf({})).not.toContain('-incoming');
  });

  it.each<[string, Changes, string, string[]]>([
    ['no platform device', { hvm: { xen_platform_pci: 'False' } }, '-machine', ['pc,accel=xen,suppress-vmdesc=on']],
    ['vcpus', { built: { max_vcpus: 4, avail_vcpus: [0, 1] } }, '-smp', ['2,maxcpus=4']],
    ['all vcpus', { built: { max_vcpus: 4 } }, '-smp', ['4']],
    ['one vcpu', {}, '-smp', []],
    ['serial ports', { hvm: { serial_list: ['pty', 'null'] } }, '-serial', ['pty', 'null']],
    ['no screen', { hvm: { vnc: { enable: 'False' } } }, '-vnc', ['none']],
    [
      'a screen with a password',
      { hvm: { vnc: { listen: '::1', display: 0, passwd: 'x', findunused: 'False' } } },
      '-vnc',
      ['::1,password=on'],
    ],
    ['usb devices', { hvm: { usbdevice_list: ['tablet', 'mouse'] } }, '-usbdevice', ['tablet', 'mouse']],
    ['no graphics card', { hvm: { vga: { kind: 'none' } } }, '-device', []],
    ['a standard card', { hvm: { vga: { kind: 'std' } } }, '-device', ['VGA,vgamem_mb=4']],
    [
      'usb 1 and sound',
      { hvm: { vga: { kind: 'none' }, usbversion: 1, soundhw: 'hda' } },
      '-device',
      ['piix3-usb-uhci,id=usb', 'intel-hda', 'hda-duplex'],
    ],
    ['own arguments', { built: { extra: ['-a'], extra_hvm: ['-b'] } }, '-a', ['-b']],
    [
      'disks',
      {
        disks: [
          { vdev: 'hda', pdev_path: '/a,b', readwrite: 1, backend: 'phy', format: 'raw' },
          { vdev: 'xvdb', pdev_path: '/img', readwrite: 1, backend: 'qdisk', format: 'qcow2' },
          { vdev: 'xvde', pdev_path: '/fifth', readwrite: 1, backend: 'phy', format: 'raw' },
          { vdev: 'hdc', is_cdrom: 1, format: 'empty' },
          { vdev: 'sdb', pdev_path: '/scsi', readwrite: 0, backend: 'phy', format: 'raw' },
        ],
      },
      '-drive',
      [
        'file=/a,,b,if=ide,index=0,media=disk,format=raw,cache=writeback',
        'file=/img,if=ide,index=1,media=disk,format=qcow2,cache=writeback',
        'if=none,readonly=on,id=ide-5632',
        'file=/scsi,if=none,id=scsidisk-1,format=raw,cache=writeback,readonly=on',
      ],
    ],
    [
      'network cards',
      {
        nics: [
          { devid: 0, mac: '00:16:3e:00:00:01', model: 'e1000', bridge: 'xenbr0' },
          { devid: 1, nictype: 'vif' },
        ],
      },
      '-netdev',
      ['type=tap,id=net0,ifname=vif7.0-emu,br=xenbr0,script=no,downscript=no'],
    ],
  ])('%s', (_what, changes, name, expected) => {
    expect(values(argumentsOf(changes), name)).toEqual(expected);
  });

  it.each<[string, Changes, string]>([
    ['both kinds of serial', { hvm: { serial: 'pty', serial_list: ['pty'] } }, 'ERROR_INVAL'],
    ['both kinds of usb devices', { hvm: { usbdevice: 'a', usbdevice_list: ['b'] } }, 'ERROR_INVAL'],
    ['an unknown usb version', { hvm: { usbversion: 4 } }, 'ERROR_INVAL'],
    ['an unknown sound card', { hvm: { soundhw: 'loud' } }, 'ERROR_INVAL'],
    ['two displays', { hvm: { vnc: { listen: '0.0.0.0:1', display: 2 } } }, 'ERROR_INVAL'],
    ['a read-only IDE disk', { disks: [{ vdev: 'hda', pdev_path: '/a', readwrite: 0 }] }, 'ERROR_INVAL'],
    ['SPICE', { hvm: { spice: { enable: 'True' } } }, 'ERROR_NI'],
    ['SDL', { hvm: { sdl: { enable: 'True' } } }, 'ERROR_NI'],
    ['graphics passthrough', { hvm: { gfx_passthru: 'True' } }, 'ERROR_NI'],
    ['COLO', { disks: [{ vdev: 'hda', colo_enable: 'True' }] }, 'ERROR_NI'],
  ])('%s is refused', (_what, changes, code) => {
    expect(() => argumentsOf(changes)).toThrow(expect.objectContaining({ code }));
  });
});
