import type { DiskTrend, HostDisks, Server } from '@/api/types';
import { hasReport, probeOf, refOf, seeded } from './probes';

const GiB = 1024 ** 3;

type Sizes = [total: number, used: number, inodes: number | null, inodesUsed: number | null];
type Pace = [bytesPerHour: number | null, hoursToFull: number | null];

const disk = (mount: string, device: string, fstype: string, sizes: Sizes, pace: Pace): DiskTrend => {
  const [total, used, inodes_total, inodes_used] = sizes;
  return {
    mount,
    device,
    fstype,
    bytes_total: total * GiB,
    bytes_used: used * GiB,
    used_pct: (used / total) * 100,
    inodes_total,
    inodes_used,
    inodes_used_pct: inodes_total && inodes_used ? (inodes_used / inodes_total) * 100 : null,
    bytes_per_h: pace[0],
    hours_to_full: pace[1],
  };
};

const SPECIAL: Record<string, DiskTrend[]> = {
  'web-11.hostseba': [
    disk('/home', '/dev/nvme1n1p1', 'xfs', [1800, 1735, 188_000_000, 61_000_000], [9.1 * GiB, 7.1]),
    disk('/', '/dev/nvme0n1p2', 'ext4', [200, 88, 13_107_200, 12_100_000], [0.02 * GiB, 61]),
    disk('/backup', '/dev/mapper/vg0-backup--volume', 'btrfs', [4000, 1200, null, null], [-42 * GiB, null]),
    disk('/boot', '/dev/nvme0n1p1', 'ext4', [1, 0.31, 65_536, 402], [0, null]),
  ],
  'db-03.hostseba': [
    disk('/var/lib/mysql', '/dev/sdb1', 'ext4', [800, 730, 52_428_800, 4100], [1.4 * GiB, 50]),
    disk('/', '/dev/sda1', 'ext4', [100, 41, 6_553_600, 5_890_000], [null, null]),
  ],
  'web-01.hostseba': [
    disk(
      '/home/customers/archive/of-the-year-2019/photographs-and-weddings',
      '/dev/mapper/vg1-customers--archive--2019',
      'ext4',
      [500, 130, 32_768_000, 32_300_000],
      [0.4 * GiB, 0.4],
    ),
    disk('/', '/dev/sda1', 'ext4', [100, 55, 6_553_600, 900_000], [0.001 * GiB, 5000]),
  ],
};

export function disksOf(server: Server): HostDisks {
  const probe = probeOf(server, 'disks');
  const used = Math.round(20 + 60 * seeded(server.name, 'disk'));
  const usual = () => [
    disk('/', '/dev/sda1', 'ext4', [100, used, 6_553_600, 900_000], [0.01 * GiB, 4800]),
    disk('/boot', '/dev/sda2', 'ext4', [1, 0.3, 65_536, 402], [0, null]),
  ];
  const partitions = hasReport(probe) ? (SPECIAL[server.name] ?? usual()) : [];
  const worst = (of: (d: DiskTrend) => number | null) => {
    const all = partitions.map(of).filter((n) => n !== null);
    return all.length > 0 ? Math.max(...all) : null;
  };
  const hours = partitions.map((d) => d.hours_to_full).filter((n) => n !== null);
  return {
    server: refOf(server),
    probe,
    worst_pct: worst((d) => Math.max(d.used_pct ?? 0, d.inodes_used_pct ?? 0)),
    hours_to_full: hours.length > 0 ? Math.min(...hours) : null,
    partitions,
  };
}
