import { useQuery } from '@tanstack/react-query';
import { type LoaderFunctionArgs, useParams } from 'react-router';
import { queryClient } from '@/api/queries';
import { serverCpanelQuery } from '@/api/server-tabs';
import { Licence } from '@/components/hosting/Licence';
import { askCharts, type ChartSet, KindCharts } from '@/components/server/KindCharts';
import { ReportTab } from '@/components/server/ReportTab';
import { count } from '@/domain/units';
import { usePollEvery } from '@/live/connection';

const SET: ChartSet = {
  kind: 'cpanel',
  range: '30d',
  charts: [
    {
      title: 'Accounts',
      unit: 'count',
      fields: [
        ['accounts_active', 'active'],
        ['accounts_suspended', 'suspended'],
      ],
    },
    { title: 'Mailboxes', unit: 'count', fields: [['email_accounts', 'mailboxes']] },
    {
      title: 'Databases and domains',
      unit: 'count',
      fields: [
        ['databases', 'databases'],
        ['domains', 'domains'],
      ],
    },
  ],
};

export function loader({ params, request }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(serverCpanelQuery(Number(params.id)));
  askCharts(Number(params.id), SET, request);
  return null;
}

export function Component() {
  const id = Number(useParams().id);
  const query = useQuery({ ...serverCpanelQuery(id), refetchInterval: usePollEvery() });
  return (
    <ReportTab
      query={query}
      title="cPanel"
      facts={(cpanel) => [
        ['Licence', <Licence key="licence" cpanel={cpanel} />],
        ['Version', cpanel.version ?? '–'],
        ['Accounts', count(cpanel.accounts_active)],
        ['Suspended', count(cpanel.accounts_suspended)],
        ['Mailboxes', count(cpanel.email_accounts)],
        ['Databases', count(cpanel.databases)],
        ['Domains', count(cpanel.domains)],
      ]}
    >
      <KindCharts id={id} set={SET} />
    </ReportTab>
  );
}
