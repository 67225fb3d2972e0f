import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { SlidersHorizontal } from 'lucide-react';
import { useNavigate } from 'react-router';
import { catalogueQuery, queryClient } from '@/api/queries';
import type { Catalogue } from '@/api/types';
import { DetectorDocs, DetectorNumbers, numberName, spoken } from '@/components/DetectorPage';
import { ResourceTable } from '@/components/ResourceTable';
import { useBlocked } from '@/components/session';
import { useUrlState } from '@/components/useUrlState';
import { text } from '@/domain/url-state';
import { ActionButton } from '@/ui/ActionButton';
import type { Column } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { SeverityBadge } from '@/ui/SeverityBadge';
import { SlideOver } from '@/ui/SlideOver';
import { Empty } from '@/ui/states';
import css from './Settings.module.css';

/** The detector whose page is open. */
const params = { detector: text() };

export function loader() {
  void queryClient.prefetchQuery(catalogueQuery);
  return null;
}

type Row = Catalogue['detectors'][number] & { id: string };

const Severities = ({ row }: { row: Row }) => (
  <span className={css.route}>
    {row.severities.map((severity) => (
      <SeverityBadge key={severity} severity={severity} />
    ))}
  </span>
);

const numbers = (row: Row): string =>
  row.numbers.map((known) => `${numberName(known)}: ${spoken(known.default, known.unit)}`).join(', ');

const columns: Column<Row>[] = [
  {
    key: 'name',
    header: 'Name',
    width: 210,
    cell: (row) => <b style={{ fontWeight: 560 }}>{row.name}</b>,
    csv: (row) => row.name,
  },
  { key: 'about', header: 'Looks for', cell: (row) => row.about, csv: (row) => row.about },
  {
    key: 'severities',
    header: 'Severities',
    width: 260,
    cell: (row) => <Severities row={row} />,
    csv: (row) => row.severities,
  },
  {
    key: 'numbers',
    header: 'Numbers',
    wide: true,
    cell: (row) => <span className={css.muted}>{numbers(row) || 'none'}</span>,
    csv: numbers,
  },
];

export function Component() {
  const query = useQuery(catalogueQuery);
  const [values, change] = useUrlState(params);
  const rows = query.data?.detectors.map((detector) => ({ ...detector, id: detector.key }));
  const shown = rows?.find((row) => row.key === values.detector);
  return (
    <>
      <PageHeader
        title="Detectors"
        sub="What is looked for on every server without any rule. Each one has a page that says how it decides."
      />
      <ResourceTable<Row>
        label="Detectors"
        columns={columns}
        card={(row) => (
          <button type="button" className={css.bare} onClick={() => change({ detector: row.key }, 'push')}>
            <b style={{ fontWeight: 600 }}>{row.name}</b>
            <span>{row.about}</span>
            <Severities row={row} />
          </button>
        )}
        query={{
          ...query,
          data: rows && { data: rows, meta: { next_cursor: null, total: rows.length } },
        }}
        onOpen={(row) => change({ detector: row.key }, 'push')}
        empty={<Empty title="No built-in detector is known" />}
      />
      {shown && <Page detector={shown} onClose={() => change({ detector: '' })} />}
    </>
  );
}

function Page({ detector, onClose }: { detector: Row; onClose: () => void }) {
  const blocked = useBlocked('rules.manage');
  const navigate = useNavigate();
  return (
    <SlideOver
      opened
      onClose={onClose}
      title={detector.name}
      footer={
        <>
          <ActionButton
            size="sm"
            blocked={blocked}
            leftSection={<SlidersHorizontal size={14} />}
            onClick={() => navigate(`/settings/rules?rule=new&detector=${detector.key}`)}
          >
            Tune for some servers
          </ActionButton>
          <Button size="sm" variant="subtle" color="gray" onClick={onClose}>
            Close
          </Button>
        </>
      }
    >
      <Severities row={detector} />
      <DetectorDocs detector={detector} />
      <DetectorNumbers detector={detector} />
    </SlideOver>
  );
}
