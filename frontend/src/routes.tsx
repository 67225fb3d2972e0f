import { type RouteObject, redirect } from 'react-router';
import { LoadingPage } from '@/ui/states';
import { Component as Login } from './pages/Login';
import { RouteError } from './pages/RouteError';
import { Component as Shell, middleware as session } from './pages/Shell';

/** Every page is a file of its own, loaded when first visited: a module with `Component` and, if it asks, `loader`. */
export const routes: RouteObject[] = [
  {
    errorElement: <RouteError />,
    hydrateFallbackElement: <LoadingPage />,
    children: [
      // Not lazy: a session can end between any two clicks, and the way out must not wait for a file.
      { path: '/login', Component: Login },
      { path: '/wall', lazy: () => import('./pages/Wall') },
      { path: '/change-password', lazy: () => import('./pages/ChangePassword') },
      {
        path: '/',
        Component: Shell,
        middleware: session,
        children: [
          {
            errorElement: <RouteError />,
            children: [
              { index: true, lazy: () => import('./pages/Overview') },
              { path: 'servers', lazy: () => import('./pages/Servers') },
              { path: 'servers/new', lazy: () => import('./pages/AddHost') },
              {
                path: 'servers/:id',
                lazy: () => import('./pages/Server'),
                children: [
                  { index: true, lazy: () => import('./pages/server/Charts') },
                  { path: 'disks', lazy: () => import('./pages/server/Disks') },
                  { path: 'services', lazy: () => import('./pages/server/Services') },
                  { path: 'mysql', lazy: () => import('./pages/server/Mysql') },
                  { path: 'cpanel', lazy: () => import('./pages/server/Cpanel') },
                  { path: 'litespeed', lazy: () => import('./pages/server/Litespeed') },
                  { path: 'mail', lazy: () => import('./pages/server/Mail') },
                  { path: 'firewall', lazy: () => import('./pages/server/Firewall') },
                  { path: 'crons', lazy: () => import('./pages/server/Crons') },
                  { path: 'backups', lazy: () => import('./pages/server/Backups') },
                  { path: 'incidents', lazy: () => import('./pages/server/ServerIncidents') },
                  { path: 'why', lazy: () => import('./pages/server/Why') },
                ],
              },
              { path: 'agents', lazy: () => import('./pages/Agents') },
              { path: 'incidents', lazy: () => import('./pages/Incidents') },
              { path: 'incidents/:id', lazy: () => import('./pages/Incident') },
              { path: 'hosting', loader: () => redirect('/hosting/mail-queue') },
              { path: 'hosting/mail-queue', lazy: () => import('./pages/hosting/MailQueue') },
              { path: 'hosting/top-senders', lazy: () => import('./pages/hosting/TopSenders') },
              { path: 'hosting/mail-abuse', lazy: () => import('./pages/hosting/MailAbuse') },
              { path: 'hosting/backups', lazy: () => import('./pages/hosting/Backups') },
              { path: 'hosting/disks', lazy: () => import('./pages/hosting/Disks') },
              { path: 'hosting/mysql', lazy: () => import('./pages/hosting/Mysql') },
              { path: 'hosting/litespeed', lazy: () => import('./pages/hosting/Litespeed') },
              { path: 'hosting/cpanel', lazy: () => import('./pages/hosting/Cpanel') },
              { path: 'hosting/firewall', lazy: () => import('./pages/hosting/Firewall') },
              { path: 'hosting/crons', lazy: () => import('./pages/hosting/Crons') },
              { path: 'on-call', lazy: () => import('./pages/operations/OnCall') },
              { path: 'maintenance', lazy: () => import('./pages/Maintenance') },
              { path: 'settings', loader: () => redirect('/settings/channels') },
              { path: 'settings/channels', lazy: () => import('./pages/settings/Channels') },
              { path: 'settings/messages', lazy: () => import('./pages/settings/Messages') },
              { path: 'settings/rules', lazy: () => import('./pages/settings/AlertRules') },
              { path: 'settings/detectors', lazy: () => import('./pages/settings/Detectors') },
              { path: 'settings/escalation', lazy: () => import('./pages/settings/Escalation') },
              { path: 'settings/my-alerts', lazy: () => import('./pages/settings/MyAlerts') },
              { path: 'settings/deliveries', lazy: () => import('./pages/settings/Deliveries') },
              { path: 'settings/users', lazy: () => import('./pages/settings/Users') },
              { path: 'settings/wall', lazy: () => import('./pages/settings/WallScreens') },
              { path: 'settings/account', lazy: () => import('./pages/settings/Account') },
              { path: '*', lazy: () => import('./pages/NotFound') },
            ],
          },
        ],
      },
    ],
  },
];
