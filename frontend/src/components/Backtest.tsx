import { Button, SegmentedControl } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { fieldErrors } from '@/api/error';
import { backtestQuery, catalogueQuery, isBusy, turnInS } from '@/api/queries';
import type { AlertRule, Backtest as Report } from '@/api/types';
import {
  against,
  chartUnit,
  firedSpans,
  lasted,
  leftOut,
  outcome,
  SPAN_TEXT,
  SPANS,
  type Span,
  seriesLines,
} from '@/domain/backtest';
import { canBeTried, type RuleForm, toTrialRule } from '@/domain/rule-form';
import { subjectText } from '@/domain/subject';
import { now } from '@/live/clock';
import { SeverityBadge } from '@/ui/SeverityBadge';
import { Failed, LoadingRows } from '@/ui/states';
import { Moment } from '@/ui/TimeAgo';
import { TimeChart } from '@/ui/TimeChart';
import css from './Backtest.module.css';
import { useCatalogueWords } from './catalogue-words';

const DAY_MS = 86_400_000;

/** So many incidents are listed; the rest is counted. */
const LISTED = 40;

const lastDays = (days: number) => ({
  from: new Date(now() - days * DAY_MS).toISOString(),
  to: new Date(now()).toISOString(),
});

/**
 * What the rule in the form would have done. Of a rule on a metric the last day is tried by itself shortly after
 * the last change; longer spans, and detectors, which are replayed from the whole log, only when asked for.
 */
export function useBacktest(form: RuleForm, rule: AlertRule | null, blocked: string | null) {
  const [span, setSpan] = useState<Span>('1');
  const [pressed, setPressed] = useState<string | null>(null);
  const trial = useMemo(() => JSON.stringify(toTrialRule(form)), [form]);
  const [settled] = useDebouncedValue(trial, 600);
  const live = span === '1' && form.conditionKind !== 'detector';
  const asked = live ? settled : pressed === `${span}|${trial}` ? trial : null;
  const possible = canBeTried(form) && blocked === null;
  const query = useQuery({
    ...backtestQuery(
      {
        // What was asked for stays on the key, also while the form is on its way to something else.
        rule: JSON.parse(asked ?? settled),
        days: Number(span),
        compare_with: rule?.id ?? null,
      },
      lastDays,
    ),
    enabled: possible && asked !== null,
  });
  // The API names fields within what it was sent; the editor knows those of the rule.
  const errors = Object.fromEntries(
    Object.entries(fieldErrors(query.error)).map(([field, message]) => [
      field.replace(/^rule\./, ''),
      message,
    ]),
  );
  return {
    span,
    setSpan,
    run: () => (live ? void query.refetch() : setPressed(`${span}|${trial}`)),
    live,
    possible,
    asked: asked !== null,
    query,
    errors,
  };
}

interface Props {
  trial: ReturnType<typeof useBacktest>;
  form: RuleForm;
  blocked: string | null;
}

export function Backtest({ trial, form, blocked }: Props) {
  const { span, query, possible, live } = trial;
  return (
    <section className={css.box} aria-label="Backtest">
      <h3>What it would have done</h3>
      <div className={css.bar}>
        <SegmentedControl
          aria-label="Tried on the last"
          data={SPANS.map((value) => ({ value, label: SPAN_TEXT[value] }))}
          value={span}
          onChange={(value) => trial.setSpan(value as Span)}
        />
        {!live && (
          <Button variant="default" disabled={!possible} loading={query.isFetching} onClick={trial.run}>
            Run backtest
          </Button>
        )}
      </div>
      {blocked !== null ? (
        <p className={css.quiet}>Trying a rule needs the right to change rules.</p>
      ) : !possible ? (
        <p className={css.quiet}>Say what to look for and where, then it is tried on what was recorded.</p>
      ) : !trial.asked && !live ? (
        <p className={css.quiet}>
          Nothing is stored and nobody is told. {Number(span) > 1 && 'A long span may take a minute.'}
        </p>
      ) : query.isFetching && isBusy(query.failureReason) ? (
        <p className={css.quiet} role="status">
          Another backtest runs. This one is tried again by itself, every {turnInS(query.failureReason)} s.
        </p>
      ) : query.data ? (
        <Outcome report={query.data} form={form} />
      ) : query.error ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <LoadingRows rows={3} />
      )}
    </section>
  );
}

function Outcome({ report, form }: { report: Report; form: RuleForm }) {
  const words = useCatalogueWords();
  const notReplayed = leftOut(report);
  const compared = against(report);
  const more = report.incidents_total - Math.min(LISTED, report.incidents.length);
  return (
    <div className={css.outcome} aria-live="polite">
      <p className={css.summary}>
        <b>{outcome(report)}</b>
      </p>
      {notReplayed && (
        <p className={css.warning} role="status">
          {notReplayed}
        </p>
      )}
      {compared && <p>{compared}</p>}
      {report.source === 'log' && (
        <p>
          Replayed from what hosts reported since <Moment at={report.from} />.
        </p>
      )}
      <Charts report={report} form={form} />
      {report.incidents.length > 0 && (
        <ul className={css.incidents} aria-label="Incidents it would have opened">
          {report.incidents.slice(0, LISTED).map((incident) => (
            <li key={`${incident.server.id}|${incident.subject}|${incident.opened_at}`}>
              <span className={css.line}>
                <SeverityBadge severity={incident.severity} />
                <Link to={`/servers/${incident.server.id}`}>{incident.server.name}</Link>
                <Subject of={incident.subject} form={form} />
              </span>
              <span>
                <Moment at={incident.opened_at} />, for {lasted(incident)}
              </span>
              <span className={css.quiet}>
                {words.observed(incident.observed)}; fine: {incident.expected}
              </span>
              <span className={css.quiet}>
                {incident.would_tell.length > 0
                  ? `would have told: ${incident.would_tell.join(', ')}`
                  : 'would have told nobody'}
              </span>
            </li>
          ))}
          {more > 0 && <li className={css.quiet}>and {more.toLocaleString('en-US')} more</li>}
        </ul>
      )}
      <Learning report={report} />
      {report.notes.map((note) => (
        <p key={note} className={css.quiet}>
          {note}
        </p>
      ))}
    </div>
  );
}

function Subject({ of, form }: { of: string; form: RuleForm }) {
  const text = subjectText(form.conditionKind === 'detector' ? form.detector : '', of);
  return text && <span className={css.subject}>{text}</span>;
}

function Charts({ report, form }: { report: Report; form: RuleForm }) {
  const metric = useQuery(catalogueQuery).data?.metrics.find((known) => known.name === form.metric);
  const names = new Map(report.incidents.map(({ server }) => [server.id, server.name]));
  return report.series.map((series) => (
    <TimeChart
      key={`${series.server_id}|${series.subject}`}
      title={[names.get(series.server_id) ?? `server ${series.server_id}`, series.subject]
        .filter(Boolean)
        .join(' ')}
      unit={chartUnit(metric?.unit)}
      times={series.at.map((ms) => ms / 1000)}
      lines={seriesLines(series)}
      from={Date.parse(report.from) / 1000}
      to={Date.parse(report.to) / 1000}
      spans={firedSpans(series, report)}
      spansLabel="would have fired"
    />
  ));
}

function Learning({ report: { learning } }: { report: Report }) {
  if (learning.length === 0) return null;
  const [first] = learning;
  return (
    <p className={css.quiet}>
      {learning.length === 1 ? 'One subject was' : `${learning.length} subjects were`} not known well enough
      for all of the span, such as {[first?.server.name, first?.subject].filter(Boolean).join(' ')}
      {first?.known_from ? (
        <>
          , judged since <Moment at={first.known_from} />
        </>
      ) : (
        ', not judged yet'
      )}
      .
    </p>
  );
}
