import { Button, Menu, Select, Tabs, TagsInput, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Construction, Ellipsis, KeyRound, Pencil, Power, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Link, type LoaderFunctionArgs, Outlet, useLocation, useNavigate, useParams } from 'react-router';
import { body, client } from '@/api/client';
import { fieldErrors } from '@/api/error';
import { queryClient, serverQuery } from '@/api/queries';
import type { Server } from '@/api/types';
import { EditorDrawer } from '@/components/EditorDrawer';
import { idOf } from '@/components/route-id';
import { useBlocked } from '@/components/session';
import { useAction } from '@/components/useAction';
import { now as serverNow, useNow } from '@/live/clock';
import { useLiveChannel, usePollEvery } from '@/live/connection';
import { ActionButton } from '@/ui/ActionButton';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { PageHeader } from '@/ui/PageHeader';
import { MEANING, StatusBadge, Tags } from '@/ui/StatusBadge';
import { PendingPage } from '@/ui/states';
import { Moment, TimeAgo } from '@/ui/TimeAgo';
import css from './Server.module.css';

export function loader({ params }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(serverQuery(idOf(params)));
  return null;
}

const TABS = [
  { value: 'charts', label: 'Charts' },
  { value: 'disks', label: 'Disks' },
  { value: 'services', label: 'Services' },
  { value: 'mysql', label: 'MySQL' },
  { value: 'cpanel', label: 'cPanel' },
  { value: 'litespeed', label: 'LiteSpeed' },
  { value: 'mail', label: 'Mail' },
  { value: 'firewall', label: 'Firewall' },
  { value: 'crons', label: 'Cron' },
  { value: 'backups', label: 'Backups' },
  { value: 'incidents', label: 'Incidents' },
  { value: 'why', label: 'Why' },
] as const;

export function Component() {
  const id = Number(useParams().id);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  useLiveChannel(`private-server.${id}`);
  const query = useQuery({ ...serverQuery(id), refetchInterval: usePollEvery() });
  const server = query.data;
  if (!server)
    return (
      <PendingPage title={`Server ${id}`} query={query}>
        <Link to="/servers">All servers</Link>
      </PendingPage>
    );
  const tab = pathname.split('/')[3] || 'charts';
  return (
    <>
      <PageHeader
        title={
          <>
            {server.name} <StatusBadge status={server.status} />
          </>
        }
        tabTitle={server.name}
        sub={<Facts server={server} />}
        actions={<Actions server={server} />}
      />
      <Tabs
        value={tab}
        onChange={(next) => navigate(next === 'charts' ? `/servers/${id}` : `/servers/${id}/${next}`)}
        className={css.tabs}
        keepMounted={false}
      >
        <Tabs.List>
          {TABS.map(({ value, label }) => (
            <Tabs.Tab key={value} value={value}>
              {label}
              {value === 'incidents' && server.open_incidents > 0 && (
                <span className={css.bubble}>{server.open_incidents}</span>
              )}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={tab}>
          <Outlet />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Facts({ server }: { server: Server }) {
  const now = useNow();
  const facts = [
    server.hostname !== server.name && server.hostname,
    [server.os, server.arch].filter(Boolean).join(' '),
    server.agent_version && `agent ${server.agent_version}`,
  ].filter(Boolean);
  return (
    <span className={css.facts}>
      {server.status !== 'up' && <b className={css.state}>{MEANING[server.status]}</b>}
      {facts.map((fact) => (
        <span key={String(fact)}>{fact}</span>
      ))}
      <span>
        seen <TimeAgo at={server.last_seen_at} />
      </span>
      {server.disabled_until && (
        <span>
          off until <Moment at={server.disabled_until} />
        </span>
      )}
      {server.re_enrol_until && Date.parse(server.re_enrol_until) > now && (
        <span>
          may be enrolled again until <Moment at={server.re_enrol_until} />
        </span>
      )}
      <Tags tags={server.tags} />
    </span>
  );
}

const OFF_FOR = [
  { value: '', label: 'Until somebody switches it on' },
  { value: '1', label: '1 hour' },
  { value: '4', label: '4 hours' },
  { value: '24', label: '1 day' },
  { value: '168', label: '1 week' },
] as const;

/** The call's body for so many hours from now, by the server's clock. */
const offUntil = (hours: string) => {
  if (!hours) return {};
  return { until: new Date(serverNow() + Number(hours) * 3_600_000).toISOString() };
};

function Actions({ server }: { server: Server }) {
  const blocked = useBlocked('servers.manage');
  const mayPlan = useBlocked('rules.manage') === null;
  const navigate = useNavigate();
  const [editing, editor] = useDisclosure(false);
  const [asked, ask] = useState<'switch' | 're-enrol' | 'delete' | null>(null);
  const [off, setOff] = useState<string>(OFF_FOR[0].value);
  const answered = () => ask(null);
  const path = { params: { path: { id: server.id } } };
  const refresh = [['servers']];
  const toggle = useAction({
    run: () =>
      body(
        server.is_active
          ? client.POST('/api/servers/{id}/disable-agent', { ...path, body: offUntil(off) })
          : client.POST('/api/servers/{id}/enable-agent', path),
      ),
    done: server.is_active
      ? 'Monitoring is off. The agent on the host keeps running.'
      : 'Monitoring is on again',
    refresh,
    onDone: answered,
  });
  const reEnrol = useAction({
    run: () => body(client.POST('/api/servers/{id}/approve-re-enrolment', path)),
    done: 'Approved for the next 60 min',
    refresh,
    onDone: answered,
  });
  const remove = useAction({
    run: () => body(client.DELETE('/api/servers/{id}', path)),
    done: `${server.name} deleted`,
    refresh,
    onDone: () => void navigate('/servers'),
  });
  if (blocked) {
    return (
      <ActionButton variant="default" blocked={blocked} leftSection={<Pencil size={14} />}>
        Edit
      </ActionButton>
    );
  }
  return (
    <>
      <Button variant="default" leftSection={<Pencil size={14} />} onClick={editor.open}>
        Edit
      </Button>
      <Menu position="bottom-end" shadow="md" width={250}>
        <Menu.Target>
          <Button variant="default" px={8} aria-label="More actions">
            <Ellipsis size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<Power size={14} />}
            onClick={() => (server.is_active ? ask('switch') : toggle.mutate(undefined))}
          >
            {server.is_active ? 'Switch monitoring off' : 'Switch monitoring on'}
          </Menu.Item>
          {mayPlan && (
            <Menu.Item
              leftSection={<Construction size={14} />}
              component={Link}
              to={`/maintenance?window=new&servers=${server.id}`}
            >
              Maintenance…
            </Menu.Item>
          )}
          <Menu.Item leftSection={<KeyRound size={14} />} onClick={() => ask('re-enrol')}>
            Approve re-enrolment
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item className={css.delete} leftSection={<Trash2 size={14} />} onClick={() => ask('delete')}>
            Delete server
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {editing && <EditServer server={server} onClose={editor.close} />}
      <ConfirmDialog
        opened={asked === 'switch'}
        onClose={answered}
        title={`Switch monitoring of ${server.name} off?`}
        confirm="Switch off"
        onConfirm={() => toggle.mutate(undefined)}
        busy={toggle.isPending}
      >
        Its open incidents end without a message and nothing new is looked for until it is switched on again.
        The agent on the host keeps running.
        <Select
          mt="md"
          label="For how long"
          data={[...OFF_FOR]}
          value={off}
          onChange={(value) => value && setOff(value)}
          allowDeselect={false}
        />
      </ConfirmDialog>
      <ConfirmDialog
        opened={asked === 're-enrol'}
        onClose={answered}
        title={`Let ${server.name} be enrolled again?`}
        confirm="Approve re-enrolment"
        onConfirm={() => reEnrol.mutate(undefined)}
        busy={reEnrol.isPending}
      >
        For the next 60 min a host may register once more under this name. When one does, the secret of the
        agent that reports now dies.
      </ConfirmDialog>
      <ConfirmDialog
        opened={asked === 'delete'}
        onClose={answered}
        title={`Delete ${server.name}?`}
        confirm="Delete server"
        onConfirm={() => remove.mutate(undefined)}
        busy={remove.isPending}
      >
        Its agent’s secret dies at once and its open incidents end. Uninstalling the agent is yours to do on
        the host.
      </ConfirmDialog>
    </>
  );
}

function EditServer({ server, onClose }: { server: Server; onClose: () => void }) {
  const [name, setName] = useState(server.name);
  const [tags, setTags] = useState(server.tags);
  const save = useAction({
    run: () =>
      body(client.PATCH('/api/servers/{id}', { params: { path: { id: server.id } }, body: { name, tags } })),
    done: 'Saved',
    refresh: [['servers']],
    quietFields: true,
    onDone: onClose,
  });
  const errors = fieldErrors(save.error);
  return (
    <EditorDrawer
      title={`Edit ${server.name}`}
      onClose={onClose}
      blocked={null}
      submit="Save"
      onSubmit={() => save.mutate(undefined)}
      busy={save.isPending}
      errors={errors}
    >
      <TextInput
        label="Name"
        value={name}
        error={errors.name}
        onChange={(e) => setName(e.currentTarget.value)}
      />
      <TagsInput
        label="Tags"
        description="dc:, rack: and hypervisor: group servers that fail together"
        placeholder="Type one, then Enter"
        value={tags}
        error={errors.tags}
        onChange={setTags}
        acceptValueOnBlur
      />
    </EditorDrawer>
  );
}
