import type { Me, User } from '@/api/types';
import { ago, DAY, HOUR } from './clock';

/** Users and what their roles allow. */
export type Role = User['role'];

const GRANTS: [Role, string[]][] = [
  ['viewer', ['servers.view', 'incidents.view', 'rules.view', 'on_call.view']],
  ['oncall', ['incidents.act', 'on_call.cover', 'deliveries.view']],
  [
    'operator',
    [
      'servers.manage',
      'rules.manage',
      'on_call.manage',
      'deliveries.manage',
      'channels.view',
      'users.view',
      'reports.export',
      'mail.pii',
    ],
  ],
  ['admin', ['channels.manage', 'users.manage', 'wall.manage', 'dashboard.admin.view', 'security.manage']],
];

const RANK: Role[] = ['viewer', 'oncall', 'operator', 'admin'];

export const meOf = (user: User): Me => ({
  id: user.id,
  email: user.email,
  name: user.name,
  role: user.role,
  must_change_password: user.must_change_password,
  last_login_at: user.last_login_at,
  permissions: GRANTS.filter(([role]) => RANK.indexOf(role) <= RANK.indexOf(user.role)).flatMap(
    ([, names]) => names,
  ) as Me['permissions'],
});

export const user = (
  id: number,
  name: string,
  email: string,
  role: Role,
  more: Partial<User> = {},
): User => ({
  id,
  name,
  email,
  role,
  is_active: true,
  must_change_password: false,
  last_login_at: ago(id * 3 * HOUR),
  created_at: ago(90 * DAY),
  ...more,
});
