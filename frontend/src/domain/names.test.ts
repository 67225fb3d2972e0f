import { describe, expect, it } from 'vitest';
import type { AlertRule, Catalogue } from '@/api/types';
import { databaseVersion } from './database';
import { LOG_RANGES, rangeWords } from './firewall';
import { detectorName, isShownKind, kindHead, kindName } from './kind';
import { mayDo, roleName } from './role';
import { conditionText, inUnit, metricChoice, observedText } from './rule-text';

const metric = (name: string, title: string, unit: string): Catalogue['metrics'][number] => ({
  name,
  title,
  unit,
  subject: null,
  interval_s: 60,
  counter: false,
});

const METRICS = [
  metric('metrics.cpu_pct', 'CPU busy, all cores', 'percent'),
  metric('metrics.ram_used_pct', 'Memory in use', 'percent'),
  metric('metrics.ram_used_bytes', 'Memory in use', 'bytes'),
  metric('mysql.threads_connected', 'Clients connected', 'count'),
  metric('litespeed.connections', 'Clients connected', 'count'),
];

const CATALOGUE = { metrics: METRICS, detectors: [] };

const rule = (condition: object) => ({ condition }) as Pick<AlertRule, 'condition'>;

describe('rules in words', () => {
  const threshold = { type: 'threshold', threshold: 90, comparator: '>=', for_seconds: 300 };

  it('name a metric by what it measures, with its unit', () => {
    const cpu = { ...threshold, metric: 'metrics.cpu_pct', clear_threshold: 80 };
    expect(conditionText(rule(cpu), CATALOGUE)).toBe(
      'CPU busy, all cores ≥ 90\u00a0% for 5 min, clears at 80\u00a0%',
    );
  });

  it('say whose metric it is where it is not the host’s own', () => {
    const mysql = { ...threshold, metric: 'mysql.threads_connected', comparator: '<', threshold: 1 };
    expect(conditionText(rule(mysql), CATALOGUE)).toBe('MySQL: Clients connected < 1 for 5 min');
  });

  it('count bytes as people do', () => {
    const memory = { ...threshold, metric: 'metrics.ram_used_bytes', threshold: 20_000_000_000 };
    expect(conditionText(rule(memory), CATALOGUE)).toBe('Memory in use ≥ 18.6\u00a0GiB for 5 min');
  });

  it('show a metric that the catalogue does not have by its key', () => {
    expect(conditionText(rule({ ...threshold, metric: 'gone.field' }), CATALOGUE)).toBe(
      'gone.field ≥ 90 for 5 min',
    );
  });

  it('name detectors', () => {
    expect(conditionText(rule({ type: 'detector', detector: '*' }))).toBe('every built-in detector');
    expect(conditionText(rule({ type: 'detector', detector: 'disk_inodes' }))).toBe('detector “Disk inodes”');
  });

  it('call detectors what the catalogue calls them', () => {
    const detectors = [{ key: 'firewall_attack', name: 'Attack on passwords' }] as Catalogue['detectors'];
    const attack = rule({ type: 'detector', detector: 'firewall_attack' });
    expect(conditionText(attack, { metrics: [], detectors })).toBe('detector “Attack on passwords”');
  });

  it('say what was seen by the metric’s name, and leave other sentences alone', () => {
    expect(observedText('metrics.cpu_pct = 96.00', METRICS)).toBe('CPU busy, all cores = 96.00');
    expect(observedText('gone.field = 1.00', METRICS)).toBe('gone.field = 1.00');
    expect(observedText('not running in 2 reports', METRICS)).toBe('not running in 2 reports');
  });

  it('offer no two metrics under one name', () => {
    const names = METRICS.map((one) => metricChoice(one, METRICS));
    expect(new Set(names).size).toBe(METRICS.length);
    expect(names).toContain('Memory in use (bytes)');
    expect(names).toContain('LiteSpeed: Clients connected');
    expect([
      inUnit('Threshold', 'yes_no'),
      inUnit('Threshold', 'count'),
      inUnit('Threshold', undefined),
    ]).toEqual(['Threshold (1 is yes, 0 is no)', 'Threshold', 'Threshold']);
  });
});

describe('names', () => {
  it('of kinds are those of their pages, and the key where there is no page', () => {
    expect(['mail-queue', 'mysql', 'lifecycle'].map(kindName)).toEqual(['Mail queue', 'MySQL', 'lifecycle']);
    expect(['email-stats', 'lifecycle'].map(kindHead)).toEqual(['Sent', 'lifecycle']);
    expect(['crons', 'lifecycle'].map(isShownKind)).toEqual([true, false]);
  });

  it('of detectors are their keys in words', () =>
    expect(['service_down', 'threshold'].map(detectorName)).toEqual(['Service down', 'Threshold rule']));

  it('of roles and of what they may do are words', () => {
    expect((['oncall', 'admin'] as const).map(roleName)).toEqual(['on call', 'admin']);
    expect(mayDo(['servers.view', 'something.new'])).toEqual(['see servers', 'something.new']);
  });

  it('of database servers are as long as what is known', () => {
    expect(databaseVersion({ flavour: 'mariadb', version: '10.11.11' })).toBe('mariadb 10.11.11');
    expect(databaseVersion({ flavour: null, version: '8.0' })).toBe('8.0');
    expect(databaseVersion({ flavour: null, version: null })).toBeNull();
  });

  it('of ranges are words in a sentence', () =>
    expect(LOG_RANGES.map(rangeWords)).toEqual(['1 h', '24 h', '7 d', '30 d']));
});
