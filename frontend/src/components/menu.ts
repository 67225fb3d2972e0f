import {
  LayoutDashboard,
  ListChecks,
  Mails,
  Route,
  Send,
  Server,
  ShieldUser,
  TriangleAlert,
  UserRound,
} from 'lucide-react';

/** The menu: only what exists. `permission` decides whether the entry can be opened, never whether it is shown. */
export const MENU = [
  { label: 'Overview', to: '/', icon: LayoutDashboard, permission: null },
  { label: 'Servers', to: '/servers', icon: Server, permission: 'servers.view' },
  { label: 'Incidents', to: '/incidents', icon: TriangleAlert, permission: 'incidents.view' },
] as const;

export const SETTINGS = [
  { label: 'Channels', to: '/settings/channels', icon: Send, permission: 'channels.view' },
  { label: 'Alert rules', to: '/settings/rules', icon: ListChecks, permission: 'rules.view' },
  { label: 'Escalation', to: '/settings/escalation', icon: Route, permission: 'rules.view' },
  { label: 'Delivery log', to: '/settings/deliveries', icon: Mails, permission: 'deliveries.view' },
  { label: 'Users', to: '/settings/users', icon: ShieldUser, permission: 'users.view' },
  { label: 'Account', to: '/settings/account', icon: UserRound, permission: null },
] as const;
