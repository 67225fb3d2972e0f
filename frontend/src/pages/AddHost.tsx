import { Button, TagsInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, LoaderCircle, Terminal } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import { serversQuery } from '@/api/queries';
import type { MintedToken } from '@/api/types';
import { useBlocked } from '@/components/session';
import { useAction } from '@/components/useAction';
import { minutesSeconds } from '@/domain/duration';
import { useNow } from '@/live/clock';
import { ActionButton } from '@/ui/ActionButton';
import { CommandBox } from '@/ui/CommandBox';
import { cx } from '@/ui/cx';
import { PageHeader } from '@/ui/PageHeader';
import { Panel } from '@/ui/Panel';
import { StatusBadge } from '@/ui/StatusBadge';
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
            <WaitStep token={token} />
          </>
        )}
      </div>
    </>
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
        <TextInput
          label="Server name"
          description="Letters, digits, dot, dash"
          placeholder="web-09.hostseba"
          required
          withAsterisk={false}
          autoFocus
          value={name}
          error={errors.name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <TagsInput
          label="Tags"
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
      <CommandBox command={token.install_command} label="Copy install command" />
      <p className={css.hint}>
        <Terminal size={14} aria-hidden /> As root, in a terminal. The token goes in by standard input, so no
        process list shows it. It is shown only now.
      </p>
    </Panel>
  );
}

function WaitStep({ token }: { token: MintedToken }) {
  // `server.updated` refreshes this list at once; asking every 3 s covers a page without a live connection.
  const found = useQuery({
    ...serversQuery({ q: token.name, sort: 'name', limit: 50 }),
    refetchInterval: (query) =>
      query.state.data?.data.some((s) => s.name === token.name && s.status === 'up') ? false : 3000,
  });
  const server = found.data?.data.find((s) => s.name === token.name);
  const up = server?.status === 'up';
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
