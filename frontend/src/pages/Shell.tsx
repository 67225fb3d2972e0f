import { ActionIcon, Drawer, Menu as Dropdown, Tooltip, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { LogOut, Menu, Search, UserRound } from 'lucide-react';
import { useEffect, useRef } from 'react';
import {
  Link,
  type MiddlewareFunction,
  NavLink,
  Outlet,
  redirect,
  ScrollRestoration,
  useLocation,
  useNavigate,
  useNavigation,
} from 'react-router';
import { body, client } from '@/api/client';
import { isApiError } from '@/api/error';
import { unreviewedAbuseQuery } from '@/api/hosting';
import { incidentsQuery, meQuery, onCallNowQuery, queryClient } from '@/api/queries';
import { useKeys } from '@/components/keyboard';
import { HOSTING, MENU, OPERATIONS, SETTINGS } from '@/components/menu';
import { OfflineBanner } from '@/components/OfflineBanner';
import { SearchDialog } from '@/components/SearchDialog';
import { ShortcutsDialog } from '@/components/ShortcutsDialog';
import { isGranted, loginPath, useMe } from '@/components/session';
import { ThemeSwitch } from '@/components/ThemeSwitch';
import { useAction } from '@/components/useAction';
import { momentText, namesOnCall } from '@/domain/on-call';
import { roleName } from '@/domain/role';
import { connectLive, disconnectLive, useLiveChannel, useLiveState, usePollEvery } from '@/live/connection';
import { cx } from '@/ui/cx';
import css from './Shell.module.css';

/**
 * Asks who is signed in before a page asks or draws anything; nobody: to the login, and back here afterwards. A loader
 * of the shell would run beside those of its pages, and each of their questions would be refused.
 */
export const middleware: MiddlewareFunction[] = [
  async ({ request }) => {
    const me = await queryClient.ensureQueryData(meQuery).catch((error: unknown) => {
      if (!isApiError(error) || error.status !== 401) throw error;
      const { pathname, search } = new URL(request.url);
      throw redirect(loginPath(pathname + search));
    });
    if (me.must_change_password) throw redirect('/change-password');
  },
];

export const openCriticalsQuery = incidentsQuery({
  status: 'open',
  severity: 'critical',
  sort: 'urgency',
  limit: 50,
});

export function Component() {
  const [menuOpened, menu] = useDisclosure(false);
  const [searchOpened, search] = useDisclosure(false);
  const [helpOpened, help] = useDisclosure(false);
  const location = useLocation();
  const navigation = useNavigation();
  useEffect(() => void connectLive(), []);
  useLiveChannel('private-fleet');
  useLiveChannel('private-incidents');
  useKeys({ '/': search.open, '?': help.open });
  // biome-ignore lint/correctness/useExhaustiveDependencies: every change of place closes the menu
  useEffect(menu.close, [location.pathname]);
  useFocusOnNewPage(location.pathname);

  return (
    <div className={css.shell}>
      <a className={css.skip} href="#main">
        Skip to content
      </a>
      <header className={css.topbar}>
        <Link to="/" className={css.brand} aria-label="HostSeba NOC, overview">
          <img src="/favicon.svg" alt="" width={22} height={22} />
          <span>
            HostSeba <b>NOC</b>
          </span>
        </Link>
        <UnstyledButton
          className={css.search}
          onClick={search.open}
          aria-label="Search servers and incidents"
        >
          <Search size={15} />
          <span>Search servers and incidents</span>
          <kbd aria-hidden>/</kbd>
        </UnstyledButton>
        <div className={css.right}>
          <OnCall />
          <OpenCriticals />
          <LiveBadge />
          <ThemeSwitch />
          <AccountMenu />
        </div>
      </header>
      <nav className={css.sidebar} aria-label="Main">
        <MenuEntries />
      </nav>
      <Drawer
        opened={menuOpened}
        onClose={menu.close}
        title="Menu"
        size={260}
        padding="sm"
        closeButtonProps={{ 'aria-label': 'Close menu' }}
      >
        <nav aria-label="Menu">
          <MenuEntries />
        </nav>
      </Drawer>
      <main id="main" className={css.main} tabIndex={-1}>
        {navigation.state === 'loading' && (
          <div className={css.progress} role="progressbar" aria-label="Loading page" />
        )}
        <OfflineBanner />
        <Outlet />
      </main>
      <nav className={css.tabbar} aria-label="Quick">
        {MENU.map(({ label, to, icon: Icon }) => (
          <NavLink key={to} to={to} end={to === '/'} className={css.tab}>
            <Icon size={19} />
            {label}
          </NavLink>
        ))}
        <UnstyledButton className={css.tab} onClick={menu.open}>
          <Menu size={19} />
          More
        </UnstyledButton>
      </nav>
      <SearchDialog opened={searchOpened} onClose={search.close} />
      <ShortcutsDialog opened={helpOpened} onClose={help.close} />
      <ScrollRestoration />
    </div>
  );
}

/** After a link of the menu the keyboard goes on in the page; within a page (its tabs) it stays where it is. */
function useFocusOnNewPage(pathname: string) {
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    const main = document.getElementById('main');
    if (main && !main.contains(document.activeElement)) main.focus({ preventScroll: true });
  }, [pathname]);
}

function MenuEntries() {
  const me = useMe();
  const entry = ({
    label,
    to,
    icon: Icon,
    permission,
  }: (typeof MENU | typeof HOSTING | typeof OPERATIONS | typeof SETTINGS)[number]) =>
    permission && !isGranted(me, permission) ? (
      <Tooltip key={to} label={`Your account (${roleName(me.role)}) may not see this`} position="right">
        <span className={cx(css.entry, css.closed)} aria-disabled>
          <Icon size={16} />
          {label}
        </span>
      </Tooltip>
    ) : (
      <NavLink key={to} to={to} end={to === '/'} className={css.entry}>
        <Icon size={16} />
        {label}
        {to === '/hosting/mail-abuse' && <Unreviewed />}
      </NavLink>
    );
  return (
    <>
      {MENU.map(entry)}
      <div className={css.heading}>Hosting</div>
      {HOSTING.map(entry)}
      <div className={css.heading}>Operations</div>
      {OPERATIONS.map(entry)}
      <div className={css.heading}>Settings</div>
      {SETTINGS.map(entry)}
    </>
  );
}

/** How many cases of mail abuse wait for somebody; nothing while there are none. */
function Unreviewed() {
  const { data } = useQuery({ ...unreviewedAbuseQuery, refetchInterval: usePollEvery() });
  const waiting = data?.meta.detected ?? 0;
  if (waiting === 0) return null;
  return (
    <span className={css.waiting}>
      {waiting.toLocaleString('en-US')}
      <VisuallyHidden> not reviewed</VisuallyHidden>
    </span>
  );
}

function LiveBadge() {
  const state = useLiveState();
  return (
    <Tooltip
      label={state === 'connected' ? 'Changes arrive by themselves' : 'No live connection: asking every 10 s'}
    >
      <output className={css.live} data-state={state}>
        <span className={css.dot} aria-hidden />
        <span>{`ws: ${state}`}</span>
      </output>
    </Tooltip>
  );
}

/** Who would be told first; nobody on call stands out. On a phone the overview says it. */
function OnCall() {
  const { data } = useQuery({ ...onCallNowQuery, refetchInterval: usePollEvery() });
  if (!data) return null;
  const names = namesOnCall(data.data);
  const lines = data.data.map((duty) => {
    if (duty.unreadable) return `${duty.schedule_name}: nobody, it cannot be read`;
    const until = duty.until ? ` until ${momentText(duty.until)}` : '';
    return `${duty.schedule_name}: ${duty.user?.name ?? 'nobody'}${until}`;
  });
  return (
    <Tooltip label={<span className={css.lines}>{lines.join('\n') || 'There is no schedule'}</span>}>
      <Link to="/on-call" className={css.onCall} data-nobody={names === 'nobody' || undefined}>
        on call: <b>{names}</b>
      </Link>
    </Tooltip>
  );
}

function OpenCriticals() {
  const poll = usePollEvery();
  const { data } = useQuery({ ...openCriticalsQuery, refetchInterval: poll });
  const total = data?.meta.total ?? 0;
  return (
    <Link
      to="/incidents?status=open&severity=critical"
      className={css.criticals}
      data-any={total > 0 || undefined}
      aria-label={`${data ? total : '–'} critical incidents that nobody is on`}
    >
      <b>{data ? total : '–'}</b> <span>critical</span>
    </Link>
  );
}

function AccountMenu() {
  const me = useMe();
  const navigate = useNavigate();
  const logout = useAction({
    run: () => body(client.POST('/api/auth/logout')),
    onDone: () => {
      disconnectLive();
      void navigate('/login');
    },
  });
  return (
    <Dropdown position="bottom-end" width={220} shadow="md">
      <Dropdown.Target>
        <ActionIcon variant="subtle" color="gray" size={32} aria-label={`Account of ${me.name}`}>
          <UserRound size={17} />
        </ActionIcon>
      </Dropdown.Target>
      <Dropdown.Dropdown>
        <Dropdown.Label>
          {me.name} · {roleName(me.role)}
          <br />
          {me.email}
        </Dropdown.Label>
        <Dropdown.Item leftSection={<UserRound size={14} />} component={Link} to="/settings/account">
          Account
        </Dropdown.Item>
        <Dropdown.Item leftSection={<LogOut size={14} />} onClick={() => logout.mutate(undefined)}>
          Log out
        </Dropdown.Item>
      </Dropdown.Dropdown>
    </Dropdown>
  );
}
