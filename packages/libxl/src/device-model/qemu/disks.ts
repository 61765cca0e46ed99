import type { LibxlDeviceDisk, LibxlDomainConfig } from '../../config/index.js';
import { LibxlError } from '../../errors.js';
import { option } from './option.js';

/** QEMU's names for the formats that it interprets. */
const FORMAT: Partial<Record<NonNullable<LibxlDeviceDisk['format']>, string>> = {
  raw: 'raw',
  qcow: 'qcow',
  qcow2: 'qcow2',
  vhd: 'vpc',
  qed: 'qed',
};

const IDE_DISKS = 4;
const AHCI_DISKS = 6;

/**
 * Emulated disks: the first four (six with AHCI), and all that are named sd*. What can't be emulated the guest's PV
 * drivers see all the same.
 *
 * @throws LibxlError ERROR_INVAL for a read-only disk that is no CD-ROM, ERROR_NI for COLO
 */
export function diskArguments(config: LibxlDomainConfig): string[] {
  const disks = config.disks ?? [];
  const ahci = config.b_info?.['type.hvm']?.hdtype === 'ahci';
  const scsi = disks.some((disk) => disk.is_cdrom !== 1 && isScsi(disk));
  return [
    ...(scsi ? ['-device', 'lsi53c895a'] : []),
    ...(ahci ? ['-device', 'ahci,id=ahci0'] : []),
    ...disks.flatMap((disk) => driveOf(disk, ahci)),
  ];
}

function driveOf(disk: LibxlDeviceDisk, ahci: boolean): string[] {
  if (disk.colo_enable === 'True') throw new LibxlError('ERROR_NI', 'this version has no COLO disks');
  const number = diskNumber(disk.vdev ?? '');
  const format = disk.backend === 'qdisk' ? FORMAT[disk.format ?? 'raw'] : 'raw';
  if (number === undefined) return [];
  if (disk.is_cdrom === 1) return cdrom(disk, number, format);
  if (disk.format === 'empty' || format === undefined || disk.pdev_path === undefined) return [];
  const file = `file=${option(disk.pdev_path)}`;
  const writable = disk.readwrite === 1;
  if (isScsi(disk)) {
    const drive = `${file},if=none,id=scsidisk-${number},format=${format},cache=writeback`;
    const readonly = writable ? '' : ',readonly=on';
    return ['-drive', `${drive}${readonly}`, '-device', `scsi-hd,drive=scsidisk-${number},scsi-id=${number}`];
  }
  if (number >= (ahci ? AHCI_DISKS : IDE_DISKS)) return [];
  if (!writable) throw new LibxlError('ERROR_INVAL', `QEMU has no read-only IDE or AHCI disks (${disk.vdev})`);
  if (!ahci) return ['-drive', `${file},if=ide,index=${number},media=disk,format=${format},cache=writeback`];
  return [
    '-drive',
    `${file},if=none,id=ahcidisk-${number},format=${format},cache=writeback`,
    '-device',
    `ide-hd,bus=ahci0.${number},unit=0,drive=ahcidisk-${number}`,
  ];
}

function cdrom(disk: LibxlDeviceDisk, number: number, format: string | undefined): string[] {
  if (number >= IDE_DISKS) return [];
  const id = `ide-${ideDeviceNumber(number)}`;
  const empty = disk.format === 'empty' || disk.pdev_path === undefined || format === undefined;
  const medium = empty ? '' : `,file=${option(disk.pdev_path ?? '')},format=${format}`;
  const bus = `bus=ide.${number >> 1},unit=${number & 1}`;
  return ['-drive', `if=none,readonly=on,id=${id}${medium}`, '-device', `ide-cd,id=${id},drive=${id},${bus}`];
}

function isScsi({ vdev = '' }: LibxlDeviceDisk): boolean {
  return vdev.startsWith('sd');
}

/** 0 for hda, xvda, sda, d0; undefined for what names no whole disk (docs/man/xen-vbd-interface.7). */
function diskNumber(vdev: string): number | undefined {
  const [, letters, digits] = /^(?:(?:hd|sd|xvd)([a-z]{1,2})|d(\d{1,5}))(?:p?0)?$/.exec(vdev) ?? [];
  if (digits !== undefined) return Number(digits);
  if (letters === undefined) return undefined;
  return [...letters].reduce((number, letter) => (number + 1) * 26 + (letter.charCodeAt(0) - 97), -1);
}

/** Major and minor number of hda..hdd: the stock toolstack names CD-ROM drives by it. */
function ideDeviceNumber(number: number): number {
  return ((number < 2 ? 3 : 22) << 8) | ((number & 1) << 6);
}
