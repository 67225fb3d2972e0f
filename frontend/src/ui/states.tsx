import { Button, Loader, Skeleton } from '@mantine/core';
import { CircleX, Inbox, WifiOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { PageHeader } from './PageHeader';
import css from './states.module.css';

/** Nothing to show, and why that is so or what to do about it. */
export function Empty({ title, children, icon }: { title: string; children?: ReactNode; icon?: ReactNode }) {
  return (
    <div className={css.state}>
      {icon ?? <Inbox size={26} strokeWidth={1.5} aria-hidden />}
      <strong>{title}</strong>
      {children && <div className={css.body}>{children}</div>}
    </div>
  );
}

/** A question that failed: the server's own words, and a way to ask again. */
export function Failed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const message = error instanceof Error ? error.message : 'Something went wrong.';
  const offline =
    typeof error === 'object' && error !== null && 'isOffline' in error && error.isOffline === true;
  return (
    <div className={css.state} role="alert">
      {offline ? (
        <WifiOff size={26} strokeWidth={1.5} />
      ) : (
        <CircleX size={26} strokeWidth={1.5} color="var(--critical)" />
      )}
      <strong>{message}</strong>
      {onRetry && (
        <Button variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** A page of one thing before it is there, or instead of it: with a heading, so that nothing jumps and one knows where one is. */
export function PendingPage({
  title,
  query,
  children,
}: {
  title: string;
  query: { error: Error | null; refetch: () => unknown };
  /** Where to go when it is not there. */
  children: ReactNode;
}) {
  const gone = query.error !== null && 'status' in query.error && query.error.status === 404;
  return (
    <>
      <PageHeader title={title} sub={query.error ? undefined : 'loading'} />
      {gone ? (
        <Empty title={`${title} is not there`}>It may have been deleted. {children}</Empty>
      ) : query.error ? (
        <Failed error={query.error} onRetry={query.refetch} />
      ) : (
        <LoadingRows rows={8} />
      )}
    </>
  );
}

/** Grey rows of the size of what is coming, so that nothing jumps. */
export function LoadingRows({ rows = 6, height = 34 }: { rows?: number; height?: number }) {
  return (
    <div className={css.rows} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: identical placeholders have no other identity
        <Skeleton key={i} height={height} radius="sm" />
      ))}
    </div>
  );
}

export function LoadingPage() {
  return (
    <div className={css.state} role="status" aria-label="Loading">
      <Loader size="sm" />
    </div>
  );
}
