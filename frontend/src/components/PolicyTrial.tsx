import { Button, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { FlaskConical, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import { serverNamesQuery } from '@/api/queries';
import type { PolicyInput, PolicySimulation, SimulatedEvent } from '@/api/types';
import { spokenSeconds } from '@/domain/duration';
import { tPlus } from '@/domain/escalation';
import { fieldName } from '@/domain/field-name';
import { SEVERITIES, type Severity } from '@/domain/severity';
import { capitalised } from '@/domain/words';
import { fromWallText, toWallText, viewersZone } from '@/domain/zone-time';
import { now as serverNow } from '@/live/clock';
import css from '@/pages/settings/Settings.module.css';
import { ActionButton } from '@/ui/ActionButton';
import { Moment } from '@/ui/TimeAgo';
import trial from './PolicyTrial.module.css';
import { useAction } from './useAction';

/** Of what a critical that nobody takes goes on with, the rest is behind a button. */
const FIRST = 12;

const NOBODY = 'fleet';

interface Props {
  /** As it stands in the form, saved or not. */
  policy: PolicyInput;
  blocked: string | null;
}

/** Whom a policy would tell of an incident that nobody acknowledges: nothing is saved, nothing is sent. */
export function PolicyTrial({ policy, blocked }: Props) {
  const zone = viewersZone();
  const [at, setAt] = useState(() => toWallText(Math.floor(serverNow() / 60_000) * 60_000, zone));
  const [severity, setSeverity] = useState<Severity>('critical');
  const [server, setServer] = useState(NOBODY);
  const servers = useQuery(serverNamesQuery);
  const moment = fromWallText(at, zone);
  const run = useAction({
    run: () =>
      body(
        client.POST('/api/escalation-policies/simulate', {
          body: {
            policy,
            severity,
            at: moment === null ? null : new Date(moment).toISOString(),
            server_id: server === NOBODY ? null : Number(server),
          },
        }),
      ),
    quietFields: true,
  });
  const errors = fieldErrors(run.error);
  const others = Object.entries(errors).filter(([path]) => path.startsWith('policy.'));
  return (
    <section className={trial.part} aria-label="Try it">
      <h3>Try it</h3>
      <p className={css.note}>
        Whom this policy, as it stands here, would tell of an incident that nobody acknowledges. Nothing is
        saved, nothing is sent.
      </p>
      <div className={css.pair}>
        <TextInput
          type="datetime-local"
          label="It opens"
          description={`In ${zone}`}
          value={at}
          error={(moment === null && 'Is no time') || errors.at}
          onChange={(e) => setAt(e.currentTarget.value)}
        />
        <Select
          label="Severity"
          description="How bad it is"
          allowDeselect={false}
          data={[...SEVERITIES]}
          value={severity}
          onChange={(next) => setSeverity((next ?? 'critical') as Severity)}
        />
      </div>
      <Select
        label="On server"
        description="Maintenance windows ask for it"
        searchable
        limit={50}
        allowDeselect={false}
        data={[
          { value: NOBODY, label: 'none: it is about the fleet' },
          ...(servers.data ?? []).map((s) => ({ value: String(s.id), label: s.name })),
        ]}
        value={server}
        error={errors.server_id}
        onChange={(next) => setServer(next ?? NOBODY)}
      />
      <ActionButton
        size="sm"
        variant="default"
        blocked={blocked ?? (moment === null ? 'Give a time' : null)}
        loading={run.isPending}
        leftSection={<FlaskConical size={14} />}
        onClick={() => run.mutate(undefined)}
      >
        Try it
      </ActionButton>
      {others.length > 0 && (
        <div className={css.outcome} role="alert">
          {others
            .map(([path, message]) => `${capitalised(fieldName(path.slice('policy.'.length)))}: ${message}`)
            .join('; ')}
        </div>
      )}
      {run.data && <Outcome simulation={run.data} />}
    </section>
  );
}

const ENDING: Record<PolicySimulation['ending'], string> = {
  pages_nobody: 'This severity pages nobody: it stands in lists alone.',
  done: 'Then nothing more: all passes are done.',
  goes_on: 'And so on; 24 hours are looked at, and 300 steps at most.',
};

function Outcome({ simulation }: { simulation: PolicySimulation }) {
  const [all, setAll] = useState(false);
  const { events, hold_seconds } = simulation;
  const shown = all ? events : events.slice(0, FIRST);
  return (
    <div className={trial.outcome} role="status">
      {hold_seconds !== null && hold_seconds > 0 && (
        <p className={css.note}>
          Held for {spokenSeconds(hold_seconds)} first: what ends within that tells nobody.
        </p>
      )}
      {simulation.warnings.map((warning) => (
        <Warning key={warning} text={warning} />
      ))}
      <ol className={trial.events}>
        {shown.map((event, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an event is its place in the order
          <li key={at}>
            <span className={trial.when}>
              <span className={css.tplus}>{tPlus(event.at_seconds)}</span>
              <Moment at={event.at} />
            </span>
            <Happening event={event} />
          </li>
        ))}
      </ol>
      {shown.length < events.length && (
        <Button size="xs" variant="subtle" onClick={() => setAll(true)}>
          {events.length - shown.length} more
        </Button>
      )}
      <p className={css.note}>{ENDING[simulation.ending]}</p>
    </div>
  );
}

function title(event: SimulatedEvent): string {
  switch (event.type) {
    case 'held':
      return `Held back: maintenance (${event.window ?? ''})`;
    case 'goes_on':
      return 'No longer held back';
    case 'every_admin':
      return 'Every admin';
    case 'step':
      return (event.pass ?? 1) > 1 ? `Step ${event.step}, pass ${event.pass}` : `Step ${event.step}`;
  }
}

function Happening({ event }: { event: SimulatedEvent }) {
  const fires = event.type === 'step' || event.type === 'every_admin';
  return (
    <span className={trial.what}>
      <b>{title(event)}</b>
      {event.next_at !== null && (
        <small>
          next step <Moment at={event.next_at} />
        </small>
      )}
      {fires && event.told.length === 0 && <small>nobody is reached: the next step follows at once</small>}
      {event.told.length > 0 && (
        <ul className={trial.told}>
          {event.told.map((told) => (
            <li key={`${told.channel} ${told.recipient}`}>
              {told.label}: {told.user ? `${told.user.name}, ${told.recipient}` : told.recipient}
              {told.kept_back !== null && <small> (kept back: {told.kept_back})</small>}
            </li>
          ))}
        </ul>
      )}
      {event.warnings.map((warning) => (
        <Warning key={warning} text={warning} />
      ))}
    </span>
  );
}

function Warning({ text }: { text: string }) {
  return (
    <span className={trial.warning}>
      <TriangleAlert size={13} aria-hidden /> {text}
    </span>
  );
}
