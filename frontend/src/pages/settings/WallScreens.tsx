import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { MonitorPlay } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import type { MintedWallToken, WallToken } from '@/api/types';
import { wallTokensQuery } from '@/api/wall';
import { useBlocked } from '@/components/session';
import { useAction } from '@/components/useAction';
import { ActionButton, BlockedNote } from '@/ui/ActionButton';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { CopyButton } from '@/ui/CopyButton';
import { PageHeader } from '@/ui/PageHeader';
import { Panel } from '@/ui/Panel';
import { Empty, Failed, LoadingRows } from '@/ui/states';
import { Moment, TimeAgo } from '@/ui/TimeAgo';
import css from './Settings.module.css';
import own from './WallScreens.module.css';

/** Which screens may show the fleet without anybody signed in: each has a link of its own. */
export function Component() {
  const blocked = useBlocked('wall.manage');
  const query = useQuery({ ...wallTokensQuery, enabled: blocked === null });
  const [made, setMade] = useState<MintedWallToken | null>(null);
  const [ending, setEnding] = useState<WallToken | null>(null);
  const revoke = useAction({
    run: (token: WallToken) =>
      body(client.DELETE('/api/wall-tokens/{id}', { params: { path: { id: token.id } } })),
    done: (_, token) => `${token.name} shows nothing any more`,
    refresh: [['wall-tokens']],
    onDone: (_, token) => {
      setEnding(null);
      setMade((shown) => (shown?.id === token.id ? null : shown));
    },
  });
  return (
    <>
      <PageHeader
        title="Wall screens"
        sub="A screen on a wall shows how the fleet is, and names nobody. Its link opens that page and nothing else."
        actions={
          <Button component={Link} to="/wall" variant="default" leftSection={<MonitorPlay size={14} />}>
            Open the wall
          </Button>
        }
      />
      <div className={css.stack}>
        {blocked && <BlockedNote reason={blocked} />}
        <NewScreen blocked={blocked} onMade={setMade} />
        {made && (
          <Panel title={`Link of ${made.name}`} aside="shown this once">
            <div className={own.link} role="status">
              <code>{made.url}</code>
              <CopyButton text={made.url} label="Copy wall link" />
            </div>
            <p className={own.words}>
              Open it in the browser of the screen. Whoever has the link sees the wall, so keep it to
              yourself.
            </p>
          </Panel>
        )}
        {blocked === null && (
          <Panel flush title="Screens" aside={query.data?.meta.total}>
            {query.isPending ? (
              <LoadingRows rows={3} />
            ) : !query.data ? (
              <Failed error={query.error} onRetry={query.refetch} />
            ) : query.data.data.length === 0 ? (
              <Empty title="No screen yet">Whoever is signed in can open the wall without one.</Empty>
            ) : (
              query.data.data.map((token) => (
                <div key={token.id} className={css.session}>
                  <div>
                    {token.name}
                    <small>
                      made <Moment at={token.created_at} />,{' '}
                      {token.last_used_at ? (
                        <>
                          last used <TimeAgo at={token.last_used_at} />
                        </>
                      ) : (
                        'never used'
                      )}
                    </small>
                  </div>
                  <Button
                    variant="default"
                    aria-label={`Revoke ${token.name}`}
                    onClick={() => setEnding(token)}
                  >
                    Revoke
                  </Button>
                </div>
              ))
            )}
          </Panel>
        )}
      </div>
      {ending && (
        <ConfirmDialog
          opened
          onClose={() => setEnding(null)}
          title={`Revoke the link of ${ending.name}?`}
          confirm="Revoke"
          onConfirm={() => revoke.mutate(ending)}
          busy={revoke.isPending}
        >
          Screens that use it show nothing any more within seconds.
        </ConfirmDialog>
      )}
    </>
  );
}

function NewScreen({ blocked, onMade }: { blocked: string | null; onMade: (made: MintedWallToken) => void }) {
  const [name, setName] = useState('');
  const make = useAction({
    run: () => body(client.POST('/api/wall-tokens', { body: { name: name.trim() } })),
    refresh: [['wall-tokens']],
    quietFields: true,
    onDone: (made) => {
      setName('');
      onMade(made);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!blocked) make.mutate(undefined);
  };
  return (
    <Panel title="Another screen">
      <form className={own.form} onSubmit={submit} noValidate>
        <TextInput
          label="Which screen"
          placeholder="Lobby"
          value={name}
          disabled={blocked !== null}
          error={fieldErrors(make.error).name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <ActionButton type="submit" size="sm" blocked={blocked} loading={make.isPending}>
          Make a link
        </ActionButton>
      </form>
    </Panel>
  );
}
