import { Button, TagsInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleX, LoaderCircle, Terminal } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import { serversQuery, tokensQuery } from '@/api/queries';
import type { MintedToken, RegistrationToken } from '@/api/types';
import { useBlocked } from '@/components/session';
import { useAction } from '@/components/useAction';
import { minutesSeconds } from '@/domain/duration';
import { useNow } from '@/live/clock';
import { usePollEvery } from '@/live/connection';
import { ActionButton, BlockedNote } from '@/ui/ActionButton';
import { CommandBox } from '@/ui/CommandBox';
import { cx } from '@/ui/cx';
import { PageHeader } from '@/ui/PageHeader';
import { Panel } from '@/ui/Panel';
import { StatusBadge, Tags } from '@/ui/StatusBadge';
import { Moment } from '@/ui/TimeAgo';
import css from './AddHost.module.css';

/** Name, command, and then it waits until the host's first report arrives. */
export function Component() {
  const [token, setToken] = useState<MintedToken | null>(null);
  return (
    <>
      <PageHeader
        title="Add host"
        sub="One command on the host. The agent only reads and reports; it takes no instructions."
      />
      <div className={css.steps}>
        <NameStep minted={token} onMinted={setToken} onAnother={() => setToken(null)} />
        {token && (
          <>
            <CommandStep token={token} />
            <WaitStep token={token} onAgain={() => setToken(null)} />
          </>
        )}
        {!token && <OpenTokens />}
      </div>
    </>
  );
}

/** Commands that were handed out and still work: to be seen, and to be taken back. */
function OpenTokens() {
  const allowed = useBlocked('servers.manage') === null;
  const { data } = useQuery({ ...tokensQuery, enabled: allowed, refetchInterval: usePollEvery() });
  const now = useNow();
  const revoke = useAction({
    run: (token: RegistrationToken) =>
      body(client.DELETE('/api/registration-tokens/{id}', { params: { path: { id: token.id } } })),
    done: (_, token) => `The command for ${token.name} no longer works`,
    refresh: [['tokens']],
  });
  const open = data?.data.filter((t) => t.state === 'active' && Date.parse(t.expires_at) > now) ?? [];
  if (open.length === 0) return null;
  return (
    <Panel flush title="Install commands that still work" aside={open.length}>
      <ul className={css.tokens}>
        {open.map((token) => (
          <li key={token.id}>
            <div>
              <b>{token.name}</b> <Tags tags={token.tags} />
              <small>
                {token.max_uses > 1 && `used ${token.uses} of ${token.max_uses} times · `}works until{' '}
                <Moment at={token.expires_at} />
              </small>
            </div>
            <Button
              variant="default"
              aria-label={`Revoke the command for ${token.name}`}
              loading={revoke.isPending && revoke.variables?.id === token.id}
              onClick={() => revoke.mutate(token)}
            >
              Revoke
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

interface NameProps {
  minted: MintedToken | null;
  onMinted: (token: MintedToken) => void;
  onAnother: () => void;
}

function NameStep({ minted, onMinted, onAnother }: NameProps) {
  const blocked = useBlocked('servers.manage');
  const [name, setName] = useState('');
  const [tags, setTags] = useState<string[]>([]);
  const mint = useAction({
    run: () => body(client.POST('/api/registration-tokens', { body: { name: name.trim(), tags } })),
    refresh: [['tokens']],
    quietFields: true,
    onDone: onMinted,
  });
  const errors = fieldErrors(mint.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!blocked) mint.mutate(undefined);
  };
  if (minted) {
    return (
      <Panel title={`1 · ${minted.name}`} label="Name" aside={<CircleCheck size={16} color="var(--up)" />}>
        <div className={css.done}>
          <span>The token names the server and works once.</span>
          <Button
            variant="subtle"
            className={css.another}
            onClick={() => {
              setName('');
              onAnother();
            }}
          >
            Add another host
          </Button>
        </div>
      </Panel>
    );
  }
  return (
    <Panel title="1 · What is it called?" label="Name">
      <form className={css.form} onSubmit={submit}>
        {blocked && <BlockedNote reason={blocked} />}
        <TextInput
          label="Server name"
          description="Letters, digits, dot, dash"
          placeholder="web-09.hostseba"
          required
          withAsterisk={false}
          autoFocus={!blocked}
          disabled={blocked !== null}
          value={name}
          error={errors.name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <TagsInput
          label="Tags"
          disabled={blocked !== null}
          description="Optional; dc:, rack: and hypervisor: group servers that fail together"
          placeholder="Type one, then Enter"
          value={tags}
          error={errors.tags}
          onChange={setTags}
          acceptValueOnBlur
        />
        <ActionButton
          type="submit"
          size="sm"
          blocked={blocked}
          loading={mint.isPending}
          disabled={!blocked && name.trim() === ''}
        >
          Create install command
        </ActionButton>
      </form>
    </Panel>
  );
}

function CommandStep({ token }: { token: MintedToken }) {
  const left = Date.parse(token.expires_at) - useNow();
  return (
    <Panel
      title="2 · Run this on the host"
      label="Install command"
      aside={left > 0 ? `works for ${minutesSeconds(left)} more` : 'expired'}
    >
      {left > 0 ? (
        <>
          <CommandBox command={token.install_command} label="Copy install command" />
          <p className={css.hint}>
            <Terminal size={14} aria-hidden /> As root, in a terminal. The token goes in by standard input, so
            no process list shows it. It is shown only now.
          </p>
        </>
      ) : (
        <span className={css.over}>Its token is no longer taken.</span>
      )}
    </Panel>
  );
}

function WaitStep({ token, onAgain }: { token: MintedToken; onAgain: () => void }) {
  // `server.updated` refreshes this list at once; asking every 3 s covers a page without a live connection.
  const found = useQuery({
    ...serversQuery({ q: token.name, sort: 'name', limit: 50 }),
    refetchInterval: (query) =>
      query.state.data?.data.some((s) => s.name === token.name && s.status === 'up') ? false : 3000,
  });
  const now = useNow();
  const server = found.data?.data.find((s) => s.name === token.name);
  const up = server?.status === 'up';
  if (!server && Date.parse(token.expires_at) <= now) {
    return (
      <section className={css.wait} role="status" aria-label="Waiting for the host">
        <CircleX size={22} color="var(--critical)" />
        <div>
          <b>The command has expired</b>
          <div>{token.name} did not register in time. Make a new command and run that one.</div>
        </div>
        <Button size="sm" onClick={onAgain}>
          Start again
        </Button>
      </section>
    );
  }
  return (
    <section className={cx(css.wait, up && css.green)} aria-live="polite" aria-label="Waiting for the host">
      {up ? <CircleCheck size={22} /> : <LoaderCircle size={22} className={css.spin} />}
      <div>
        <b>
          {up
            ? `${token.name} is reporting`
            : server
              ? `${token.name} has registered, waiting for its first report`
              : `Waiting for ${token.name}`}
        </b>
        <div>
          {up ? (
            'Its charts have begun.'
          ) : server ? (
            <StatusBadge status={server.status} />
          ) : (
            'This turns green by itself; you may leave the page.'
          )}
        </div>
      </div>
      {server && (
        <Button
          component={Link}
          to={`/servers/${server.id}`}
          color={up ? 'green' : undefined}
          variant={up ? 'filled' : 'default'}
          size="sm"
        >
          Open server
        </Button>
      )}
    </section>
  );
}
