import type { DiskTrend } from '@/api/types';
import { fullLevel, fullText, growthText } from '@/domain/trend';
import { Level, type LevelName } from '@/ui/Level';
import { Meter } from '@/ui/Meter';
import css from './DiskTrends.module.css';

/** From where a file system is shown beside the fullest one, and takes the colours of medium and critical, in percent. */
export const DISK_LIMITS = { shown: 85, warn: 90, danger: 95 };

const worst = (disk: DiskTrend): number => Math.max(disk.used_pct ?? 0, disk.inodes_used_pct ?? 0);

/** The file systems that need a look: nearly full, or full within three days; at least the fullest one. */
export function worthALook(disks: DiskTrend[], most = 4): DiskTrend[] {
  const urgent = disks.filter(
    (disk) => worst(disk) >= DISK_LIMITS.shown || (disk.hours_to_full !== null && disk.hours_to_full <= 72),
  );
  return (urgent.length > 0 ? urgent : disks).slice(0, urgent.length > 0 ? most : 1);
}

const LEVEL: Record<ReturnType<typeof fullLevel>, LevelName> = {
  none: 'none',
  far: 'fine',
  warn: 'warn',
  danger: 'danger',
};

/** When it will be full. */
export function FullIn({ disk }: { disk: Pick<DiskTrend, 'hours_to_full' | 'bytes_per_h'> }) {
  return (
    <Level level={LEVEL[fullLevel(disk.hours_to_full)]}>
      {fullText(disk.hours_to_full, disk.bytes_per_h)}
    </Level>
  );
}

export function Growth({ disk }: { disk: Pick<DiskTrend, 'bytes_per_h'> }) {
  return <span className={css.growth}>{growthText(disk.bytes_per_h)}</span>;
}

export function InodeMeter({ disk }: { disk: DiskTrend }) {
  if (disk.inodes_total === null) return <span className={css.growth}>has none</span>;
  return (
    <Meter
      value={disk.inodes_used_pct}
      label={`Inodes used of ${disk.mount}`}
      warn={DISK_LIMITS.warn}
      danger={DISK_LIMITS.danger}
    />
  );
}

export function BytesMeter({ disk }: { disk: DiskTrend }) {
  return (
    <Meter
      value={disk.used_pct}
      label={`Bytes used of ${disk.mount}`}
      warn={DISK_LIMITS.warn}
      danger={DISK_LIMITS.danger}
    />
  );
}

/** One cell of a host with several file systems: a line each, which lines up with those of the cells beside it. */
export function Lines({ disks, line }: { disks: DiskTrend[]; line: (disk: DiskTrend) => React.ReactNode }) {
  return (
    <span className={css.lines}>
      {disks.map((disk) => (
        <span key={`${disk.mount} ${disk.device}`}>{line(disk)}</span>
      ))}
    </span>
  );
}
