import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { catalogueQuery, channelsQuery, policiesQuery, queryClient, rulesQuery } from '@/api/queries';
import type { AlertRule, Catalogue } from '@/api/types';
import { ResourceTable } from '@/components/ResourceTable';
import { RuleEditor } from '@/components/RuleEditor';
import { useBlocked } from '@/components/session';
import { useUrlState } from '@/components/useUrlState';
import { conditionText, scopeText } from '@/domain/rule-text';
import { text } from '@/domain/url-state';
import { ActionButton } from '@/ui/ActionButton';
import type { Column } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { SeverityBadge } from '@/ui/SeverityBadge';
import { ToneBadge } from '@/ui/StatusBadge';
import { Empty } from '@/ui/states';
import css from './Settings.module.css';

/** The rule being edited, `new` for one that is not there yet; `detector` is what a new one begins with. */
const params = { rule: text(), detector: text() };

export function loader() {
  for (const query of [rulesQuery, policiesQuery, catalogueQuery])
    void queryClient.prefetchQuery(query as never);
  return null;
}

function RouteText({ rule }: { rule: AlertRule }) {
  if (rule.escalation_policy_id !== null) {
    return (
      <span className={css.route}>
        <span className={css.muted}>policy</span>
        <Link to="/settings/escalation">
          {rule.escalation_policy_name ?? `#${rule.escalation_policy_id}`}
        </Link>
      </span>
    );
  }
  return (
    <span className={css.route}>
      <span className={css.muted}>at once</span> {(rule.channels ?? []).join(', ') || 'the digest'}
    </span>
  );
}

const columnsWith = (catalogue: Catalogue | undefined): Column<AlertRule>[] => [
  {
    key: 'enabled',
    header: 'State',
    width: 70,
    cell: (r) => <ToneBadge tone={r.enabled ? 'good' : 'quiet'}>{r.enabled ? 'on' : 'off'}</ToneBadge>,
    csv: (r) => (r.enabled ? 'on' : 'off'),
  },
  {
    key: 'name',
    header: 'Name',
    cell: (r) => (
      <>
        <b style={{ fontWeight: 560 }}>{r.name}</b>{' '}
        {r.is_default && <ToneBadge tone="busy">default</ToneBadge>}
      </>
    ),
    csv: (r) => r.name,
  },
  {
    key: 'condition',
    header: 'Looks for',
    cell: (r) => conditionText(r, catalogue),
    csv: (r) => conditionText(r, catalogue),
  },
  { key: 'scope', header: 'On', width: 150, wide: true, cell: scopeText, csv: scopeText },
  {
    key: 'severity',
    header: 'Severity',
    width: 110,
    cell: (r) =>
      r.severity ? (
        <SeverityBadge severity={r.severity} />
      ) : (
        <span className={css.muted}>the detector’s</span>
      ),
    csv: (r) => r.severity,
  },
  {
    key: 'route',
    header: 'Tells',
    cell: (r) => <RouteText rule={r} />,
    csv: (r) => r.escalation_policy_name ?? r.channels,
  },
];

export function Component() {
  const query = useQuery(rulesQuery);
  const catalogue = useQuery(catalogueQuery).data;
  const columns = useMemo(() => columnsWith(catalogue), [catalogue]);
  const blocked = useBlocked('rules.manage');
  const [values, change] = useUrlState(params);
  const edited = values.rule === 'new' ? 'new' : query.data?.data.find((r) => String(r.id) === values.rule);
  const edit = (rule: AlertRule | 'new') =>
    change({ rule: rule === 'new' ? 'new' : String(rule.id), detector: '' }, 'push');
  // Needed by the editor; asked here so that it opens with its choices filled.
  useQuery({ ...channelsQuery, enabled: useBlocked('channels.view') === null });
  return (
    <>
      <PageHeader
        title="Alert rules"
        sub="What to look for and whom to tell. Of several that match, the most specific scope wins."
        actions={
          <ActionButton blocked={blocked} leftSection={<Plus size={14} />} onClick={() => edit('new')}>
            New rule
          </ActionButton>
        }
      />
      <ResourceTable<AlertRule>
        label="Alert rules"
        columns={columns}
        card={(rule) => (
          <button type="button" className={css.bare} onClick={() => edit(rule)}>
            <span className={css.route}>
              <b style={{ fontWeight: 600 }}>{rule.name}</b>
              {rule.severity && <SeverityBadge severity={rule.severity} />}
              {!rule.enabled && <ToneBadge tone="quiet">off</ToneBadge>}
              {rule.is_default && <ToneBadge tone="busy">default</ToneBadge>}
            </span>
            <span>{conditionText(rule, catalogue)}</span>
            <span className={css.muted}>
              {scopeText(rule)} · {rule.escalation_policy_name ?? rule.channels?.join(', ')}
            </span>
          </button>
        )}
        query={query}
        onOpen={edit}
        empty={<Empty title="No rules">What the built-in detectors find goes by the default rule.</Empty>}
      />
      {edited && (
        <RuleEditor
          key={edited === 'new' ? 'new' : edited.id}
          rule={edited === 'new' ? null : edited}
          start={
            values.detector
              ? { conditionKind: 'detector', detector: values.detector, scopeKind: 'tags' }
              : undefined
          }
          blocked={blocked}
          onClose={() => change({ rule: '', detector: '' })}
        />
      )}
    </>
  );
}
