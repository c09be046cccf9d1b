//! Functions of a date: seconds since the epoch, cut off to whole ones, in UTC.

use emberdb_promql_syntax::FunctionId;

const SECONDS_PER_DAY: i128 = 86_400;

/// The number that a date function makes of a time; `None` for other functions.
pub(super) fn apply(function: FunctionId, seconds: f64) -> Option<f64> {
    use FunctionId as F;
    let seconds = wrapped(truncated(seconds));
    let day = seconds.div_euclid(SECONDS_PER_DAY);
    let second_of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    let date = Date::of_day(day);
    let number = match function {
        F::Minute => second_of_day / 60 % 60,
        F::Hour => second_of_day / 3600,
        // The epoch was a Thursday; Sunday is 0.
        F::DayOfWeek => (day + 4).rem_euclid(7),
        F::DayOfMonth => date.day,
        F::DayOfYear => day - Date::first_day(date.year) + 1,
        F::DaysInMonth => Date::days_in_month(date.year, date.month),
        F::Month => date.month,
        F::Year => date.year,
        _ => return None,
    };
    Some(number as f64)
}

/// Go's conversion on the machines upstream runs on: what does not fit becomes the smallest number.
fn truncated(seconds: f64) -> i64 {
    let fits = seconds.is_finite() && seconds >= i64::MIN as f64 && seconds < i64::MAX as f64;
    if fits { seconds as i64 } else { i64::MIN }
}

/// The time that upstream takes for `seconds`: it counts without a sign in 64 bits from the 1st of March of a year long
/// ago; what lies before that day comes out in the far future.
fn wrapped(seconds: i64) -> i128 {
    let march = 31 + 29;
    let first = (Date::first_day(-292_277_022_400) + march) * SECONDS_PER_DAY;
    let seconds = i128::from(seconds);
    if seconds < first { seconds + (1 << 64) } else { seconds }
}

struct Date {
    year: i128,
    /// From 1.
    month: i128,
    /// From 1.
    day: i128,
}

impl Date {
    /// The date of a day counted from the epoch, in the Gregorian calendar.
    fn of_day(day: i128) -> Self {
        // 400 years have 146 097 days; the guess is at most one year off.
        let mut year = 1970 + day * 400 / 146_097;
        while Self::first_day(year) > day {
            year -= 1;
        }
        while Self::first_day(year + 1) <= day {
            year += 1;
        }
        let mut rest = day - Self::first_day(year);
        let mut month = 1;
        while rest >= Self::days_in_month(year, month) {
            rest -= Self::days_in_month(year, month);
            month += 1;
        }
        Self { year, month, day: rest + 1 }
    }

    /// The 1st of January, in days from the epoch.
    fn first_day(year: i128) -> i128 {
        let leap_days_before =
            |y: i128| (y - 1).div_euclid(4) - (y - 1).div_euclid(100) + (y - 1).div_euclid(400);
        (year - 1970) * 365 + leap_days_before(year) - leap_days_before(1970)
    }

    fn days_in_month(year: i128, month: i128) -> i128 {
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_agree_with_a_calendar_library() {
        use FunctionId as F;
        for seconds in (-5_000_000_000i64..5_000_000_000).step_by(7_654_321) {
            let time = jiff::Timestamp::from_second(seconds).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
            let expected = [
                (F::Year, i64::from(time.year())),
                (F::Month, i64::from(time.month())),
                (F::DayOfMonth, i64::from(time.day())),
                (F::DayOfYear, i64::from(time.day_of_year())),
                (F::DaysInMonth, i64::from(time.days_in_month())),
                (F::DayOfWeek, i64::from(time.weekday().to_sunday_zero_offset())),
                (F::Hour, i64::from(time.hour())),
                (F::Minute, i64::from(time.minute())),
            ];
            for (function, number) in expected {
                assert_eq!(apply(function, seconds as f64), Some(number as f64), "{function}({seconds})");
            }
        }
    }
}
