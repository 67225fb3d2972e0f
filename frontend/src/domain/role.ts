import type { User } from '@/api/types';

export type Role = User['role'];

/** A role in a sentence: `on call`. */
export const roleName = (role: Role): string => (role === 'oncall' ? 'on call' : role);

const MAY: Record<string, string> = {
  'servers.view': 'see servers',
  'servers.manage': 'add and change servers',
  'incidents.view': 'see incidents',
  'incidents.act': 'acknowledge and resolve incidents',
  'rules.view': 'see rules and policies',
  'rules.manage': 'change rules and policies',
  'deliveries.view': 'see the delivery log',
  'deliveries.manage': 'send deliveries once more',
  'channels.view': 'see channels',
  'channels.manage': 'change channels',
  'users.view': 'see accounts',
  'users.manage': 'change accounts',
  'wall.manage': 'hang up wall screens',
  'reports.export': 'export reports',
  'mail.pii': 'read log-ins and whole addresses of customers',
  'dashboard.admin.view': 'see the health page',
  'security.manage': 'manage the security log and lockouts',
};

/** What an account may do, in words; a permission that this page does not know goes by its key. */
export const mayDo = (permissions: readonly string[]): string[] =>
  permissions.map((permission) => MAY[permission] ?? permission);
