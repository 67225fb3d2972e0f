import { Button, Select, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import { queryClient, usersQuery } from '@/api/queries';
import type { Answer, User } from '@/api/types';
import { EditorDrawer } from '@/components/EditorDrawer';
import { ResourceTable } from '@/components/ResourceTable';
import { useBlocked, useMe } from '@/components/session';
import { useAction } from '@/components/useAction';
import { roleName } from '@/domain/role';
import { ActionButton } from '@/ui/ActionButton';
import { CommandBox } from '@/ui/CommandBox';
import type { Column } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { SlideOver } from '@/ui/SlideOver';
import { ToneBadge } from '@/ui/StatusBadge';
import { Empty } from '@/ui/states';
import { TimeAgo } from '@/ui/TimeAgo';
import css from './Settings.module.css';

type CreatedUser = Answer<'/api/users', 'post'>;

const ROLES: { value: User['role']; label: string }[] = [
  { value: 'viewer', label: 'viewer – sees the fleet and its incidents' },
  { value: 'oncall', label: 'on call – also acts on incidents' },
  { value: 'operator', label: 'operator – also servers, rules, policies' },
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
  { key: 'role', header: 'Role', width: 110, cell: (u) => roleName(u.role), csv: (u) => u.role },
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
              {roleName(user.role)} · last login <TimeAgo at={user.last_login_at} />
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

function NameInput(props: { value: string; error?: string; onChange: (name: string) => void }) {
  return (
    <TextInput
      label="Name"
      required
      value={props.value}
      error={props.error}
      onChange={(e) => props.onChange(e.currentTarget.value)}
    />
  );
}

function RoleSelect(props: {
  value: User['role'];
  error?: string;
  description?: string;
  onChange: (role: User['role']) => void;
}) {
  return (
    <Select
      label="Role"
      description={props.description}
      data={ROLES}
      allowDeselect={false}
      value={props.value}
      error={props.error}
      onChange={(value) => value && props.onChange(value as User['role'])}
    />
  );
}

function NewUser({ blocked, onClose }: EditorProps) {
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<User['role']>('operator');
  const create = useAction({
    run: () => body(client.POST('/api/users', { body: { email: email.trim(), name: name.trim(), role } })),
    refresh: [['users']],
    quietFields: true,
  });
  const errors = fieldErrors(create.error);
  if (create.data) return <FirstPassword created={create.data} onClose={onClose} />;
  return (
    <EditorDrawer
      title="New user"
      onClose={onClose}
      blocked={blocked}
      submit="Create account"
      onSubmit={() => create.mutate(undefined)}
      busy={create.isPending}
      errors={errors}
    >
      <NameInput value={name} error={errors.name} onChange={setName} />
      <TextInput
        label="E-mail"
        type="email"
        required
        autoComplete="off"
        value={email}
        error={errors.email}
        onChange={(e) => setEmail(e.currentTarget.value)}
      />
      <RoleSelect value={role} error={errors.role} onChange={setRole} />
    </EditorDrawer>
  );
}

/** Shown this once. It does not close by a click beside it. */
function FirstPassword({ created, onClose }: { created: CreatedUser; onClose: () => void }) {
  return (
    <SlideOver
      opened
      onClose={onClose}
      title={created.name}
      keepOnOutsideClick
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
        <CommandBox command={created.initial_password} label="Copy first password" />
      )}
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
  return (
    <EditorDrawer
      title={user.email}
      onClose={onClose}
      blocked={blocked}
      submit="Save"
      onSubmit={() => save.mutate(undefined)}
      busy={save.isPending}
      errors={errors}
      remove={{
        question: `Delete ${user.email}?`,
        children:
          'Their sessions end at once, and no policy reaches them any more. What they did stays on record.',
        confirm: 'Delete account',
        blocked: self ? 'This is your own account' : null,
        busy: remove.isPending,
        run: () => remove.mutate(undefined),
      }}
    >
      <NameInput value={name} error={errors.name} onChange={setName} />
      <RoleSelect
        description="A change ends this account’s sessions"
        value={role}
        error={errors.role}
        onChange={setRole}
      />
      <Switch
        label="May sign in"
        description={self ? 'This is your own account' : 'Off: cannot sign in and is told nothing'}
        checked={active}
        disabled={self}
        onChange={(e) => setActive(e.currentTarget.checked)}
      />
    </EditorDrawer>
  );
}
