import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Pencil, Plus } from 'lucide-react';
import { useState } from 'react';
import { policiesQuery, queryClient, usersQuery } from '@/api/queries';
import type { Policy, User } from '@/api/types';
import { PolicyEditor } from '@/components/PolicyEditor';
import { useBlocked } from '@/components/session';
import { spokenSeconds } from '@/domain/duration';
import { absoluteTimes, channelsText, totalSeconds, tPlus } from '@/domain/escalation';
import { ActionButton } from '@/ui/ActionButton';
import { PageHeader } from '@/ui/PageHeader';
import { Panel } from '@/ui/Panel';
import { ToneBadge } from '@/ui/StatusBadge';
import { Empty, Failed, LoadingRows } from '@/ui/states';
import css from './Settings.module.css';

export function loader() {
  void queryClient.prefetchQuery(policiesQuery);
  return null;
}

/** Whom a step tells, in words. */
export function targetsText(targets: Policy['steps'][number]['targets'], users: User[]): string {
  const names = (targets.users ?? []).map((id) => users.find((u) => u.id === id)?.name ?? `user ${id}`);
  const roles = (targets.roles ?? []).map((role) =>
    role === 'oncall' ? 'whoever is on call' : `every ${role}`,
  );
  return [...names, ...roles, ...(targets.external ?? [])].join(', ') || 'the channels’ own recipients';
}

export function Component() {
  const query = useQuery(policiesQuery);
  const users = useQuery({ ...usersQuery, enabled: useBlocked('users.view') === null });
  const blocked = useBlocked('rules.manage');
  const [edited, setEdited] = useState<Policy | 'new' | null>(null);
  const policies = query.data?.data ?? [];
  return (
    <>
      <PageHeader
        title="Escalation"
        sub="Who is told when, until somebody acknowledges. Incidents under way keep the policy they began with."
        actions={
          <ActionButton blocked={blocked} leftSection={<Plus size={14} />} onClick={() => setEdited('new')}>
            New policy
          </ActionButton>
        }
      />
      {query.isPending ? (
        <LoadingRows rows={3} height={120} />
      ) : !query.data ? (
        <Failed error={query.error} onRetry={query.refetch} />
      ) : policies.length === 0 ? (
        <Empty title="No policies yet">Until there is one, rules can only tell channels at once.</Empty>
      ) : (
        <div className={css.policies}>
          {policies.map((policy) => (
            <PolicyCard
              key={policy.id}
              policy={policy}
              users={users.data?.data ?? []}
              onEdit={() => setEdited(policy)}
              label={blocked ? 'View' : 'Edit'}
            />
          ))}
        </div>
      )}
      {edited && (
        <PolicyEditor
          key={edited === 'new' ? 'new' : edited.id}
          policy={edited === 'new' ? null : edited}
          blocked={blocked}
          users={users.data?.data ?? []}
          onClose={() => setEdited(null)}
        />
      )}
    </>
  );
}

function PolicyCard(props: { policy: Policy; users: User[]; onEdit: () => void; label: string }) {
  const { policy, users } = props;
  const times = absoluteTimes(policy.steps);
  const used = policy.used_by_rules;
  return (
    <Panel
      label={policy.name}
      title={
        <span className={css.route}>
          {policy.name} {policy.is_default && <ToneBadge tone="busy">default</ToneBadge>}
        </span>
      }
      aside={
        <Button
          variant="subtle"
          leftSection={<Pencil size={13} />}
          onClick={props.onEdit}
          aria-label={`${props.label} ${policy.name}`}
        >
          {props.label}
        </Button>
      }
    >
      <ol className={css.steps}>
        {policy.steps.map((step, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the policy
          <li key={i}>
            <span>
              <span className={css.tplus}>{tPlus(times[i] ?? 0)}</span>
            </span>
            <span>
              {targetsText(step.targets, users)}
              <small>
                {channelsText(step.channels)}
                {!step.only_if_unacknowledged && ' · even when acknowledged'}
              </small>
            </span>
          </li>
        ))}
      </ol>
      <p className={css.note} style={{ margin: '10px 0 0' }}>
        {policy.repeat === 0
          ? 'one pass'
          : `${policy.repeat} more ${policy.repeat === 1 ? 'pass' : 'passes'}, ${spokenSeconds(policy.repeat_delay_seconds)} after the last step; ends at ${tPlus(
              totalSeconds(policy.steps, policy.repeat, policy.repeat_delay_seconds),
            )}`}
        {' · '}
        {used === 0 ? 'no rule uses it' : `used by ${used} ${used === 1 ? 'rule' : 'rules'}`}
      </p>
    </Panel>
  );
}
