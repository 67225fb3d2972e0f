import { matchRoutes, type RouteObject } from 'react-router';
import { expect, test } from 'vitest';
import { SHOTS } from '../e2e/shots.mjs';
import { routes } from './routes';

/** Every page: a route that shows something of its own. */
function pages(branch: RouteObject[], above = ''): string[] {
  return branch.flatMap((route) => {
    const path = `${above}/${route.path ?? ''}`.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
    const below = pages(route.children ?? [], path);
    const shows = !route.children && (route.lazy !== undefined || route.Component !== undefined);
    return shows ? [path, ...below] : below;
  });
}

/** The page at an address, by the path of its route. */
function pageAt(address: string): string {
  const matches = matchRoutes(routes, address.replace(/\?.*/, '')) ?? [];
  const path = matches.map(({ route }) => route.path ?? '').join('/');
  return `/${path}`.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
}

test('every page has a picture', () => {
  const pictured = new Set(SHOTS.map((shot) => pageAt(shot.path)));
  expect(pages(routes).length).toBeGreaterThan(15);
  expect(pages(routes).filter((page) => !pictured.has(page))).toEqual([]);
});

test('no two pictures have the same name', () => {
  const names = SHOTS.map((shot) => shot.name);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

test('every list has its empty, loading and broken picture', () => {
  const lists = [
    '/',
    '/servers',
    '/incidents',
    '/maintenance',
    '/settings/rules',
    '/settings/escalation',
    '/on-call',
    '/settings/deliveries',
    '/hosting/mail-queue',
    '/hosting/top-senders',
    '/hosting/backups',
    '/hosting/disks',
    '/hosting/mysql',
    '/hosting/litespeed',
    '/hosting/cpanel',
    '/hosting/firewall',
    '/hosting/crons',
  ];
  const without = lists.filter((path) => {
    const here = SHOTS.filter((shot) => shot.path === path);
    return !(
      here.some((shot) => shot.world) &&
      here.some((shot) => shot.api === 'held') &&
      here.some((shot) => shot.api === 'broken')
    );
  });
  expect(without).toEqual([]);
});
