import { statfs } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { networkFileSystem } from '../../src/spool/network-file-system.js';

vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof import('node:fs/promises')>()),
  statfs: vi.fn<typeof statfs>(),
}));

it.each([
  ['NFS', 0x6969],
  ['CIFS', 0xff534d42],
  ['CIFS, its number with a sign', 0xff534d42 - 2 ** 32],
  ['FUSE', 0x65735546],
])('is told: %s', async (name, type) => {
  vi.mocked(statfs).mockResolvedValue({ type } as never);
  expect(await networkFileSystem('/spool')).toBe(name.split(',')[0]);
});

it.each([
  ['ext4', 0xef53],
  ['XFS', 0x58465342],
  ['tmpfs', 0x01021994],
  ['overlay', 0x794c7630],
  ['Btrfs', 0x9123683e],
])('is none: %s', async (_, type) => {
  vi.mocked(statfs).mockResolvedValue({ type } as never);
  expect(await networkFileSystem('/spool')).toBeNull();
});
