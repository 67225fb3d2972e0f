import { Button, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import {
  AlarmClock,
  Bell,
  BellOff,
  Check,
  ChevronsUp,
  CircleCheck,
  CircleDot,
  MessageCircleQuestionMark,
  MessageSquare,
  Pause,
  Play,
  Send,
  TriangleAlert,
  Undo2,
  UserCheck,
} from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Link, type LoaderFunctionArgs, useParams } from 'react-router';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import { incidentQuery, queryClient } from '@/api/queries';
import type { IncidentDetail, TimelineEntry } from '@/api/types';
import { useCatalogueWords, type Words } from '@/components/catalogue-words';
import { DeliveryCard, deliveryColumns } from '@/components/DeliveryTable';
import { EscalateButton } from '@/components/EscalateButton';
import { IncidentAlike } from '@/components/IncidentAlike';
import { IncidentGroup } from '@/components/IncidentGroup';
import { IncidentNotices } from '@/components/IncidentNotices';
import { IncidentFlags, IncidentState } from '@/components/IncidentTable';
import { NextWho } from '@/components/IncidentTold';
import { IncidentWhy } from '@/components/IncidentWhy';
import { useIncidentAction } from '@/components/incident-actions';
import { useKeys } from '@/components/keyboard';
import { NextStepText } from '@/components/NextStepText';
import { idOf } from '@/components/route-id';
import { SnoozeMenu } from '@/components/SnoozeMenu';
import { useBlocked, useMe } from '@/components/session';
import { useAction } from '@/components/useAction';
import { shortDuration } from '@/domain/duration';
import { channelsText } from '@/domain/escalation';
import { toldSentence } from '@/domain/next-step';
import { isAnothers } from '@/domain/owner';
import { openAgainAt, stepText } from '@/domain/snooze';
import { subjectText } from '@/domain/subject';
import { entryBody, entryTitle } from '@/domain/timeline';
import { useNow } from '@/live/clock';
import { useLiveChannel, usePollEvery } from '@/live/connection';
import { ActionButton } from '@/ui/ActionButton';
import { CommandBox } from '@/ui/CommandBox';
import { DataTable } from '@/ui/DataTable';
import { FactList } from '@/ui/FactList';
import { PageHeader } from '@/ui/PageHeader';
import { Panel } from '@/ui/Panel';
import { SeverityBadge } from '@/ui/SeverityBadge';
import { DataBadge, ToneBadge } from '@/ui/StatusBadge';
import { PendingPage } from '@/ui/states';
import { Moment, TimeAgo } from '@/ui/TimeAgo';
import { Timeline, type TimelineItem } from '@/ui/Timeline';
import { toast } from '@/ui/toast';
import css from './Incident.module.css';

export function loader({ params }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(incidentQuery(idOf(params)));
  return null;
}

export function Component() {
  const id = Number(useParams().id);
  const query = useQuery({ ...incidentQuery(id), refetchInterval: usePollEvery() });
  const incident = query.data;
  const words = useCatalogueWords();
  useLiveChannel(incident?.server_id ? `private-server.${incident.server_id}` : null);
  if (!incident)
    return (
      <PendingPage title={`Incident ${id}`} query={query}>
        <Link to="/incidents">What is current</Link>
      </PendingPage>
    );
  return (
    <>
      <PageHeader
        title={
          <>
            <SeverityBadge severity={incident.severity} />
            {incident.title}
          </>
        }
        tabTitle={incident.title}
        sub={
          <span className={css.sub}>
            <IncidentState incident={incident} />
            <IncidentFlags incident={incident} />
            <span>#{incident.id}</span>
            {incident.server_id === null ? (
              <span>{incident.server_name}</span>
            ) : (
              <Link to={`/servers/${incident.server_id}`}>{incident.server_name}</Link>
            )}
            <span>
              since <Moment at={incident.opened_at} />
            </span>
          </span>
        }
        actions={<Actions incident={incident} fetchedAt={query.dataUpdatedAt} />}
      />
      <IncidentNotices incident={incident} />
      <div className={css.grid}>
        <div className={css.column}>
          <Panel title="Timeline">
            <NoteForm id={incident.id} />
            <Timeline items={[...incident.timeline].reverse().map((entry) => timelineItem(entry, words))} />
          </Panel>
          <IncidentAlike incident={incident} />
        </div>
        <div className={css.column}>
          <IncidentGroup incident={incident} />
          <Panel title="What is wrong">
            <FactList
              facts={[
                ['Still true?', <StillTrue key="still" incident={incident} />],
                ['Observed', incident.observed ? words.observed(incident.observed) : '–'],
                ['Expected', incident.expected ?? '–'],
                ['Subject', subjectText(incident.detector, incident.subject) ?? 'the server itself'],
                [
                  'Detector',
                  <Link key="d" to={`/incidents?status=all&detector=${incident.detector}`}>
                    {words.detector(incident.detector)}
                  </Link>,
                ],
                ...ruleFact(incident),
                ['Seen', `${incident.occurrences} ${incident.occurrences === 1 ? 'time' : 'times'}`],
                ['Owner', incident.acknowledged_by?.name ?? 'nobody'],
                ['Told', toldSentence(incident)],
                ['Next step', <Escalation key="next" incident={incident} />],
              ]}
            />
            {incident.runbook_url && (
              <Button
                component="a"
                href={incident.runbook_url}
                target="_blank"
                rel="noreferrer"
                variant="default"
                mt={10}
              >
                Open runbook
              </Button>
            )}
            {incident.command && (
              <div className={css.command}>
                <CommandBox command={incident.command} />
                <p>For your own terminal. The platform observes; it never runs this.</p>
              </div>
            )}
          </Panel>
          <IncidentWhy incident={incident} />
        </div>
      </div>
      <div className={css.deliveries}>
        <Panel
          flush
          title="Deliveries"
          aside={<Link to={`/settings/deliveries?incident_id=${incident.id}`}>Delivery log</Link>}
        >
          {incident.deliveries.length === 0 ? (
            <p className={css.none}>Nobody was told yet.</p>
          ) : (
            <DataTable
              label="Deliveries of this incident"
              columns={deliveryColumns.filter((column) => column.key !== 'incident_id')}
              rows={incident.deliveries}
              rowKey={(delivery) => String(delivery.id)}
              card={(delivery) => <DeliveryCard delivery={{ ...delivery, incident_id: null }} />}
            />
          )}
        </Panel>
      </div>
    </>
  );
}

/** The rule that opened it, which is where its limit is set; nothing where a detector needed none. */
const ruleFact = ({ rule_id: rule }: IncidentDetail): [string, React.ReactNode][] =>
  rule === null
    ? []
    : [
        [
          'Rule',
          <Link key="r" to={`/settings/rules?rule=${rule}`}>
            rule {rule}
          </Link>,
        ],
      ];

/** Age of the last sample that showed it: an incident without fresh evidence may be over, or we may be blind. */
function StillTrue({ incident }: { incident: IncidentDetail }) {
  const age = useNow() - Date.parse(incident.last_seen_at);
  if (incident.status === 'resolved') {
    return (
      <>
        No, over since <TimeAgo at={incident.resolved_at} />
      </>
    );
  }
  return (
    <span className={css.inline}>
      {age < 5 * 60_000 ? <ToneBadge tone="bad">yes</ToneBadge> : <DataBadge state="stale" />}
      last sample {shortDuration(age)} ago
    </span>
  );
}

function Escalation({ incident }: { incident: IncidentDetail }) {
  const next = incident.escalation;
  if (!next) return <>nothing follows</>;
  return (
    <span>
      <b>
        <NextStepText next={next} />
      </b>{' '}
      · {stepText(next)}
      {next.pass > 1 && `, pass ${next.pass}`}
      {next.policy_name && ` of the policy ${next.policy_name}`}
      {/* The last resort has said so. */}
      {next.step <= next.steps && (
        <>
          : tells <NextWho next={next} />
        </>
      )}
      , by {channelsText(next.channels)}
    </span>
  );
}

function Actions({ incident, fetchedAt }: { incident: IncidentDetail; fetchedAt: number }) {
  const blocked = useBlocked('incidents.act');
  const action = useIncidentAction();
  const { status } = incident;
  const run = (verb: 'acknowledge' | 'take-over' | 'unacknowledge' | 'resolve') =>
    action.mutate({ incident, verb });
  const others = isAnothers(incident, useMe().id) && openAgainAt(incident) === null;
  useKeys({
    a: () => {
      if (blocked) toast.info(blocked);
      else if (status === 'open') run('acknowledge');
    },
  });
  if (status === 'resolved') return null;
  const busy = (verb: string) => action.isPending && action.variables?.verb === verb;
  return (
    <div className={css.actions}>
      {status === 'open' ? (
        <ActionButton
          size="sm"
          blocked={blocked}
          loading={busy('acknowledge')}
          leftSection={<Check size={16} />}
          onClick={() => run('acknowledge')}
        >
          Acknowledge
        </ActionButton>
      ) : (
        <>
          {others && (
            <ActionButton
              size="sm"
              blocked={blocked}
              loading={busy('take-over')}
              leftSection={<UserCheck size={16} />}
              onClick={() => run('take-over')}
              title="It is yours from then on; nobody is told, nothing starts again"
            >
              Take over
            </ActionButton>
          )}
          <ActionButton
            size="sm"
            variant="default"
            blocked={blocked}
            loading={busy('unacknowledge')}
            leftSection={<Undo2 size={15} />}
            onClick={() => run('unacknowledge')}
          >
            Give back
          </ActionButton>
        </>
      )}
      <ActionButton
        size="sm"
        variant="default"
        blocked={blocked}
        loading={busy('resolve')}
        leftSection={<CircleCheck size={15} />}
        onClick={() => run('resolve')}
      >
        Resolve
      </ActionButton>
      <SnoozeMenu incident={incident} />
      <EscalateButton incident={incident} fetchedAt={fetchedAt} />
    </div>
  );
}

function NoteForm({ id }: { id: number }) {
  const blocked = useBlocked('incidents.act');
  const [text, setText] = useState('');
  const add = useAction({
    run: () =>
      body(
        client.POST('/api/incidents/{id}/notes', { params: { path: { id } }, body: { text: text.trim() } }),
      ),
    quietFields: true,
    onDone: (incident) => {
      setText('');
      queryClient.setQueryData(['incidents', id], incident);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() && !blocked) add.mutate(undefined);
  };
  return (
    <form className={css.note} onSubmit={submit}>
      <Textarea
        aria-label="Note"
        placeholder="What you found, what you did"
        autosize
        minRows={1}
        maxRows={8}
        value={text}
        error={fieldErrors(add.error).text}
        onChange={(e) => setText(e.currentTarget.value)}
      />
      <ActionButton
        type="submit"
        size="sm"
        variant="light"
        blocked={blocked}
        loading={add.isPending}
        disabled={!blocked && text.trim() === ''}
      >
        Add note
      </ActionButton>
    </form>
  );
}

const ICON: Record<string, [tone: TimelineItem['tone'], icon: React.ReactNode]> = {
  opened: ['critical', <TriangleAlert key="i" size={13} />],
  reopened: ['critical', <TriangleAlert key="i" size={13} />],
  acknowledged: ['accent', <Check key="i" size={13} />],
  unacknowledged: ['critical', <Undo2 key="i" size={13} />],
  resolved: ['good', <CircleCheck key="i" size={13} />],
  note: ['accent', <MessageSquare key="i" size={13} />],
  step_fired: ['neutral', <Bell key="i" size={13} />],
  step_reached_nobody: ['critical', <TriangleAlert key="i" size={13} />],
  taken_over: ['accent', <UserCheck key="i" size={13} />],
  escalated: ['accent', <ChevronsUp key="i" size={13} />],
  snoozed: ['accent', <BellOff key="i" size={13} />],
  snooze_ended: ['accent', <AlarmClock key="i" size={13} />],
  still_on_it: ['critical', <MessageCircleQuestionMark key="i" size={13} />],
  ownership_passed: ['accent', <Check key="i" size={13} />],
  escalation_held: ['neutral', <Pause key="i" size={13} />],
  escalation_resumed: ['neutral', <Play key="i" size={13} />],
  delivery: ['neutral', <Send key="i" size={13} />],
};

function timelineItem(entry: TimelineEntry, words: Words): TimelineItem {
  const [tone, icon] = ICON[entry.type] ?? ['neutral', <CircleDot key="i" size={13} />];
  return {
    key: String(entry.id),
    at: entry.at,
    tone,
    icon,
    title: entryTitle(entry, words.detector),
    body: entryBody(entry, words.observed),
  };
}
