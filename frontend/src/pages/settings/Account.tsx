import { Button, SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { body, client } from '@/api/client';
import { queryClient, sessionsQuery } from '@/api/queries';
import type { Session } from '@/api/types';
import { usePasswordForm } from '@/components/PasswordForm';
import { useMe } from '@/components/session';
import { useAction } from '@/components/useAction';
import { browserName } from '@/domain/browser';
import { mayDo, roleName } from '@/domain/role';
import { FactList } from '@/ui/FactList';
import { PageHeader } from '@/ui/PageHeader';
import { Panel } from '@/ui/Panel';
import { ToneBadge } from '@/ui/StatusBadge';
import { Failed, LoadingRows } from '@/ui/states';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './Settings.module.css';

export function loader() {
  void queryClient.prefetchQuery(sessionsQuery);
  return null;
}

export function Component() {
  const me = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const password = usePasswordForm(() => void queryClient.invalidateQueries({ queryKey: ['sessions'] }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    password.submit();
  };
  return (
    <>
      <PageHeader title="Account" sub={me.email} />
      <div className={css.stack}>
        <Panel title="You">
          <FactList
            facts={[
              ['Name', me.name],
              ['Role', roleName(me.role)],
              ['May', mayDo(me.permissions).join(', ')],
              ['Time zone', Intl.DateTimeFormat().resolvedOptions().timeZone],
              [
                'Theme',
                <SegmentedControl
                  key="theme"
                  aria-label="Theme"
                  data={['auto', 'light', 'dark']}
                  value={colorScheme}
                  onChange={(scheme) => setColorScheme(scheme as typeof colorScheme)}
                />,
              ],
            ]}
          />
        </Panel>
        <Panel title="Password">
          <form className={`${css.form} ${css.narrow}`} onSubmit={submit}>
            {password.error && (
              <div className={css.outcome} role="alert">
                {password.error}
              </div>
            )}
            {password.fields}
          </form>
        </Panel>
        <Sessions />
      </div>
    </>
  );
}

function Sessions() {
  const query = useQuery(sessionsQuery);
  return (
    <Panel flush title="Sessions" aside="where you are signed in">
      {query.isPending ? (
        <LoadingRows rows={2} />
      ) : query.data ? (
        query.data.data.map((session) => <SessionRow key={session.id} session={session} />)
      ) : (
        <Failed error={query.error} onRetry={query.refetch} />
      )}
    </Panel>
  );
}

function SessionRow({ session }: { session: Session }) {
  const end = useAction({
    run: () => body(client.DELETE('/api/auth/sessions/{id}', { params: { path: { id: session.id } } })),
    done: 'Session ended',
    refresh: [['sessions']],
  });
  return (
    <div className={css.session}>
      <div>
        {browserName(session.user_agent)} {session.current && <ToneBadge tone="good">this one</ToneBadge>}
        <small>
          {session.ip} · last request <TimeAgo at={session.last_seen_at} /> · began{' '}
          <TimeAgo at={session.created_at} />
        </small>
      </div>
      {!session.current && (
        <Button variant="default" loading={end.isPending} onClick={() => end.mutate(undefined)}>
          End
        </Button>
      )}
    </div>
  );
}
