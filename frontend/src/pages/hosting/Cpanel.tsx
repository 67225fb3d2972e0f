import { cpanelQuery } from '@/api/hosting';
import type { HostCpanel } from '@/api/types';
import { FleetList, fleetLoader, fleetParams } from '@/components/FleetList';
import { isInTrouble, Licence } from '@/components/hosting/Licence';
import { count } from '@/domain/units';
import type { Column } from '@/ui/DataTable';

const params = fleetParams('-license');

export const loader = fleetLoader(params, cpanelQuery);

const number = (
  key: string,
  header: string,
  value: (row: HostCpanel) => number | null,
  more: Partial<Column<HostCpanel>> = {},
): Column<HostCpanel> => ({
  key,
  header,
  align: 'right',
  width: 96,
  cell: (row) => count(value(row)),
  csv: value,
  ...more,
});

const columns: Column<HostCpanel>[] = [
  {
    key: 'license',
    header: 'Licence',
    width: 262,
    sortable: true,
    cell: (row) => <Licence cpanel={row} />,
    csv: (row) => row.license_status,
  },
  {
    key: 'license_expires_on',
    header: 'Licence ends',
    hidden: true,
    cell: () => null,
    csv: (row) => row.license_expires_on,
  },
  number('accounts', 'Accounts', (row) => row.accounts_active, { sortable: true }),
  number('accounts_suspended', 'Suspended', (row) => row.accounts_suspended),
  number('email_accounts', 'Mailboxes', (row) => row.email_accounts, { sortable: true }),
  number('databases', 'Databases', (row) => row.databases, { wide: true }),
  number('domains', 'Domains', (row) => row.domains, { wide: true }),
  {
    key: 'version',
    header: 'Version',
    width: 120,
    wide: true,
    cell: (row) => row.version ?? '–',
    csv: (row) => row.version,
  },
];

function Facts({ row }: { row: HostCpanel }) {
  return (
    <>
      <Licence cpanel={row} />
      <span>{count(row.accounts_active)} accounts</span>
      <span>{count(row.accounts_suspended)} suspended</span>
      <span>{count(row.email_accounts)} mailboxes</span>
      {row.version && <span>version {row.version}</span>}
    </>
  );
}

export function Component() {
  return (
    <FleetList
      title="cPanel"
      sub="Licences in trouble first, then those that end soonest."
      none="No host reports a cPanel yet"
      params={params}
      question={cpanelQuery}
      columns={columns}
      facts={(row) => <Facts row={row} />}
      worstFirst="Licences in trouble first"
      tone={(row) => (isInTrouble(row) ? 'critical' : undefined)}
    />
  );
}
