import { useQuery } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { type AttackerAsk, HOSTING_POLL_MS, topAttackersQuery } from '@/api/hosting';
import { everyPage, queryClient } from '@/api/queries';
import type { Attacker } from '@/api/types';
import { countryName } from '@/domain/country';
import type { Column } from '@/ui/DataTable';
import { Empty } from '@/ui/states';
import { TimeAgo } from '@/ui/TimeAgo';
import { FilterChip } from '../FilterBar';
import { ResourceTable } from '../ResourceTable';
import { UnreadableNote } from '../UnreadableNote';
import { Actions, Address, Country } from './FirewallTable';
import css from './TopAttackers.module.css';

interface Props {
  ask: AttackerAsk & { sort: string; cursor: string };
  country: string;
  onCountry: (country: string) => void;
  onSort: (sort: string) => void;
  onCursor: (cursor: string) => void;
}

type Row = Attacker & { id: string };
const withId = (row: Attacker): Row => ({ ...row, id: row.ip });

/** Who attacked most in the last 24 h, from where; a country is pressed to see it alone. */
export function TopAttackers({ ask, country, onCountry, onSort, onCursor }: Props) {
  const navigate = useNavigate();
  const query = useQuery({ ...topAttackersQuery(ask), refetchInterval: HOSTING_POLL_MS });
  const rows = query.data?.data.map(withId);
  const place = ({ country: code }: Attacker, headed = false) =>
    countryName(code) === null || code === country ? (
      <Country code={code} headed={headed} />
    ) : (
      <button type="button" className={css.country} onClick={() => code && onCountry(code)}>
        <Country code={code} />
      </button>
    );
  const columns: Column<Row>[] = [
    {
      key: 'ip',
      header: 'Address',
      width: 220,
      cell: (row) => <Address ip={row.ip} />,
      csv: (row) => row.ip,
    },
    {
      key: 'country',
      header: 'Country',
      width: 180,
      cell: (row) => place(row, true),
      csv: (row) => row.country,
    },
    {
      key: 'events',
      header: 'Events 24 h',
      align: 'right',
      width: 108,
      sortable: true,
      cell: (row) => row.events.toLocaleString('en-US'),
      csv: (row) => row.events,
    },
    {
      key: 'servers',
      header: 'Servers',
      align: 'right',
      width: 84,
      sortable: true,
      cell: (row) => row.servers.toLocaleString('en-US'),
      csv: (row) => row.servers,
    },
    {
      key: 'actions',
      header: 'What',
      cell: (row) => <Actions actions={row.actions} />,
      csv: (row) => row.actions.map(({ action, count }) => `${action} ${count}`),
    },
    {
      key: 'last_at',
      header: 'Last seen',
      width: 104,
      sortable: true,
      cell: (row) => <TimeAgo at={row.last_at} />,
      csv: (row) => row.last_at,
    },
  ];
  return (
    <>
      {/* Also of the log below: both are made of the same reports. */}
      <UnreadableNote unreadable={query.data?.unreadable} tab="firewall" />
      <ResourceTable<Row>
        label="Top attackers"
        keyless
        heading={
          <>
            <h2>Top attackers</h2>
            <span>of the last 24 h</span>
          </>
        }
        columns={columns}
        card={(row) => (
          <div className={css.card}>
            <span className={css.head}>
              <Address ip={row.ip} />
              {place(row)}
            </span>
            <span className={css.facts}>
              <span>
                {row.events.toLocaleString('en-US')} {row.events === 1 ? 'event' : 'events'}
              </span>
              <span>
                on {row.servers} {row.servers === 1 ? 'server' : 'servers'}
              </span>
              <TimeAgo at={row.last_at} />
            </span>
            <Actions actions={row.actions} />
          </div>
        )}
        query={{ ...query, data: rows && query.data && { ...query.data, data: rows } }}
        everything={async () => {
          const all = await everyPage((page) =>
            queryClient.fetchQuery(topAttackersQuery({ ...ask, cursor: '', ...page })),
          );
          return all.map(withId);
        }}
        sort={ask.sort}
        ownSort={{ value: '-events', label: 'Most events first' }}
        onSort={onSort}
        cursor={ask.cursor}
        onCursor={onCursor}
        onOpen={(row) => navigate(`/hosting/firewall?ip=${encodeURIComponent(row.ip)}&range=30d`)}
        filters={
          country !== '' && (
            <FilterChip onRemove={() => onCountry('')}>{countryName(country) ?? country}</FilterChip>
          )
        }
        empty={
          <Empty
            title={country === '' ? 'No attacks in the last 24 h' : 'No attacks from there in the last 24 h'}
          />
        }
      />
    </>
  );
}
