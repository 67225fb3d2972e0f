import { useQuery } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import { channelsQuery, messageKindsQuery, queryClient } from '@/api/queries';
import type { MessageKind } from '@/api/types';
import { MessageEditor } from '@/components/MessageEditor';
import { useUrlState } from '@/components/useUrlState';
import { text } from '@/domain/url-state';
import { PageHeader } from '@/ui/PageHeader';
import { ToneBadge } from '@/ui/StatusBadge';
import { Failed, LoadingRows } from '@/ui/states';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './Settings.module.css';

const params = { kind: text() };

export function loader() {
  void queryClient.prefetchQuery(messageKindsQuery);
  void queryClient.prefetchQuery(channelsQuery);
  return null;
}

function KindState({ kind }: { kind: MessageKind }) {
  const failed = kind.own.find((own) => own.failed_at !== null);
  if (failed)
    return (
      <ToneBadge tone="bad" title={failed.failure ?? undefined}>
        failing
      </ToneBadge>
    );
  return kind.own.length > 0 ? (
    <ToneBadge tone="good">own words</ToneBadge>
  ) : (
    <ToneBadge tone="quiet">built-in</ToneBadge>
  );
}

export function Component() {
  const [{ kind: open }, change] = useUrlState(params);
  const query = useQuery(messageKindsQuery);
  const channels = useQuery(channelsQuery);
  const kinds = query.data?.data ?? [];
  const edited = kinds.find((k) => k.kind === open);
  return (
    <>
      <PageHeader
        title="Messages"
        sub="What is said to people, in your own words where you like. A message that they do not fit goes out in the built-in ones."
      />
      {query.isPending ? (
        <LoadingRows rows={7} height={64} />
      ) : !query.data ? (
        <Failed error={query.error} onRetry={query.refetch} />
      ) : (
        <ul className={css.cards}>
          {kinds.map((kind) => {
            const failed = kind.own.find((own) => own.failed_at !== null);
            return (
              <li key={kind.kind}>
                <button
                  type="button"
                  className={css.cardButton}
                  onClick={() => change({ kind: kind.kind }, 'push')}
                >
                  <span className={css.cardMain}>
                    <b>{kind.label}</b> <KindState kind={kind} />
                    <span className={css.note}>
                      {failed ? (
                        <>
                          sent in the built-in words <TimeAgo at={failed.failed_at} />: {failed.failure}
                        </>
                      ) : (
                        `Sent ${kind.sent}`
                      )}
                    </span>
                  </span>
                  <ChevronRight size={16} aria-hidden />
                </button>
              </li>
            );
          })}
        </ul>
      )}
      {edited && (
        <MessageEditor
          key={edited.kind}
          kind={edited}
          channels={channels.data?.data ?? []}
          onClose={() => change({ kind: '' })}
        />
      )}
    </>
  );
}
