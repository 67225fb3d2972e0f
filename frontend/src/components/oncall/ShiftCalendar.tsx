import type { OnCallShift } from '@/api/types';
import { clockText, type Day, dayOf, dayText, momentText } from '@/domain/on-call';
import { useNowInSteps } from '@/live/clock';
import { usePhone } from '@/ui/usePhone';
import css from './OnCall.module.css';
import { PersonChip } from './PersonChip';

interface Props {
  name: string;
  weeks: Date[][];
  shifts: OnCallShift[];
  /** Why nobody can be put on duty from here. */
  blocked: string | null;
  onDay: (day: Date) => void;
}

/** Who is on duty on each day of the viewer; a list of shifts on a phone. A day can be pressed to stand in on it. */
export function ShiftCalendar(props: Props) {
  return usePhone() ? <ShiftList {...props} /> : <Weeks {...props} />;
}

function Weeks({ name, weeks, shifts, blocked, onDay }: Props) {
  const now = useNowInSteps(60_000);
  return (
    <table className={css.calendar} aria-label={`Calendar of ${name}`}>
      <thead>
        <tr>
          {weeks[0]?.map((day) => (
            <th key={day.getDay()} scope="col">
              {dayText(day).split(' ')[0]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week[0]?.getTime()}>
            {week.map((at) => (
              <td key={at.getTime()}>
                <Cell day={dayOf(at, shifts)} now={now} blocked={blocked} onDay={onDay} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ day, now, blocked, onDay }: { day: Day; now: number } & Pick<Props, 'blocked' | 'onDay'>) {
  const end = new Date(day.at.getFullYear(), day.at.getMonth(), day.at.getDate() + 1).getTime();
  const past = end <= now;
  const state = {
    className: css.day,
    'data-past': past || undefined,
    'data-today': (!past && day.at.getTime() <= now) || undefined,
  };
  const shown = (
    <>
      <span className={css.date}>{dayText(day.at).split(' ').slice(1).join(' ')}</span>
      {day.pieces.map((piece) => (
        <PersonChip key={piece.begins?.getTime() ?? 0} person={piece.user} override={piece.override}>
          {piece.begins && <span className={css.from}>{clockText(piece.begins)}</span>}
        </PersonChip>
      ))}
    </>
  );
  if (past || blocked) return <div {...state}>{shown}</div>;
  return (
    <button type="button" {...state} onClick={() => onDay(day.at)}>
      {shown}
    </button>
  );
}

function ShiftList({ name, shifts, blocked, onDay }: Props) {
  const now = useNowInSteps(60_000);
  const ahead = shifts.filter((shift) => Date.parse(shift.ends_at) > now);
  return (
    <ul className={css.shifts} aria-label={`Calendar of ${name}`}>
      {ahead.map((shift) => {
        const shown = (
          <>
            <PersonChip person={shift.user} override={shift.override_id !== null} />
            <span className={css.when}>
              {momentText(shift.starts_at)} – {momentText(shift.ends_at)}
            </span>
          </>
        );
        return (
          <li key={shift.starts_at}>
            {blocked ? (
              <div className={css.shift}>{shown}</div>
            ) : (
              <button
                type="button"
                className={css.shift}
                onClick={() => onDay(new Date(Math.max(Date.parse(shift.starts_at), now)))}
              >
                {shown}
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
