import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Probe } from '@/api/types';
import { ProbeNote } from '@/components/ProbeNote';
import { hasValues } from '@/domain/probe';
import { FactList } from '@/ui/FactList';
import { Faded } from '@/ui/Faded';
import { Panel } from '@/ui/Panel';
import { Failed, LoadingRows } from '@/ui/states';
import css from './ReportTab.module.css';

interface Props<T extends { probe: Probe }> {
  query: UseQueryResult<T>;
  /** What the values are of, such as `Database server`. */
  title: string;
  facts: (report: T) => [name: string, value: ReactNode][];
  /** Charts and lists below; also there when the newest report could not be read, because older ones may be. */
  children?: ReactNode | ((report: T) => ReactNode);
}

/** A tab of a server that shows one kind of report: where it stands, what it says, and how that went on. */
export function ReportTab<T extends { probe: Probe }>({ query, title, facts, children }: Props<T>) {
  if (query.isPending) return <LoadingRows rows={4} height={48} />;
  const report = query.data;
  if (!report) return <Failed error={query.error} onRetry={query.refetch} />;
  const { probe } = report;
  // What the host does not have has no history either.
  const below = probe.state !== 'not_installed' && probe.state !== 'no_data';
  return (
    <div className={css.tab}>
      <ProbeNote probe={probe} />
      {hasValues(probe) && (
        <Panel title={title}>
          <Faded old={probe.state === 'stale'}>
            <FactList facts={facts(report)} />
          </Faded>
        </Panel>
      )}
      {below && (typeof children === 'function' ? children(report) : children)}
    </div>
  );
}
