import {
  Archive,
  BellRing,
  BrickWallShield,
  CalendarClock,
  Construction,
  Database,
  HardDrive,
  Inbox,
  LayoutDashboard,
  ListChecks,
  Mails,
  MailWarning,
  MessageSquareText,
  MonitorPlay,
  PanelsTopLeft,
  Phone,
  Radar,
  Radio,
  Route,
  Send,
  Server,
  ShieldUser,
  TriangleAlert,
  UserRound,
  UsersRound,
  Zap,
} from 'lucide-react';

/** The menu: only what exists. `permission` decides whether the entry can be opened, never whether it is shown. */
export const MENU = [
  { label: 'Overview', to: '/', icon: LayoutDashboard, permission: null },
  { label: 'Servers', to: '/servers', icon: Server, permission: 'servers.view' },
  { label: 'Agents', to: '/agents', icon: Radio, permission: 'servers.view' },
  { label: 'Incidents', to: '/incidents', icon: TriangleAlert, permission: 'incidents.view' },
] as const;

export const HOSTING = [
  { label: 'Mail Queue', to: '/hosting/mail-queue', icon: Inbox, permission: 'servers.view' },
  { label: 'Top Senders', to: '/hosting/top-senders', icon: UsersRound, permission: 'servers.view' },
  { label: 'Mail Abuse', to: '/hosting/mail-abuse', icon: MailWarning, permission: 'incidents.view' },
  { label: 'Backups', to: '/hosting/backups', icon: Archive, permission: 'servers.view' },
  { label: 'Disks', to: '/hosting/disks', icon: HardDrive, permission: 'servers.view' },
  { label: 'MySQL', to: '/hosting/mysql', icon: Database, permission: 'servers.view' },
  { label: 'LiteSpeed', to: '/hosting/litespeed', icon: Zap, permission: 'servers.view' },
  { label: 'cPanel', to: '/hosting/cpanel', icon: PanelsTopLeft, permission: 'servers.view' },
  { label: 'Firewall Events', to: '/hosting/firewall', icon: BrickWallShield, permission: 'servers.view' },
  { label: 'Cron Jobs', to: '/hosting/crons', icon: CalendarClock, permission: 'servers.view' },
] as const;

export const OPERATIONS = [
  { label: 'On-Call', to: '/on-call', icon: Phone, permission: 'on_call.view' },
  { label: 'Maintenance', to: '/maintenance', icon: Construction, permission: 'rules.view' },
] as const;

export const SETTINGS = [
  { label: 'Channels', to: '/settings/channels', icon: Send, permission: 'channels.view' },
  { label: 'Messages', to: '/settings/messages', icon: MessageSquareText, permission: 'channels.view' },
  { label: 'Alert rules', to: '/settings/rules', icon: ListChecks, permission: 'rules.view' },
  { label: 'Detectors', to: '/settings/detectors', icon: Radar, permission: 'rules.view' },
  { label: 'Escalation', to: '/settings/escalation', icon: Route, permission: 'rules.view' },
  { label: 'My alerts', to: '/settings/my-alerts', icon: BellRing, permission: null },
  { label: 'Delivery log', to: '/settings/deliveries', icon: Mails, permission: 'deliveries.view' },
  { label: 'Users', to: '/settings/users', icon: ShieldUser, permission: 'users.view' },
  { label: 'Wall screens', to: '/settings/wall', icon: MonitorPlay, permission: 'wall.manage' },
  { label: 'Account', to: '/settings/account', icon: UserRound, permission: null },
] as const;
