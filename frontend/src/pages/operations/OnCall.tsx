import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CalendarPlus, Pencil, Plus, Rss } from 'lucide-react';
import { useState } from 'react';
import { onCallNowQuery, onCallSchedulesQuery, onCallShiftsQuery, queryClient } from '@/api/queries';
import type { OnCallNow, OnCallSchedule } from '@/api/types';
import { CalendarLinks } from '@/components/oncall/CalendarLinks';
import { OverrideEditor } from '@/components/oncall/OverrideEditor';
import { OverrideList } from '@/components/oncall/OverrideList';
import { PersonChip } from '@/components/oncall/PersonChip';
import { ScheduleEditor } from '@/components/oncall/ScheduleEditor';
import { ShiftCalendar } from '@/components/oncall/ShiftCalendar';
import { Unreadable } from '@/components/oncall/Unreadable';
import { useBlocked } from '@/components/session';
import { handoffText, momentText, weeks } from '@/domain/on-call';
import { useNowInSteps } from '@/live/clock';
import { usePollEvery } from '@/live/connection';
import { ActionButton } from '@/ui/ActionButton';
import { PageHeader } from '@/ui/PageHeader';
import { Panel } from '@/ui/Panel';
import { Empty, Failed, LoadingRows } from '@/ui/states';
import css from './OnCall.module.css';

const WEEKS = 4;

export function loader() {
  void queryClient.prefetchQuery(onCallSchedulesQuery);
  void queryClient.prefetchQuery(onCallNowQuery);
  return null;
}

/** What is open beside the calendar. */
type Open =
  | { what: 'schedule'; schedule: OnCallSchedule | null }
  | { what: 'override'; schedule: OnCallSchedule; day: Date | null }
  | { what: 'links'; schedule: OnCallSchedule };

export function Component() {
  const poll = usePollEvery();
  const query = useQuery({ ...onCallSchedulesQuery, refetchInterval: poll });
  const now = useQuery({ ...onCallNowQuery, refetchInterval: poll });
  const blocked = useBlocked('on_call.manage');
  const [open, setOpen] = useState<Open | null>(null);
  const schedules = query.data?.data ?? [];
  const close = () => setOpen(null);
  return (
    <>
      <PageHeader
        title="On-Call"
        sub="Who is told first. Escalation steps for “on call” reach whoever is on duty when they fire, by every schedule."
        actions={
          <ActionButton
            blocked={blocked}
            leftSection={<Plus size={14} />}
            onClick={() => setOpen({ what: 'schedule', schedule: null })}
          >
            New schedule
          </ActionButton>
        }
      />
      {query.isPending ? (
        <LoadingRows rows={5} height={90} />
      ) : !query.data ? (
        <Failed error={query.error} onRetry={query.refetch} />
      ) : schedules.length === 0 ? (
        <Panel>
          <Empty title="No schedules yet">
            Until there is one, nobody is on call: escalation goes on to its next step at once.
          </Empty>
        </Panel>
      ) : (
        <div className={css.schedules}>
          {schedules.map((schedule) => (
            <Schedule
              key={schedule.id}
              schedule={schedule}
              duty={now.data?.data.find((duty) => duty.schedule_id === schedule.id)}
              editLabel={blocked ? 'View' : 'Edit'}
              onOpen={setOpen}
            />
          ))}
        </div>
      )}
      {open?.what === 'schedule' && (
        <ScheduleEditor
          key={open.schedule?.id ?? 'new'}
          schedule={open.schedule}
          blocked={blocked}
          onClose={close}
        />
      )}
      {open?.what === 'override' && (
        <OverrideEditor schedule={open.schedule} day={open.day} onClose={close} />
      )}
      {open?.what === 'links' && <CalendarLinks schedule={open.schedule} onClose={close} />}
    </>
  );
}

interface ScheduleProps {
  schedule: OnCallSchedule;
  duty: OnCallNow | undefined;
  editLabel: string;
  onOpen: (open: Open) => void;
}

function Schedule({ schedule, duty, editLabel, onOpen }: ScheduleProps) {
  const days = weeks(useNowInSteps(60_000), WEEKS);
  const [from, last] = [days[0]?.[0], days.at(-1)?.at(-1)];
  const until = last && new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1);
  const shifts = useQuery({
    ...onCallShiftsQuery(schedule.id, from?.toISOString() ?? '', until?.toISOString() ?? ''),
    enabled: schedule.unreadable === null,
    refetchInterval: usePollEvery(),
  });
  const forbidden = useBlocked('on_call.cover');
  const blocked =
    schedule.unreadable === null ? forbidden : 'Nobody is on call by a schedule that cannot be read';
  return (
    <Panel
      label={schedule.name}
      title={schedule.name}
      aside={
        <span className={css.actions}>
          <ActionButton
            variant="default"
            blocked={blocked}
            leftSection={<CalendarPlus size={13} />}
            aria-label={`Stand in: ${schedule.name}`}
            onClick={() => onOpen({ what: 'override', schedule, day: null })}
          >
            Stand in
          </ActionButton>
          <Button
            variant="subtle"
            leftSection={<Rss size={13} />}
            aria-label={`iCal link: ${schedule.name}`}
            onClick={() => onOpen({ what: 'links', schedule })}
          >
            iCal link
          </Button>
          <Button
            variant="subtle"
            leftSection={<Pencil size={13} />}
            aria-label={`${editLabel} ${schedule.name}`}
            onClick={() => onOpen({ what: 'schedule', schedule })}
          >
            {editLabel}
          </Button>
        </span>
      }
    >
      <div className={css.body}>
        <Now duty={duty} />
        {schedule.unreadable === null ? (
          <>
            <p className={css.rule}>Hands over: {handoffText(schedule)}</p>
            <Gaps schedule={schedule} />
          </>
        ) : (
          <Unreadable text={schedule.unreadable} />
        )}
        {schedule.unreadable !== null ? null : shifts.isPending ? (
          <LoadingRows rows={WEEKS} height={56} />
        ) : !shifts.data ? (
          <Failed error={shifts.error} onRetry={shifts.refetch} />
        ) : (
          <ShiftCalendar
            name={schedule.name}
            weeks={days}
            shifts={shifts.data.data}
            blocked={blocked}
            onDay={(day) => onOpen({ what: 'override', schedule, day })}
          />
        )}
        <OverrideList schedule={schedule} />
      </div>
    </Panel>
  );
}

function Now({ duty }: { duty: OnCallNow | undefined }) {
  if (!duty) return null;
  return (
    <dl className={css.now}>
      <div>
        <dt>Now</dt>
        <dd>
          <PersonChip person={duty.user} strong override={duty.override_id !== null} />
        </dd>
      </div>
      {duty.unreadable === null && (
        <div>
          <dt>{duty.until ? `From ${momentText(duty.until)}` : 'Next'}</dt>
          <dd>
            {duty.until ? (
              <PersonChip person={duty.next_user} />
            ) : (
              <span className={css.quiet}>nobody else within 8 weeks</span>
            )}
          </dd>
        </div>
      )}
    </dl>
  );
}

/** When nobody can be told: said in words, the next three of them. */
function Gaps({ schedule }: { schedule: OnCallSchedule }) {
  const gaps = schedule.gaps;
  if (gaps.length === 0) return null;
  const more = gaps.length - 3;
  return (
    <div className={css.gaps} role="note">
      <b>Nobody can be told</b>
      <ul>
        {gaps.slice(0, 3).map((gap) => (
          <li key={gap.starts_at}>
            {momentText(gap.starts_at)} – {momentText(gap.ends_at)}
            {gap.user && `: ${gap.user.name} is on duty, but the account is switched off`}
          </li>
        ))}
        {more > 0 && <li>and {more} more within 8 weeks</li>}
      </ul>
    </div>
  );
}
