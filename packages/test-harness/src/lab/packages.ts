/**
 * What the lab takes from Debian, and what of it. Everything else in the lab is made from this and from files/.
 * Changing a list changes the cache's key.
 */

export interface Archive {
  readonly suite: string;
  readonly uri: string;
}

export const ARCHIVES: readonly Archive[] = [
  { suite: 'bookworm', uri: 'http://deb.debian.org/debian' },
  { suite: 'bookworm-security', uri: 'http://deb.debian.org/debian-security' },
];

/** What runs on this machine: the emulator and the maker of file systems. They are unpacked, not installed. */
export const TOOLS = ['libc6', 'qemu-system-x86', 'e2fsprogs', 'openssh-client'];

/** Dom0's root: a shell's surroundings, Xen's tools, the device model of HVM guests, sshd, what Node's binary needs. */
export const DOM0 = [
  'base-files',
  'bash',
  'busybox-static',
  'coreutils',
  'dash',
  'debianutils',
  'findutils',
  'grep',
  'gzip',
  'iproute2',
  'kmod',
  'libc-bin',
  'libstdc++6',
  'linux-image-amd64',
  'mawk',
  'mount',
  'openssh-client',
  'openssh-server',
  'procps',
  'python3-minimal',
  'qemu-system-xen',
  'sed',
  'socat',
  'tar',
  'util-linux',
  'xen-hypervisor-4.17-amd64',
  'xen-utils-4.17',
  'xen-utils-common',
  'xenstore-utils',
];

/** Parts of packages that nothing in the lab reads; without them dom0's disk is half as large. */
export const LEFT_OUT = [
  './usr/share/doc',
  './usr/share/man',
  './usr/share/locale',
  './usr/share/iso-codes',
  './usr/share/perl',
  './usr/lib/x86_64-linux-gnu/perl*',
  './boot/System.map*',
];

/** Modules that reach dom0's root file system; loaded from the initial RAM disk, in this order with what they need. */
export const BOOT_MODULES = ['crc32c_generic', 'virtio_pci', 'virtio_blk', 'ext4'];

/** Modules that dom0 loads once it is up. */
export const DOM0_MODULES = [
  'xenfs',
  'xen_privcmd',
  'xen_evtchn',
  'xen_gntdev',
  'xen_gntalloc',
  'xen_blkback',
  'xen_netback',
  'tun',
  'bridge',
  'virtio_console',
  'virtio_net',
  '9pnet_virtio',
  '9p',
];

/** What Xen's build needs beyond gcc, make and python3. */
export const XEN_BUILD_TOOLS = ['bison', 'flex', 'm4'];

/** Beyond Xen's default configuration, or part of it and left out by Debian. */
export const XEN_CONFIG = ['CONFIG_PV32', 'CONFIG_SHADOW_PAGING'];
