import type { LabImage } from './image.js';

/** An emulated machine that runs Xen. */
export interface MachineOptions {
  /** Dom0's host name. */
  readonly name: string;
  /** Folder of its sockets and logs. */
  readonly folder: string;
  /** Folder that dom0 sees as /lab/share. */
  readonly share: string;
  /** Whether /dev/kvm can be used. */
  readonly kvm: boolean;
  /** MiB of the machine, and of dom0. */
  readonly memory: number;
  readonly dom0Memory: number;
  readonly cpus: number;
  readonly network?: MachineNetwork;
  /** Another hypervisor than Debian's (a plain multiboot ELF file). */
  readonly xen?: string;
}

/** A private network with another machine: who listens, on which TCP port of 127.0.0.1, and dom0's address. */
export interface MachineNetwork {
  readonly role: 'listen' | 'connect';
  readonly port: number;
  readonly address: string;
}

export const MACHINE_FILES = { control: 'control.sock', console: 'console.sock' } as const;

/**
 * Without hardware virtualisation: 'max' (other models hang while Xen starts), less what breaks dom0 under emulation
 * (SMAP: dom0 dies of a page fault at once).
 */
const EMULATED_CPU = process.env.XEN_LAB_CPU ?? 'max,-smap,-smep,-la57,-pku,-pks';

/** QEMU's arguments. */
export function qemuArguments(image: LabImage, machine: MachineOptions): string[] {
  const { tools } = image;
  const socket = (id: keyof typeof MACHINE_FILES, log = '') =>
    `socket,id=${id},path=${machine.folder}/${MACHINE_FILES[id]},server=on,wait=off${log}`;
  return [
    ...['-L', tools.path('usr/share/qemu'), '-L', tools.path('usr/share/seabios')],
    ...['-machine', 'q35', '-smp', String(machine.cpus), '-m', String(machine.memory)],
    ...(machine.kvm
      ? ['-accel', 'kvm', '-cpu', 'host,-arch-capabilities']
      : ['-accel', process.env.XEN_LAB_TCG ?? 'tcg,thread=multi,tb-size=1024', '-cpu', EMULATED_CPU]),
    ...['-nodefaults', '-vga', 'none', '-display', 'none', '-no-reboot'],
    ...['-chardev', socket('console', `,logfile=${machine.folder}/console.log`), '-serial', 'chardev:console'],
    ...['-kernel', machine.xen ?? image.xen, '-append', xenCommandLine(machine)],
    ...['-initrd', `${image.kernel} ${kernelCommandLine(machine)},${image.initrd}`],
    ...['-drive', `file=${image.disk},if=none,id=disk,format=raw,snapshot=on`, '-device', 'virtio-blk-pci,drive=disk'],
    ...['-device', 'virtio-serial-pci'],
    ...['-chardev', socket('control'), '-device', 'virtserialport,chardev=control,name=lab.control'],
    ...['-virtfs', `local,path=${machine.share},mount_tag=share,security_model=none`],
    ...networkArguments(machine),
  ];
}

function xenCommandLine(machine: MachineOptions): string {
  const memory = `${machine.dom0Memory}M`;
  return [
    `dom0_mem=${memory},max:${memory}`,
    'dom0_max_vcpus=1',
    'console=com1',
    'com1=115200,8n1',
    'loglvl=all',
    'guest_loglvl=all',
    'sync_console',
    'spec-ctrl=eager-fpu=1',
  ].join(' ');
}

/** It is part of an argument whose parts QEMU separates by commas. */
function kernelCommandLine(machine: MachineOptions): string {
  const address = machine.network === undefined ? '' : ` lab.address=${machine.network.address}`;
  return `root=/dev/vda rw console=hvc0 quiet net.ifnames=0 lab.name=${machine.name}${address}`;
}

function networkArguments({ network }: MachineOptions): string[] {
  if (network === undefined) return ['-nic', 'none'];
  const mac = network.role === 'listen' ? '52:54:00:00:77:01' : '52:54:00:00:77:02';
  return [
    ...['-netdev', `socket,id=net,${network.role}=127.0.0.1:${network.port}`],
    ...['-device', `virtio-net-pci,netdev=net,mac=${mac},romfile=`],
  ];
}
