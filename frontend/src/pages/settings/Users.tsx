import { Button, Select, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import { queryClient, usersQuery } from '@/api/queries';
import type { User } from '@/api/types';
import { ResourceTable } from '@/components/ResourceTable';
import { useBlocked, useMe } from '@/components/session';
import { useAction } from '@/components/useAction';
import { ActionButton } from '@/ui/ActionButton';
import { CopyButton } from '@/ui/CopyButton';
import type { Column } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { SlideOver } from '@/ui/SlideOver';
import { ToneBadge } from '@/ui/StatusBadge';
import { Empty } from '@/ui/states';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './Settings.module.css';

const ROLES: { value: User['role']; label: string }[] = [
  { value: 'viewer', label: 'viewer – sees the fleet and its incidents' },
  { value: 'oncall', label: 'oncall – also acts on incidents' },
  { value: 'operator', label: 'operator – also servers, rules and policies' },
  { value: 'admin', label: 'admin – everything' },
];

export function loader() {
  void queryClient.prefetchQuery(usersQuery);
  return null;
}

function State({ user }: { user: User }) {
  if (!user.is_active) return <ToneBadge tone="quiet">off</ToneBadge>;
  return user.must_change_password ? (
    <ToneBadge tone="medium" title="Has not chosen a password yet">
      first password
    </ToneBadge>
  ) : (
    <ToneBadge tone="good">active</ToneBadge>
  );
}

const columns: Column<User>[] = [
  {
    key: 'state',
    header: 'State',
    width: 120,
    cell: (u) => <State user={u} />,
    csv: (u) => (u.is_active ? 'active' : 'off'),
  },
  {
    key: 'name',
    header: 'Name',
    cell: (u) => <b style={{ fontWeight: 560 }}>{u.name}</b>,
    csv: (u) => u.name,
  },
  { key: 'email', header: 'E-mail', cell: (u) => u.email, csv: (u) => u.email },
  { key: 'role', header: 'Role', width: 110, cell: (u) => u.role, csv: (u) => u.role },
  {
    key: 'last_login_at',
    header: 'Last login',
    width: 120,
    cell: (u) => <TimeAgo at={u.last_login_at} />,
    csv: (u) => u.last_login_at,
  },
];

export function Component() {
  const query = useQuery(usersQuery);
  const blocked = useBlocked('users.manage');
  const [edited, setEdited] = useState<User | 'new' | null>(null);
  return (
    <>
      <PageHeader
        title="Users"
        sub="Who may sign in, and what each may do."
        actions={
          <ActionButton blocked={blocked} leftSection={<Plus size={14} />} onClick={() => setEdited('new')}>
            New user
          </ActionButton>
        }
      />
      <ResourceTable<User>
        label="Users"
        columns={columns}
        card={(user) => (
          <button type="button" className={css.bare} onClick={() => setEdited(user)}>
            <span className={css.route}>
              <b style={{ fontWeight: 600 }}>{user.name}</b> <State user={user} />
            </span>
            <span>{user.email}</span>
            <span className={css.muted}>
              {user.role} · last login <TimeAgo at={user.last_login_at} />
            </span>
          </button>
        )}
        query={query}
        onOpen={setEdited}
        empty={<Empty title="No users" />}
      />
      {edited === 'new' && <NewUser blocked={blocked} onClose={() => setEdited(null)} />}
      {edited && edited !== 'new' && (
        <EditUser key={edited.id} user={edited} blocked={blocked} onClose={() => setEdited(null)} />
      )}
    </>
  );
}

interface EditorProps {
  blocked: string | null;
  onClose: () => void;
}

function NewUser({ blocked, onClose }: EditorProps) {
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<User['role']>('operator');
  const create = useAction({
    run: () => body(client.POST('/api/users', { body: { email: email.trim(), name: name.trim(), role } })),
    done: 'Account created',
    refresh: [['users']],
    quietFields: true,
  });
  const errors = fieldErrors(create.error);
  const created = create.data;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!blocked) create.mutate(undefined);
  };
  if (created) {
    return (
      <SlideOver
        opened
        onClose={onClose}
        title={created.name}
        footer={
          <Button size="sm" onClick={onClose}>
            Done
          </Button>
        }
      >
        <p style={{ margin: 0 }}>
          The account exists. Hand over this first password; it is shown only now and must be changed at the
          first login.
        </p>
        {created.initial_password && (
          <div className={css.secret}>
            <code>{created.initial_password}</code>{' '}
            <CopyButton compact text={created.initial_password} label="Copy first password" />
          </div>
        )}
      </SlideOver>
    );
  }
  return (
    <SlideOver
      opened
      onClose={onClose}
      title="New user"
      footer={
        <>
          <ActionButton form="user" type="submit" size="sm" blocked={blocked} loading={create.isPending}>
            Create account
          </ActionButton>
          <Button size="sm" variant="subtle" color="gray" onClick={onClose}>
            Cancel
          </Button>
        </>
      }
    >
      <form id="user" className={css.form} onSubmit={submit}>
        <TextInput
          label="Name"
          required
          value={name}
          error={errors.name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <TextInput
          label="E-mail"
          type="email"
          required
          autoComplete="off"
          value={email}
          error={errors.email}
          onChange={(e) => setEmail(e.currentTarget.value)}
        />
        <Select
          label="Role"
          data={ROLES}
          allowDeselect={false}
          value={role}
          error={errors.role}
          onChange={(value) => setRole((value ?? 'viewer') as User['role'])}
        />
      </form>
    </SlideOver>
  );
}

function EditUser({ user, blocked, onClose }: EditorProps & { user: User }) {
  const me = useMe();
  const [name, setName] = useState(user.name);
  const [role, setRole] = useState(user.role);
  const [active, setActive] = useState(user.is_active);
  const self = me.id === user.id;
  const path = { params: { path: { id: user.id } } };
  const save = useAction({
    run: () =>
      body(
        client.PATCH('/api/users/{id}', { ...path, body: { name: name.trim(), role, is_active: active } }),
      ),
    done: 'Account saved',
    refresh: [['users'], ['me']],
    quietFields: true,
    onDone: onClose,
  });
  const remove = useAction({
    run: () => body(client.DELETE('/api/users/{id}', path)),
    done: 'Account deleted',
    refresh: [['users']],
    onDone: onClose,
  });
  const errors = fieldErrors(save.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!blocked) save.mutate(undefined);
  };
  return (
    <SlideOver
      opened
      onClose={onClose}
      title={user.email}
      footer={
        <>
          <ActionButton form="user" type="submit" size="sm" blocked={blocked} loading={save.isPending}>
            Save
          </ActionButton>
          <Button size="sm" variant="subtle" color="gray" onClick={onClose}>
            Cancel
          </Button>
          <ActionButton
            size="sm"
            variant="subtle"
            color="red"
            style={{ marginLeft: 'auto' }}
            blocked={blocked ?? (self ? 'This is your own account' : null)}
            loading={remove.isPending}
            onClick={() => remove.mutate(undefined)}
          >
            Delete
          </ActionButton>
        </>
      }
    >
      <form id="user" className={css.form} onSubmit={submit}>
        <TextInput
          label="Name"
          required
          value={name}
          error={errors.name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <Select
          label="Role"
          description="A change ends this account’s sessions"
          data={ROLES}
          allowDeselect={false}
          value={role}
          error={errors.role}
          onChange={(value) => setRole((value ?? user.role) as User['role'])}
        />
        <Switch
          label="May sign in"
          description={self ? 'This is your own account' : 'Off: cannot sign in and is told nothing'}
          checked={active}
          disabled={self}
          onChange={(e) => setActive(e.currentTarget.checked)}
        />
      </form>
    </SlideOver>
  );
}
