//! Schedules of crontabs, read as cron reads them.
//!
//! Two programs are met: the cron of Debian and cronie. Where they agree, a schedule is known: numbers, three-letter
//! names, lists, ranges, steps after `*` or a range, 0 and 7 for Sunday. Day of month and day of week are alternatives
//! when both are restricted, and a field that begins with `*` is not, not even `*/2`. Where they disagree (ranges that
//! run backwards, text after a number), or pick a time at random (`~`), nobody can say from here when a job should run,
//! and such a job is never called overdue.

/// When a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// When the host starts.
    AtBoot,
    /// At these minutes.
    At(Times),
}

/// Minutes of the calendar; a bit for each value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// 0 to 59.
    pub minutes: u64,
    /// 0 to 23.
    pub hours: u64,
    /// 1 to 31.
    days: u64,
    /// 1 to 12.
    months: u64,
    /// 0 to 6, Sunday is 0.
    weekdays: u64,
    /// Day of month and day of week must both fit, because one of the two is not restricted.
    both: bool,
}

impl Times {
    /// Whether anything runs in this month, 1 to 12.
    #[must_use]
    pub const fn in_month(&self, month: u32) -> bool {
        has(self.months, month)
    }

    /// Whether anything runs on this day of a month that fits; Sunday is 0.
    #[must_use]
    pub const fn on_day(&self, day: u32, weekday: u32) -> bool {
        let (of_month, of_week) = (has(self.days, day), has(self.weekdays, weekday));
        if self.both {
            of_month && of_week
        } else {
            of_month || of_week
        }
    }

    /// Minutes of a day that fits, from this one on, as minutes since midnight.
    pub fn minutes_since(&self, first: u32) -> impl Iterator<Item = u32> {
        let Self { minutes, hours, .. } = *self;
        let hours = (first / 60..24).filter(move |hour| has(hours, *hour));
        hours.flat_map(move |hour| {
            let of_hour = (0..60).filter(move |minute| has(minutes, *minute));
            let since_midnight = of_hour.map(move |minute| hour * 60 + minute);
            since_midnight.filter(move |minute| *minute >= first)
        })
    }
}

/// Why nobody can say when a job should run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// No cron takes it.
    #[error("no cron takes this schedule")]
    Malformed,
    /// Cron programs read it in different ways.
    #[error("cron programs read this schedule in different ways")]
    Disputed,
    /// It holds `~`.
    #[error("cron picks the time at random")]
    Random,
}

/// Reads a schedule: five fields, or a word that begins with `@`.
///
/// # Errors
/// See [`Unclear`].
pub fn parse(text: &str) -> Result<Schedule, Unclear> {
    // A minus in front means "do not log", and is no part of the time.
    let text = text.trim();
    let text = text.strip_prefix('-').unwrap_or(text);
    let fields = match text {
        "@reboot" => return Ok(Schedule::AtBoot),
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        fields => fields,
    };
    let mut fields = fields.split_ascii_whitespace();
    let mut field = || fields.next().ok_or(Unclear::Malformed);
    let (minute, hour, day, month, weekday) = (field()?, field()?, field()?, field()?, field()?);
    if fields.next().is_some() {
        return Err(Unclear::Malformed);
    }
    let [minutes, hours, days, months, weekdays] = &FIELDS;
    let weekdays = weekdays.read(weekday)?;
    Ok(Schedule::At(Times {
        minutes: minutes.read(minute)?,
        hours: hours.read(hour)?,
        days: days.read(day)?,
        months: months.read(month)?,
        // 7 is Sunday, too.
        weekdays: (weekdays & 0x7f) | (weekdays >> 7),
        both: day.starts_with('*') || weekday.starts_with('*'),
    }))
}

/// What a field may hold.
struct Field {
    first: u32,
    last: u32,
    /// Names of values from `first` on.
    names: &'static [&'static str],
    /// A range may end with a Sunday that is written as 0.
    ends_with_sunday: bool,
}

const fn plain(first: u32, last: u32) -> Field {
    Field {
        first,
        last,
        names: &[],
        ends_with_sunday: false,
    }
}

/// In the order they stand.
const FIELDS: [Field; 5] = [
    plain(0, 59),
    plain(0, 23),
    plain(1, 31),
    Field {
        names: &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
        ..plain(1, 12)
    },
    Field {
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
        ends_with_sunday: true,
        ..plain(0, 7)
    },
];

impl Field {
    /// A list of parts.
    fn read(&self, text: &str) -> Result<u64, Unclear> {
        let mut bits = 0;
        for part in text.split(',') {
            bits |= self.part(part)?;
        }
        Ok(bits)
    }

    /// `*`, a value or a range, the first and the last with a step.
    fn part(&self, text: &str) -> Result<u64, Unclear> {
        if text.contains('~') {
            return Err(Unclear::Random);
        }
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(number(step).filter(|step| *step > 0))),
            None => (text, None),
        };
        let (first, last) = match (range, range.split_once('-')) {
            ("*", _) => (self.first, self.last),
            (_, Some((first, last))) => self.range(first, last)?,
            (value, None) => {
                let value = self.value(value)?;
                // Both programs refuse a step after a single value.
                if step.is_some() {
                    return Err(Unclear::Malformed);
                }
                (value, value)
            }
        };
        let step = match step {
            Some(step) => step.ok_or(Unclear::Malformed)?,
            None => 1,
        };
        let step = usize::try_from(step).map_err(|_| Unclear::Malformed)?;
        Ok((first..=last)
            .step_by(step)
            .fold(0, |bits, value| bits | 1 << value))
    }

    fn range(&self, first: &str, last: &str) -> Result<(u32, u32), Unclear> {
        let (first, last) = (self.value(first)?, self.value(last)?);
        // cronie reads a 0 at the end of any range as 7.
        match (first, last) {
            (1.., 0) if self.ends_with_sunday => Ok((first, 7)),
            (_, 0) => Err(Unclear::Disputed),
            (first, last) if first > last => Err(Unclear::Disputed),
            range => Ok(range),
        }
    }

    fn value(&self, text: &str) -> Result<u32, Unclear> {
        let named = (self.first..).zip(self.names);
        let named = named.filter(|(_, name)| text.eq_ignore_ascii_case(name));
        if let Some((value, _)) = named.last() {
            return Ok(value);
        }
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        match (digits, number(text)) {
            (_, Some(value)) if (self.first..=self.last).contains(&value) => Ok(value),
            (1.., None) if digits < text.len() => Err(Unclear::Disputed),
            _ => Err(Unclear::Malformed),
        }
    }
}

/// A number of digits alone.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

const fn has(bits: u64, bit: u32) -> bool {
    bits >> bit & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(text: &str) -> Times {
        match parse(text) {
            Ok(Schedule::At(times)) => times,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn bits(values: &[u32]) -> u64 {
        values.iter().fold(0, |bits, value| bits | 1 << value)
    }

    #[test]
    fn fields_hold_values_lists_ranges_and_steps() {
        let t = times("5,10-14/2,*/30 22-23 1-31/10 JAN,feb,Dec mon-fri");
        assert_eq!(t.minutes, bits(&[0, 5, 10, 12, 14, 30]));
        assert_eq!(t.hours, bits(&[22, 23]));
        assert_eq!(t.days, bits(&[1, 11, 21, 31]));
        assert_eq!(t.months, bits(&[1, 2, 12]));
        assert_eq!(t.weekdays, bits(&[1, 2, 3, 4, 5]));
        assert_eq!(times("\t00 *  * * *\n").minutes, 1);
        assert_eq!(times("*/100 * * * *").minutes, 1, "a step beyond the end");
    }

    #[test]
    fn sunday_is_0_and_7_also_at_the_end_of_a_range() {
        let days = |text: &str| times(&format!("0 0 * * {text}")).weekdays;
        assert_eq!(days("7"), bits(&[0]));
        assert_eq!(days("sat-sun"), bits(&[6, 0]));
        assert_eq!(days("5-0"), bits(&[5, 6, 0]));
        assert_eq!(days("5-7"), bits(&[5, 6, 0]));
        assert_eq!(days("*/7"), bits(&[0]));
        assert_eq!(days("*"), 0x7f);
    }

    #[test]
    fn days_are_alternatives_unless_one_field_begins_with_a_star() {
        // The 13th is a Tuesday, the 16th a Friday.
        let friday_or_13th = times("0 0 13 * fri");
        assert!(friday_or_13th.on_day(13, 2) && friday_or_13th.on_day(16, 5));
        let even_fridays = times("0 0 */2 * fri");
        assert!(
            even_fridays.on_day(17, 5)
                && !even_fridays.on_day(16, 5)
                && !even_fridays.on_day(17, 6)
        );
        let any = times("0 0 * * *");
        assert!(any.on_day(1, 0) && any.on_day(31, 6));
    }

    #[test]
    fn words_stand_for_fields_in_lower_case_alone() {
        assert_eq!(parse("@reboot"), Ok(Schedule::AtBoot));
        for (word, fields) in [
            ("@hourly", "0 * * * *"),
            ("@daily", "0 0 * * *"),
            ("@midnight", "0 0 * * *"),
            ("@weekly", "0 0 * * 7"),
            ("@monthly", "0 0 1 * *"),
            ("@yearly", "0 0 1 1 *"),
            ("@annually", "0 0 1 1 *"),
            ("-*/5 * * * *", "*/5 * * * *"),
        ] {
            assert_eq!(times(word), times(fields), "{word}");
        }
        for word in ["@Daily", "@DAILY", "@every 5m", "@", ""] {
            assert_eq!(parse(word), Err(Unclear::Malformed), "{word:?}");
        }
    }

    #[test]
    fn what_no_cron_takes_is_malformed() {
        for text in [
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * 32 * *",
            "* * * 13 *",
            "* * * * 8",
            "5/10 * * * *",
            "*/0 * * * *",
            "*/ * * * *",
            "/5 * * * *",
            ", * * * *",
            "1,,2 * * * *",
            "- - - - -",
            "* * * january *",
            "-5 * * * * *",
            "99999999999999999999 * * * *",
        ] {
            assert_eq!(parse(text), Err(Unclear::Malformed), "{text}");
        }
    }

    #[test]
    fn what_programs_read_differently_is_not_judged() {
        for text in [
            "* 22-2 * * *",
            "* * * * fri-mon",
            "* 5-0 * * *",
            "* 0-0 * * *",
            "* * * * 0-0",
            "1-5-7 * * * *",
            "* * * * 1#2",
            "5x * * * *",
        ] {
            assert_eq!(parse(text), Err(Unclear::Disputed), "{text}");
        }
        assert_eq!(parse("0~30 * * * *"), Err(Unclear::Random));
        assert_eq!(parse("~ * * * *"), Err(Unclear::Random));
    }
}
