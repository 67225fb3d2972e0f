import { useQuery } from '@tanstack/react-query';
import { meQuery } from '@/api/queries';
import type { Me } from '@/api/types';
import { roleName } from '@/domain/role';

/** The person signed in. The shell's loader has asked before any page is drawn. */
export function useMe(): Me {
  const { data } = useQuery(meQuery);
  if (!data) throw new Error('a page was drawn without a session');
  return data;
}

/** The login, with the way back to where somebody was or wanted to go. */
export const loginPath = (back: string): string =>
  back === '/' ? '/login' : `/login?next=${encodeURIComponent(back)}`;

/** The permissions that pages ask for, each with what an account needs to have it. */
const NEEDED = {
  'servers.view': 'an account',
  'incidents.view': 'an account',
  'rules.view': 'an account',
  'on_call.view': 'an account',
  'incidents.act': 'on-call duty',
  'on_call.cover': 'on-call duty',
  'on_call.manage': 'the operator role',
  'servers.manage': 'the operator role',
  'rules.manage': 'the operator role',
  'deliveries.view': 'on-call duty',
  'deliveries.manage': 'the operator role',
  'channels.view': 'the operator role',
  'mail.pii': 'the operator role',
  'channels.manage': 'the admin role',
  'users.view': 'the operator role',
  'users.manage': 'the admin role',
  'wall.manage': 'the admin role',
} as const;

export type Permission = keyof typeof NEEDED;

export const isGranted = (me: Me, permission: Permission): boolean =>
  (me.permissions as readonly string[]).includes(permission);

/** `null` when allowed, else the sentence that a blocked button shows. */
export function useBlocked(permission: Permission): string | null {
  const me = useMe();
  return isGranted(me, permission)
    ? null
    : `Your account (${roleName(me.role)}) may not do this: it needs ${NEEDED[permission]}.`;
}
