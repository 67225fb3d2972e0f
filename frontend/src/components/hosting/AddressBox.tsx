import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { HelpCircle, Search, ShieldBan, ShieldCheck } from 'lucide-react';
import { useEffect, useState } from 'react';
import { fieldErrors } from '@/api/error';
import { addressQuery, HOSTING_POLL_MS } from '@/api/hosting';
import type { AddressOnServer, AddressReport } from '@/api/types';
import { isAddress, unblockCommand, type Verdict, verdict } from '@/domain/firewall';
import { CopyButton } from '@/ui/CopyButton';
import { DataBadge, ToneBadge } from '@/ui/StatusBadge';
import { Failed, LoadingRows } from '@/ui/states';
import { Moment, TimeAgo } from '@/ui/TimeAgo';
import { ProbeInline } from '../ProbeNote';
import { ServerLink } from '../ServerLink';
import css from './AddressBox.module.css';
import { ActionBadge, Country } from './FirewallTable';

/** Is this address blocked, where, and why: the most common question of a customer who cannot get in. */
export function AddressBox({ ip, onAsk }: { ip: string; onAsk: (ip: string) => void }) {
  const [typed, setTyped] = useState(ip);
  useEffect(() => setTyped(ip), [ip]);
  const asked = isAddress(ip) ? ip : '';
  const query = useQuery({ ...addressQuery(asked), refetchInterval: HOSTING_POLL_MS });
  const wrong = ip !== asked ? 'must be an IPv4 or IPv6 address' : fieldErrors(query.error).ip;
  return (
    <section className={css.box} aria-label="Is an address blocked?">
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          onAsk(typed.trim());
        }}
      >
        <TextInput
          className={css.input}
          label="Is this address blocked, where, and why?"
          labelProps={{ mb: 4 }}
          placeholder="203.0.113.7 or 2001:db8::7"
          leftSection={<Search size={14} />}
          value={typed}
          error={wrong && `This ${wrong}`}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
        />
        <Button type="submit" size="sm">
          Look it up
        </Button>
        {ip !== '' && (
          <Button size="sm" variant="subtle" color="gray" onClick={() => onAsk('')}>
            Clear
          </Button>
        )}
      </form>
      {asked !== '' &&
        !wrong &&
        (query.data ? (
          <Answer report={query.data} />
        ) : query.error ? (
          <Failed error={query.error} onRetry={() => query.refetch()} />
        ) : (
          <LoadingRows rows={2} />
        ))}
    </section>
  );
}

const ICON: Record<Verdict['tone'], typeof ShieldBan> = {
  blocked: ShieldBan,
  open: ShieldCheck,
  unheard: ShieldCheck,
  unknown: HelpCircle,
};

function Answer({ report }: { report: AddressReport }) {
  const { tone, text } = verdict(report);
  const Icon = ICON[tone];
  const more = report.unknown_servers - report.unknown.length;
  return (
    <div className={css.answer} aria-live="polite">
      <p className={css.verdict} data-tone={tone}>
        <Icon size={18} aria-hidden />
        <b>{text}</b>
        <span>
          <code>{report.ip}</code> {report.country && <Country code={report.country} />}
        </span>
      </p>
      {report.servers.length > 0 && (
        <ul className={css.servers} aria-label={`Servers that know ${report.ip}`}>
          {report.servers.map((row) => (
            <li key={row.server.id}>
              <Known row={row} />
            </li>
          ))}
        </ul>
      )}
      {report.unknown_servers > 0 && (
        <>
          <p className={css.note}>
            {report.unknown_servers === 1 ? 'One server' : `${report.unknown_servers} servers`} may block it
            all the same: the firewall’s log is not read.
          </p>
          <ul className={css.servers} aria-label="Servers that cannot tell">
            {report.unknown.map((row) => (
              <li key={row.server.id}>
                <span className={css.line}>
                  <ServerLink server={row.server} />
                  <ProbeInline probe={row.probe} />
                </span>
              </li>
            ))}
            {more > 0 && <li className={css.note}>and {more} more</li>}
          </ul>
        </>
      )}
    </div>
  );
}

const STATE: Record<
  Exclude<AddressOnServer['state'], 'unknown'>,
  [tone: 'bad' | 'good' | 'quiet', text: string]
> = {
  blocked: ['bad', 'blocked'],
  unblocked: ['good', 'let in again'],
  seen: ['quiet', 'seen, not blocked'],
};

function State({ state }: { state: AddressOnServer['state'] }) {
  if (state === 'unknown') return <DataBadge state="unknown" />;
  const [tone, text] = STATE[state];
  return <ToneBadge tone={tone}>{text}</ToneBadge>;
}

/** What one server says: the event that decides, and how to undo it on the host. */
function Known({ row }: { row: AddressOnServer }) {
  const { event } = row;
  const command = row.state === 'blocked' && event ? unblockCommand(event) : null;
  return (
    <>
      <span className={css.line}>
        <State state={row.state} />
        <ServerLink server={row.server} />
        {event && (
          <span className={css.note}>
            <TimeAgo at={event.at} />
          </span>
        )}
        {row.until && (
          <span className={css.note}>
            until <Moment at={row.until} />
          </span>
        )}
        <span className={css.note}>
          {row.events.toLocaleString('en-US')} {row.events === 1 ? 'line' : 'lines'}
        </span>
      </span>
      {event && (
        <span className={css.why}>
          <ActionBadge action={event.action} /> {event.reason}{' '}
          <span className={css.note}>
            ({event.source}
            {event.user && `, account ${event.user}`}
            {event.ports && `, ports ${event.ports}`})
          </span>
        </span>
      )}
      {command && (
        <span className={css.command}>
          <span className={css.note}>to let it in, on that host:</span>
          <code>{command}</code>
          <CopyButton compact text={command} label={`Copy command that lets it in on ${row.server.name}`} />
        </span>
      )}
      {row.probe.state !== 'ok' && <ProbeInline probe={row.probe} />}
    </>
  );
}
