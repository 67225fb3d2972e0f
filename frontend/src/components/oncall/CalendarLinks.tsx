import { Button, Checkbox } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { body, client } from '@/api/client';
import { calendarTokensQuery } from '@/api/queries';
import type { OnCallSchedule } from '@/api/types';
import { useAction } from '@/components/useAction';
import { CopyButton } from '@/ui/CopyButton';
import { SlideOver } from '@/ui/SlideOver';
import { Failed, LoadingRows } from '@/ui/states';
import { Moment, TimeAgo } from '@/ui/TimeAgo';
import css from './OnCall.module.css';

interface Props {
  schedule: OnCallSchedule;
  onClose: () => void;
}

/** One's own links that calendar programs read a schedule by. A link is shown once, when it is made. */
export function CalendarLinks({ schedule, onClose }: Props) {
  const query = useQuery(calendarTokensQuery(schedule.id));
  const [onlyMine, setOnlyMine] = useState(false);
  const [url, setUrl] = useState<string | null>(null);
  const path = { id: schedule.id };
  const make = useAction({
    run: () =>
      body(
        client.POST('/api/on-call/schedules/{id}/calendar-tokens', {
          params: { path },
          body: { only_mine: onlyMine },
        }),
      ),
    refresh: [['on-call', 'tokens']],
    onDone: (made) => setUrl(made.url),
  });
  const revoke = useAction({
    run: (inner_id: number) =>
      body(
        client.DELETE('/api/on-call/schedules/{id}/calendar-tokens/{inner_id}', {
          params: { path: { ...path, inner_id } },
        }),
      ),
    done: 'Link revoked',
    refresh: [['on-call', 'tokens']],
    onDone: () => setUrl(null),
  });
  const links = query.data?.data ?? [];
  return (
    <SlideOver opened onClose={onClose} title={`iCal link: ${schedule.name}`}>
      <div className={css.form}>
        <p className={css.note}>
          Subscribe to it in your calendar: it follows every change. Whoever has the link sees the schedule,
          so keep it to yourself; revoke it when it is no longer needed.
        </p>
        <Checkbox
          label="Only my own shifts"
          checked={onlyMine}
          onChange={(e) => setOnlyMine(e.currentTarget.checked)}
        />
        <Button
          style={{ justifySelf: 'start' }}
          leftSection={<Plus size={14} />}
          loading={make.isPending}
          onClick={() => make.mutate(undefined)}
        >
          Make a link
        </Button>
        {url && (
          <div className={css.link} role="status">
            <code>{url}</code>
            <CopyButton text={url} label="Copy iCal link" />
            <span className={css.note}>Shown this once.</span>
          </div>
        )}
        {query.isPending ? (
          <LoadingRows rows={2} />
        ) : !query.data ? (
          <Failed error={query.error} onRetry={query.refetch} />
        ) : (
          links.length > 0 && (
            <div>
              <h3 className={css.heading}>Your links</h3>
              <ul className={css.overrides}>
                {links.map((link) => (
                  <li key={link.id}>
                    <span>{link.only_mine ? 'own shifts' : 'everybody’s shifts'}</span>
                    <span className={css.when}>
                      made <Moment at={link.created_at} />, used <TimeAgo at={link.last_used_at} />
                    </span>
                    <Button
                      variant="subtle"
                      color="red"
                      aria-label={`Revoke link ${link.id}`}
                      loading={revoke.isPending}
                      onClick={() => revoke.mutate(link.id)}
                    >
                      Revoke
                    </Button>
                  </li>
                ))}
              </ul>
            </div>
          )
        )}
      </div>
    </SlideOver>
  );
}
