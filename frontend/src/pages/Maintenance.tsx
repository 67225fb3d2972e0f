import { Button, Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ChevronDown, Play, Plus, Square } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { body, client } from '@/api/client';
import { catalogueQuery, incidentsQuery, queryClient, serverNamesQuery, windowsQuery } from '@/api/queries';
import type { MaintenanceWindow } from '@/api/types';
import { useCatalogueWords, type Words } from '@/components/catalogue-words';
import { EndWindow } from '@/components/EndWindow';
import { ResourceTable } from '@/components/ResourceTable';
import { useBlocked } from '@/components/session';
import { useAction } from '@/components/useAction';
import { useUrlState } from '@/components/useUrlState';
import { WINDOW_REFRESH, WindowEditor } from '@/components/WindowEditor';
import { shortDuration, spokenSeconds, utcClock, zoneName } from '@/domain/duration';
import {
  anHourLater,
  START_NOW_HOURS,
  STATE_NAME,
  stateOf,
  type WindowState,
  whenText,
} from '@/domain/maintenance';
import type { WindowForm } from '@/domain/maintenance-form';
import { scopeText } from '@/domain/rule-text';
import { integer, text } from '@/domain/url-state';
import { shortMoment, viewersZone } from '@/domain/zone-time';
import { useNowInSteps } from '@/live/clock';
import { usePollEvery } from '@/live/connection';
import { ActionButton } from '@/ui/ActionButton';
import type { Column } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { type Tone, ToneBadge } from '@/ui/StatusBadge';
import { Empty } from '@/ui/states';
import css from './Maintenance.module.css';

/** The window being edited, `new` for one that is not there yet: for which servers and how many hours it begins. */
const params = { window: text(), servers: text(), hours: integer() };

const heldQuery = incidentsQuery({ held: 'maintenance', limit: 1 });

export function loader() {
  for (const query of [windowsQuery, catalogueQuery, serverNamesQuery])
    void queryClient.prefetchQuery(query as never);
  return null;
}

const TONE: Record<WindowState, Tone> = { under_way: 'medium', next: 'busy', over: 'quiet' };

function State({ window }: { window: MaintenanceWindow }) {
  const { state } = stateOf(window, useNowInSteps(1000));
  return <ToneBadge tone={TONE[state]}>{STATE_NAME[state]}</ToneBadge>;
}

/** `1 h 25 min`; whole days where it is more than two of them. */
const minutes = (ms: number) =>
  ms > 48 * 3_600_000 ? shortDuration(ms) : spokenSeconds(Math.max(60, Math.ceil(ms / 60_000) * 60));

/** When it is by its own clock; below, how long it lasts or when it begins by the viewer's. */
function When({ window, zoned }: { window: MaintenanceWindow; zoned?: boolean }) {
  const now = useNowInSteps(1000);
  const { state, span } = stateOf(window, now);
  const zone = viewersZone();
  const at = (moment: string) =>
    `${shortMoment(Date.parse(moment), zone, now)}${window.timezone === zone ? '' : ` ${zoneName(moment)}`}`;
  const returns = window.recurrence !== null;
  const words =
    state === 'under_way' && span?.until
      ? `${returns ? `until ${at(span.until)}, ` : ''}${minutes(Date.parse(span.until) - now)} left`
      : state === 'next' && span
        ? `${returns ? `next ${at(span.from)}, ` : ''}in ${minutes(Date.parse(span.from) - now)}`
        : null;
  const edge = state === 'under_way' ? span?.until : span?.from;
  return (
    <span className={state === 'over' ? css.over : undefined}>
      {whenText(window, now)}
      {zoned && window.timezone !== zone && ` (${window.timezone})`}
      {words && edge && (
        <time className={css.second} dateTime={edge} title={utcClock(edge)}>
          {words}
        </time>
      )}
    </span>
  );
}

const detectorsText = ({ detectors }: MaintenanceWindow, words: Words) =>
  detectors.length === 0 ? 'all' : detectors.map(words.detector).join(', ');

type Names = ReadonlyMap<number, string>;

const columnsWith = (
  names: Names,
  words: Words,
  blocked: string | null,
  end: (window: MaintenanceWindow) => void,
): Column<MaintenanceWindow>[] => [
  {
    key: 'state',
    header: 'State',
    width: 96,
    cell: (w) => <State window={w} />,
    csv: (w) => STATE_NAME[stateOf(w, Date.now()).state],
  },
  {
    key: 'name',
    header: 'Name',
    cell: (w) => (
      <>
        <span className={css.name}>{w.name}</span>
        {w.reason && <span className={css.second}>{w.reason}</span>}
      </>
    ),
    csv: (w) => w.name,
  },
  { key: 'reason', header: 'What is done', hidden: true, cell: (w) => w.reason, csv: (w) => w.reason },
  {
    key: 'scope',
    header: 'Servers',
    cell: (w) => scopeText(w, names),
    csv: (w) => scopeText(w, names),
  },
  {
    key: 'detectors',
    header: 'Detectors',
    cell: (w) => detectorsText(w, words),
    csv: (w) => detectorsText(w, words),
  },
  {
    key: 'when',
    header: 'When',
    cell: (w) => <When window={w} />,
    csv: (w) => whenText(w, Date.now()),
  },
  {
    key: 'timezone',
    header: 'Zone',
    width: 124,
    wide: true,
    cell: (w) => w.timezone,
    csv: (w) => w.timezone,
  },
  {
    key: 'created_by',
    header: 'By',
    width: 110,
    wide: true,
    cell: (w) => w.created_by?.name ?? '–',
    csv: (w) => w.created_by?.name,
  },
  {
    key: 'end',
    header: '',
    align: 'right',
    width: 190,
    cell: (w) => (
      <span className={css.acts}>
        <ExtendButton window={w} blocked={blocked} />
        <EndButton window={w} blocked={blocked} onEnd={end} />
      </span>
    ),
    csv: (w) => w.ends_at,
  },
];

interface EndProps {
  window: MaintenanceWindow;
  blocked: string | null;
  onEnd: (window: MaintenanceWindow) => void;
  large?: boolean;
}

function EndButton({ window, blocked, onEnd, large }: EndProps) {
  const { state } = stateOf(window, useNowInSteps(1000));
  if (state !== 'under_way') return null;
  return (
    <ActionButton
      size={large ? 'md' : 'compact-xs'}
      variant="light"
      blocked={blocked}
      fullWidth={large}
      leftSection={<Square size={large ? 15 : 12} />}
      aria-label={`End now: ${window.name}`}
      onClick={() => onEnd(window)}
    >
      End now
    </ActionButton>
  );
}

/** Ends it an hour later; of one that returns its clock says when it ends. */
function ExtendButton({ window, blocked, large }: Omit<EndProps, 'onEnd'>) {
  const { state } = stateOf(window, useNowInSteps(1000));
  const later = anHourLater(window);
  const extend = useAction({
    run: () =>
      body(
        client.PATCH('/api/maintenance-windows/{id}', {
          params: { path: { id: window.id } },
          body: { ends_at: later },
        }),
      ),
    done: `“${window.name}” ends an hour later`,
    refresh: WINDOW_REFRESH,
  });
  if (state !== 'under_way') return null;
  return (
    <ActionButton
      size={large ? 'md' : 'compact-xs'}
      variant="default"
      blocked={
        blocked ?? (later ? null : 'It returns, or would last for over 31 days: change when it ends instead.')
      }
      loading={extend.isPending}
      fullWidth={large}
      aria-label={`+ 1 hour: ${window.name}`}
      onClick={() => extend.mutate(undefined)}
    >
      + 1 hour
    </ActionButton>
  );
}

/** How many incidents are quiet because of the windows under way, and where they are; nothing while none is. */
function HeldNow({ windows }: { windows: MaintenanceWindow[] }) {
  const now = useNowInSteps(1000);
  const running = windows.filter((window) => stateOf(window, now).state === 'under_way');
  const held = useQuery({ ...heldQuery, enabled: running.length > 0, refetchInterval: usePollEvery() });
  const count = held.data?.meta.total;
  if (running.length === 0 || count === undefined) return null;
  const by = running.length === 1 ? `“${running[0]?.name}”` : `The ${running.length} windows under way`;
  const verb = running.length === 1 ? 'holds' : 'hold';
  return (
    <p className={css.held} role="status">
      <ToneBadge tone={count > 0 ? 'medium' : 'quiet'}>{count}</ToneBadge>
      {count === 0 ? (
        `${by} ${verb} nothing back now.`
      ) : (
        <span>
          {by} {verb} back{' '}
          <Link to="/incidents?held=maintenance">
            {count} {count === 1 ? 'incident' : 'incidents'}
          </Link>{' '}
          now.
        </span>
      )}
    </p>
  );
}

/** What a link of a server asks for: a window for it, whatever it is called. */
function startOf(servers: string, names: Names): Partial<WindowForm> | undefined {
  const serverIds = servers.split(',').map(Number).filter(Boolean);
  if (serverIds.length === 0) return undefined;
  const [first] = serverIds.map((id) => names.get(id));
  const name = serverIds.length === 1 && first ? `Maintenance of ${first}` : '';
  return { scopeKind: 'servers', serverIds, name };
}

export function Component() {
  const query = useQuery({ ...windowsQuery, refetchInterval: usePollEvery() });
  const servers = useQuery(serverNamesQuery);
  const names = useMemo(() => new Map((servers.data ?? []).map((s) => [s.id, s.name])), [servers.data]);
  const words = useCatalogueWords();
  const blocked = useBlocked('rules.manage');
  const now = useNowInSteps(1000);
  const [ending, setEnding] = useState<MaintenanceWindow | null>(null);
  const [values, change] = useUrlState(params);
  const columns = columnsWith(names, words, blocked, setEnding);
  const edited =
    values.window === 'new' ? 'new' : query.data?.data.find((w) => String(w.id) === values.window);
  const edit = (window: MaintenanceWindow) =>
    change({ window: String(window.id), servers: '', hours: null }, 'push');
  const begin = (hours: number | null) => change({ window: 'new', servers: '', hours }, 'push');
  const span = ending && stateOf(ending, now).span;
  // A link of a server names it: its name stands in the form from the start.
  const ready = values.servers === '' || !servers.isPending;
  return (
    <>
      <PageHeader
        title="Maintenance"
        sub="Nobody is told of what people are working on. What is still wrong at the end is told once."
        actions={
          <span className={css.header}>
            <StartNow blocked={blocked} onStart={begin} />
            <ActionButton blocked={blocked} leftSection={<Plus size={14} />} onClick={() => begin(null)}>
              New window
            </ActionButton>
          </span>
        }
      />
      <HeldNow windows={query.data?.data ?? []} />
      <ResourceTable<MaintenanceWindow>
        label="Maintenance windows"
        columns={columns}
        card={(window) => (
          <div className={css.card}>
            <WindowCard window={window} names={names} words={words} onEdit={edit} />
            <ExtendButton window={window} blocked={blocked} large />
            <EndButton window={window} blocked={blocked} onEnd={setEnding} large />
          </div>
        )}
        query={query}
        onOpen={edit}
        empty={
          <Empty title="No maintenance is planned">
            A window keeps pages quiet while people work on servers, once or every week or month.
          </Empty>
        }
      />
      {edited && ready && (
        <WindowEditor
          key={edited === 'new' ? 'new' : edited.id}
          window={edited === 'new' ? null : edited}
          start={startOf(values.servers, names)}
          hours={values.hours ?? undefined}
          blocked={blocked}
          onClose={() => change({ window: '', servers: '', hours: null })}
        />
      )}
      {ending && span && <EndWindow window={ending} span={span} onClose={() => setEnding(null)} />}
    </>
  );
}

interface CardProps {
  window: MaintenanceWindow;
  names: Names;
  words: Words;
  onEdit: (window: MaintenanceWindow) => void;
}

function WindowCard({ window, names, words, onEdit }: CardProps) {
  return (
    <button type="button" className={css.cardButton} onClick={() => onEdit(window)}>
      <span className={css.cardHead}>
        <b>{window.name}</b>
        <State window={window} />
      </span>
      {window.reason && <span>{window.reason}</span>}
      <When window={window} zoned />
      <span className={css.second}>
        {scopeText(window, names)} · detectors: {detectorsText(window, words)}
        {window.created_by && ` · by ${window.created_by.name}`}
      </span>
    </button>
  );
}

function StartNow({ blocked, onStart }: { blocked: string | null; onStart: (hours: number) => void }) {
  const look = { variant: 'default', leftSection: <Play size={14} /> } as const;
  if (blocked)
    return (
      <ActionButton {...look} blocked={blocked}>
        Start now
      </ActionButton>
    );
  return (
    <Menu position="bottom-end" shadow="md" width={170}>
      <Menu.Target>
        <Button {...look} rightSection={<ChevronDown size={14} />}>
          Start now
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {START_NOW_HOURS.map((hours) => (
          <Menu.Item key={hours} onClick={() => onStart(hours)}>
            for {hours} {hours === 1 ? 'hour' : 'hours'}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
