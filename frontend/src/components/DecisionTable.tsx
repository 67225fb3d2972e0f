import { Link } from 'react-router';
import type { Decision } from '@/api/types';
import { grounds, learnt, VERDICT } from '@/domain/decision';
import { withIds } from '@/domain/rows';
import { subjectText } from '@/domain/subject';
import type { Column } from '@/ui/DataTable';
import { SeverityBadge } from '@/ui/SeverityBadge';
import { DataBadge, ToneBadge } from '@/ui/StatusBadge';
import { TimeAgo } from '@/ui/TimeAgo';
import { useCatalogueWords } from './catalogue-words';
import css from './DecisionTable.module.css';

export type DecisionRow = Decision & { id: string };

export const decisionRows = (decisions: Decision[]): DecisionRow[] =>
  withIds(decisions, (row) => [row.at, row.detector, row.subject, row.rule_id, row.verdict]);

function Verdict({ row: { verdict, severity } }: { row: Decision }) {
  if (verdict === 'breach' && severity !== null) return <SeverityBadge severity={severity} />;
  if (verdict === 'learning' || verdict === 'unknown') return <DataBadge state={verdict} />;
  return <ToneBadge tone={verdict === 'clear' ? 'good' : 'bad'}>{VERDICT[verdict] ?? verdict}</ToneBadge>;
}

const About = ({ row }: { row: Decision }) => {
  const subject = subjectText(row.detector, row.subject);
  return <span className={subject === null ? css.quiet : css.subject}>{subject ?? 'the server itself'}</span>;
};

/** What was seen against what would be fine, and what that rests on. */
function Seen({ row }: { row: Decision }) {
  const rests = grounds(row);
  const seen = row.verdict === 'learning' ? learnt(row) : row.observed;
  const words = useCatalogueWords();
  return (
    <span className={css.seen}>
      {seen && words.observed(seen)}
      {row.expected && <span className={css.quiet}>fine: {row.expected}</span>}
      {rests && <span className={css.quiet}>{rests}</span>}
    </span>
  );
}

const Rule = ({ row }: { row: Decision }) =>
  row.rule_id === null ? (
    <span className={css.quiet}>built in</span>
  ) : (
    <Link to={`/settings/rules?rule=${row.rule_id}`}>
      rule {row.rule_id}
      {row.rule_version !== null && `, version ${row.rule_version}`}
    </Link>
  );

const Outcome = ({ row }: { row: Decision }) => (
  <span className={row.moved ? css.moved : undefined}>{row.explanation}</span>
);

export const decisionColumns: Column<DecisionRow>[] = [
  { key: 'at', header: 'When', width: 96, cell: (row) => <TimeAgo at={row.at} />, csv: (row) => row.at },
  {
    key: 'detector',
    header: 'Detector',
    width: 160,
    cell: (row) => row.detector_name,
    csv: (row) => row.detector,
  },
  {
    key: 'subject',
    header: 'About',
    cell: (row) => <About row={row} />,
    csv: (row) => row.subject,
  },
  {
    key: 'verdict',
    header: 'Verdict',
    width: 104,
    cell: (row) => <Verdict row={row} />,
    csv: (row) => [row.verdict, row.severity ?? ''].filter(Boolean).join(' '),
  },
  { key: 'seen', header: 'Seen', cell: (row) => <Seen row={row} />, csv: (row) => row.observed },
  {
    key: 'outcome',
    header: 'What came of it',
    width: 230,
    cell: (row) => <Outcome row={row} />,
    csv: (row) => row.explanation,
  },
  { key: 'rule', header: 'By', width: 130, cell: (row) => <Rule row={row} />, csv: (row) => row.rule_id },
];

export function DecisionCard({ row }: { row: Decision }) {
  return (
    <div className={css.card}>
      <span className={css.head}>
        <Verdict row={row} />
        <b>{row.detector_name}</b>
        <span className={css.age}>
          <TimeAgo at={row.at} />
        </span>
      </span>
      {subjectText(row.detector, row.subject) !== null && <About row={row} />}
      <Outcome row={row} />
      <Seen row={row} />
      {row.rule_id !== null && <Rule row={row} />}
    </div>
  );
}
