import { SegmentedControl, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, type LoaderFunctionArgs, useParams } from 'react-router';
import { catalogueQuery, decisionsQuery, everyPage, queryClient } from '@/api/queries';
import { useCatalogueWords } from '@/components/catalogue-words';
import { DecisionCard, type DecisionRow, decisionColumns, decisionRows } from '@/components/DecisionTable';
import { FilterChip } from '@/components/FilterBar';
import filter from '@/components/FilterBar.module.css';
import { ResourceTable } from '@/components/ResourceTable';
import { useUrlState } from '@/components/useUrlState';
import { CAME, CAME_TEXT, type Came, movedOf } from '@/domain/decision';
import { subjectText } from '@/domain/subject';
import { choice, readParams, text, type Values } from '@/domain/url-state';
import { usePollEvery } from '@/live/connection';
import { Empty } from '@/ui/states';

const params = { detector: text(), subject: text(), came: choice(CAME, 'all'), cursor: text() };

const ask = (v: Values<typeof params>) => ({
  detector: v.detector,
  subject: v.subject || undefined,
  moved: movedOf(v.came),
  cursor: v.cursor,
  limit: 100,
});

export function loader({ params: path, request }: LoaderFunctionArgs) {
  const values = readParams(params, new URL(request.url).searchParams);
  void queryClient.prefetchQuery(decisionsQuery(Number(path.id), ask(values)));
  void queryClient.prefetchQuery(catalogueQuery);
  return null;
}

/** What the detectors decided about this server, and why; also why they did nothing. */
export function Component() {
  const id = Number(useParams().id);
  const [values, change] = useUrlState(params);
  const query = useQuery({ ...decisionsQuery(id, ask(values)), refetchInterval: usePollEvery() });
  const detectors = useQuery(catalogueQuery).data?.detectors ?? [];
  const words = useCatalogueWords();
  const names = detectors.map(({ key, name }) => ({ value: key, label: name }));
  // One that the catalogue does not name, such as that of rules on metrics, is shown all the same.
  const known = values.detector === '' || names.some(({ value }) => value === values.detector);
  const filtered = values.detector !== '' || values.subject !== '' || values.came !== 'all';
  return (
    <ResourceTable<DecisionRow>
      label="Decisions"
      columns={decisionColumns}
      card={(row) => <DecisionCard row={row} />}
      query={{ ...query, data: query.data && { ...query.data, data: decisionRows(query.data.data) } }}
      everything={async () =>
        decisionRows(
          await everyPage((page) =>
            queryClient.fetchQuery(decisionsQuery(id, { ...ask(values), cursor: '', ...page })),
          ),
        )
      }
      cursor={values.cursor}
      onCursor={(cursor) => change({ cursor }, 'push')}
      tone={(row) => (row.moved && row.severity === 'critical' ? 'critical' : undefined)}
      filters={
        <>
          <SegmentedControl
            aria-label="What came of it"
            data={CAME.map((came) => ({ value: came, label: CAME_TEXT[came] }))}
            value={values.came}
            onChange={(came) => change({ came: came as Came, cursor: '' })}
          />
          <Select
            size="xs"
            className={filter.choice}
            aria-label="Detector"
            placeholder="Any detector"
            searchable
            clearable
            data={
              known ? names : [...names, { value: values.detector, label: words.detector(values.detector) }]
            }
            value={values.detector || null}
            onChange={(detector) => change({ detector: detector ?? '', cursor: '' })}
          />
          {values.subject !== '' && (
            <FilterChip onRemove={() => change({ subject: '', cursor: '' })}>
              {subjectText(values.detector, values.subject) ?? values.subject}
            </FilterChip>
          )}
        </>
      }
      empty={
        filtered ? (
          <Empty title="No decision matches these filters">
            <Link to={`/servers/${id}/why`}>Show all decisions</Link>
          </Empty>
        ) : (
          <Empty title="No detector had anything to decide about this server yet">
            What is fine and stays fine is not noted; a change is, and every time a breach was held back.
          </Empty>
        )
      }
    />
  );
}
