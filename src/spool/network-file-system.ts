import { statfs } from 'node:fs/promises';

/** `f_type` of Linux (`linux/magic.h`) by what it is; elsewhere the numbers mean other things. */
const NETWORKED: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x517b: 'SMB',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB',
  0x01021997: '9P',
  0x00c36400: 'Ceph',
  0x0bd00bd0: 'Lustre',
  0x5346414f: 'AFS',
  0x73757245: 'Coda',
  0x01161970: 'GFS2',
  0x7461636f: 'OCFS2',
  0x65735546: 'FUSE',
};

const UNSIGNED_BITS = 32;

/** The network file system that a path is on; null where it is on none that can be told. */
export async function networkFileSystem(path: string): Promise<string | null> {
  if (process.platform !== 'linux') return null;
  const { type } = await statfs(path);
  return NETWORKED[Number(BigInt.asUintN(UNSIGNED_BITS, BigInt(type)))] ?? null;
}
