import { stat, statfs } from 'node:fs/promises';

/** A disk's path as one host sees it. */
export interface FileFacts {
  readonly path: string;
  /** undefined: there is no such file there. */
  readonly found: FoundFile | undefined;
}

export interface FoundFile {
  readonly kind: 'file' | 'block' | 'other';
  /** Of a file; a block device's size is not told. */
  readonly size: number;
  readonly inode: number;
  /** Kernel's number of the file system (statfs, f_type). */
  readonly fileSystem: number;
}

/** File systems that several machines may see at once, by the kernel's numbers (linux/magic.h and their own headers). */
const SHARED: Readonly<Record<number, string>> = {
  26985: 'NFS',
  4283649346: 'CIFS',
  4266872130: 'SMB',
  12805120: 'Ceph',
  18225520: 'GFS2',
  1952539503: 'OCFS2',
  198183888: 'Lustre',
  1196443219: 'GPFS',
  1397113167: 'AFS',
  1702057286: 'FUSE (GlusterFS and others)',
};

export const isSharedFileSystem = (number: number): boolean => Object.hasOwn(SHARED, number);

export async function fileFacts(path: string): Promise<FileFacts> {
  try {
    const [about, system] = [await stat(path), await statfs(path)];
    const kind = about.isFile() ? 'file' : about.isBlockDevice() ? 'block' : 'other';
    return { path, found: { kind, size: about.size, inode: about.ino, fileSystem: system.type } };
  } catch {
    return { path, found: undefined };
  }
}
