import { Button, Modal, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ArrowLeft, Check, CircleCheck, CircleSlash, ShieldOff } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { Link } from 'react-router';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import { incidentQuery, queryClient } from '@/api/queries';
import type { AbuseCase, AbuseStatus } from '@/api/types';
import { useKeys } from '@/components/keyboard';
import { isGranted, useBlocked, useMe } from '@/components/session';
import { useAction } from '@/components/useAction';
import {
  ABUSE_STATUS,
  DECISIONS,
  type Decision,
  expectation,
  failedShare,
  senderTitle,
  volume,
} from '@/domain/abuse';
import { countryName } from '@/domain/country';
import { count, percent } from '@/domain/units';
import { ActionButton } from '@/ui/ActionButton';
import { CommandBox } from '@/ui/CommandBox';
import { FactList } from '@/ui/FactList';
import { Panel } from '@/ui/Panel';
import { SeverityBadge } from '@/ui/SeverityBadge';
import { ToneBadge } from '@/ui/StatusBadge';
import { Moment, TimeAgo } from '@/ui/TimeAgo';
import { Timeline, type TimelineItem } from '@/ui/Timeline';
import { toast } from '@/ui/toast';
import { ServerLink } from '../ServerLink';
import css from './AbuseDetail.module.css';

const TONE = {
  detected: 'bad',
  acknowledged: 'busy',
  suspended_by_op: 'good',
  cleared: 'good',
  false_positive: 'quiet',
} as const;

/** Where a case is in its review. */
export const AbuseBadge = ({ status }: { status: AbuseStatus }) => (
  <ToneBadge tone={TONE[status]}>{ABUSE_STATUS[status]}</ToneBadge>
);

/** A case that explains itself: who, how much against what is usual, from where, and what was decided about it. */
export function AbuseDetail({ row, onBack }: { row: AbuseCase; onBack: () => void }) {
  return (
    <Panel
      label={`Case ${row.id}`}
      tone={row.status === 'detected' && row.severity === 'critical' ? 'critical' : undefined}
      title={
        <span className={css.title}>
          <Button
            className={css.back}
            variant="subtle"
            color="gray"
            leftSection={<ArrowLeft size={14} />}
            onClick={onBack}
          >
            All cases
          </Button>
          <SeverityBadge severity={row.severity} />
          <AbuseBadge status={row.status} />
          <span className={css.name}>{senderTitle(row)}</span>
        </span>
      }
    >
      <p className={css.volume}>
        {volume(row)} in the hour from <Moment at={row.hour} />
      </p>
      {row.signs.length > 0 && (
        <ul className={css.signs} aria-label="What makes it worse than a large mailing">
          {row.signs.map((sign) => (
            <li key={sign}>{sign}</li>
          ))}
        </ul>
      )}
      <Decide row={row} />
      <LookCommand incident={row.incident_id} />
      <FactList
        facts={[
          ['Server', <ServerLink key="s" server={row.server} tab="mail" />],
          ['Account', row.account ?? <span className={css.none}>unknown</span>],
          ['Expected', expectation(row)],
          [
            'Messages',
            row.messages === null ? (
              <span key="m" className={css.none}>
                unknown
              </span>
            ) : (
              count(row.messages)
            ),
          ],
          ['Failed', <Failed key="f" row={row} />],
          ['Addresses', <Addresses key="a" row={row} />],
          ['Countries', <Countries key="c" codes={row.countries} />],
          ...named('Sender domains', row.domains),
          ...named('Logins', row.logins),
          ...named('Scripts', row.scripts),
          ['Detected', <When key="d" at={row.detected_at} />],
          [
            'Incident',
            <Link key="i" to={`/incidents/${row.incident_id}`}>
              #{row.incident_id}: timeline, who was told, why
            </Link>,
          ],
        ]}
      />
      {row.history.length > 0 && (
        <section className={css.history} aria-label="Decisions">
          <Timeline items={[...row.history].reverse().map(step)} />
        </section>
      )}
    </Panel>
  );
}

/** Shows the mail itself; its incident knows the command. */
function LookCommand({ incident }: { incident: number }) {
  // It names the sender, whose name is masked for others.
  const seesNames = isGranted(useMe(), 'mail.pii');
  const { data } = useQuery({ ...incidentQuery(incident), enabled: seesNames });
  if (!seesNames || !data?.command) return null;
  return (
    <div className={css.command}>
      <CommandBox command={data.command} />
      <p>
        Shows this mail in the server’s log, in your own terminal. The platform observes; it never runs this.
      </p>
    </div>
  );
}

const When = ({ at }: { at: string }) => (
  <span>
    <Moment at={at} /> · <TimeAgo at={at} />
  </span>
);

function Failed({ row }: { row: AbuseCase }) {
  const share = failedShare(row);
  if (share === null) return <span className={css.none}>unknown</span>;
  return (
    <span>
      {count(row.failures ?? 0)} recipients, {percent(share)}
    </span>
  );
}

function Addresses({ row }: { row: AbuseCase }) {
  const more = (row.address_count ?? 0) - row.addresses.length;
  if (row.addresses.length === 0 && row.address_count === null)
    return <span className={css.none}>unknown</span>;
  return (
    <span className={css.list}>
      {row.addresses.map((ip) => (
        <Link key={ip} to={`/hosting/firewall?ip=${encodeURIComponent(ip)}&range=30d`}>
          {ip}
        </Link>
      ))}
      {more > 0 && <span>and {count(more)} more</span>}
    </span>
  );
}

function Countries({ codes }: { codes: string[] }) {
  if (codes.length === 0) return <span className={css.none}>unknown</span>;
  return <>{codes.map((code) => countryName(code) ?? 'an unknown one').join(', ')}</>;
}

/** A list of names with their recipients, the largest first; no line where there is none. */
const named = (title: string, all: AbuseCase['domains']): [string, React.ReactNode][] =>
  all.length === 0
    ? []
    : [
        [
          title,
          <span key={title} className={css.list}>
            {all.map((one) => (
              <span key={one.name}>
                <code>{one.name}</code> {count(one.recipients)}
              </span>
            ))}
          </span>,
        ],
      ];

const ICON: Record<AbuseStatus, [TimelineItem['tone'], React.ReactNode]> = {
  detected: ['critical', null],
  acknowledged: ['accent', <Check key="i" size={13} />],
  suspended_by_op: ['good', <ShieldOff key="i" size={13} />],
  cleared: ['good', <CircleCheck key="i" size={13} />],
  false_positive: ['neutral', <CircleSlash key="i" size={13} />],
};

function step(entry: AbuseCase['history'][number]): TimelineItem {
  const [tone, icon] = ICON[entry.to];
  return {
    key: `${entry.at}${entry.to}`,
    at: entry.at,
    tone,
    icon,
    title: `${entry.by?.name ?? 'A deleted account'}: ${ABUSE_STATUS[entry.to]}`,
    body: entry.note || undefined,
  };
}

/** The four decisions, by button and by key; those that close the case ask first, and take a note. */
function Decide({ row }: { row: AbuseCase }) {
  const blocked = useBlocked('incidents.act');
  const [asking, setAsking] = useState<Decision | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a question about another case is over
  useEffect(() => setAsking(null), [row.id]);
  const move = useAction({
    run: ({ status, note }: { status: AbuseStatus; note: string }) =>
      body(
        client.POST('/api/hosting/mail-abuse/{id}/transition', {
          params: { path: { id: row.id } },
          body: { status, note },
        }),
      ),
    done: (next) => `${senderTitle(next)}: ${ABUSE_STATUS[next.status]}`,
    onDone: (next) => {
      setAsking(null);
      queryClient.setQueryData(['hosting', 'mail-abuse', 'case', next.id], next);
    },
    refresh: [['hosting', 'mail-abuse'], ['hosting', 'mail-allowances'], ['incidents']],
    quietFields: true,
  });
  const open = DECISIONS.filter((decision) => row.may_become.includes(decision.status));
  const decide = (decision: Decision) => {
    if (blocked) toast.info(blocked);
    else if (decision.asks === null) move.mutate({ status: decision.status, note: '' });
    else setAsking(decision);
  };
  useKeys(Object.fromEntries(open.map((decision) => [decision.key, () => decide(decision)])));
  if (open.length === 0) return null;
  return (
    <div className={css.decide}>
      {open.map((decision) => (
        <ActionButton
          key={decision.key}
          size="sm"
          variant={decision.asks === null ? 'filled' : 'default'}
          blocked={blocked}
          loading={move.isPending && move.variables?.status === decision.status}
          onClick={() => decide(decision)}
        >
          {decision.label} <kbd className={css.key}>{decision.key}</kbd>
        </ActionButton>
      ))}
      {asking && (
        <Ask
          decision={asking}
          row={row}
          busy={move.isPending}
          error={fieldErrors(move.error).note}
          onClose={() => setAsking(null)}
          onDecide={(note) => move.mutate({ status: asking.status, note })}
        />
      )}
    </div>
  );
}

function Ask(props: {
  decision: Decision;
  row: AbuseCase;
  busy: boolean;
  error: string | undefined;
  onClose: () => void;
  onDecide: (note: string) => void;
}) {
  const [note, setNote] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onDecide(note.trim());
  };
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={`${senderTitle(props.row)}: ${ABUSE_STATUS[props.decision.status]}`}
      size="md"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form className={css.ask} onSubmit={submit}>
        <p>{props.decision.asks}</p>
        <Textarea
          data-autofocus
          label="Note"
          placeholder="What you found, what you did"
          autosize
          minRows={2}
          maxRows={8}
          maxLength={4000}
          value={note}
          error={props.error}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <div className={css.buttons}>
          <Button variant="subtle" color="gray" onClick={props.onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={props.busy}>
            {props.decision.label}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
