//! The calendar functions: a float of seconds since the epoch to a part of its date, in UTC.
//!
//! Days are counted from the 1st of March of a year that is a multiple of 400, so that leap days come last and
//! every 400 years, an era of 146 097 days, are the same. The first such year is so early that every `i64` of
//! seconds counts from it without a sign; what lies before wraps around to the far future, as it does upstream.

use super::each_present;
use crate::batch::Column;

const DAY_S: u64 = 86_400;
const ERA_DAYS: u64 = 146_097;

/// Eras from the first day to the year 0; the first day is in the year -292 277 022 400.
const ERAS_BEFORE_0: u64 = 730_692_556;

/// Days from 0000-03-01 to 1970-01-01.
const DAYS_0_TO_1970: u64 = 719_468;

/// Seconds from the first day to the epoch.
const FIRST_TO_1970_S: u64 = (ERAS_BEFORE_0 * ERA_DAYS + DAYS_0_TO_1970) * DAY_S;

/// Minute of the hour, 0 to 59.
pub(super) fn minute(_: &[&[f64]], column: &mut Column) {
    each_present(column, |value| (since_first_s(value) / 60 % 60) as f64);
}

/// Hour of the day, 0 to 23.
pub(super) fn hour(_: &[&[f64]], column: &mut Column) {
    each_present(column, |value| (since_first_s(value) / 3600 % 24) as f64);
}

/// Day of the week, Sunday is 0.
pub(super) fn day_of_week(_: &[&[f64]], column: &mut Column) {
    // An era is a whole number of weeks and begins on a Wednesday.
    each_present(column, |value| ((since_first_s(value) / DAY_S + 3) % 7) as f64);
}

/// Day of the month, 1 to 31.
pub(super) fn day_of_month(_: &[&[f64]], column: &mut Column) {
    each_present(column, |value| Date::at(value).day as f64);
}

/// Day of the year, 1 to 366.
pub(super) fn day_of_year(_: &[&[f64]], column: &mut Column) {
    each_present(column, |value| Date::at(value).day_of_year() as f64);
}

/// The length of the month, 28 to 31.
pub(super) fn days_in_month(_: &[&[f64]], column: &mut Column) {
    each_present(column, |value| Date::at(value).days_in_month() as f64);
}

/// Month, 1 to 12.
pub(super) fn month(_: &[&[f64]], column: &mut Column) {
    each_present(column, |value| Date::at(value).month as f64);
}

/// Year.
pub(super) fn year(_: &[&[f64]], column: &mut Column) {
    each_present(column, |value| Date::at(value).year as f64);
}

/// Whole seconds since the first day. What is no `i64` becomes the least one, as upstream's conversion has it on
/// x86.
fn since_first_s(value: f64) -> u64 {
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
    let seconds = if fits { value as i64 } else { i64::MIN };
    (seconds as u64).wrapping_add(FIRST_TO_1970_S)
}

/// A day in the Gregorian calendar.
struct Date {
    year: i64,
    /// From 1.
    month: u64,
    /// From 1.
    day: u64,
}

impl Date {
    /// The date of a number of seconds since the epoch.
    fn at(value: f64) -> Self {
        let days = since_first_s(value) / DAY_S;
        let (era, day_of_era) = (days / ERA_DAYS, days % ERA_DAYS);
        // Take the leap days out: one every 4 years but the 100th, and one at the end of the era.
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        // From the 1st of March; months of 31 30 31 30 31 days repeat every 153.
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let months = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * months + 2) / 5 + 1;
        let (month, is_next_year) = if months < 10 { (months + 3, 0) } else { (months - 9, 1) };
        let year = (era as i64 - ERAS_BEFORE_0 as i64) * 400 + year_of_era as i64 + is_next_year;
        Self { year, month, day }
    }

    fn is_leap_year(&self) -> bool {
        self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0)
    }

    fn days_in_month(&self) -> u64 {
        match self.month {
            2 => 28 + u64::from(self.is_leap_year()),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    fn day_of_year(&self) -> u64 {
        const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
        let leap_day = u64::from(self.month > 2 && self.is_leap_year());
        BEFORE[self.month as usize - 1] + leap_day + self.day
    }
}

#[cfg(test)]
mod tests {
    use super::Date;
    use crate::batch::Column;

    fn parts(value: f64) -> [f64; 8] {
        let bodies = [
            super::year,
            super::month,
            super::day_of_month,
            super::hour,
            super::minute,
            super::day_of_week,
            super::day_of_year,
            super::days_in_month,
        ];
        bodies.map(|body| {
            let mut column: Column = [Some(value)].into_iter().collect();
            body(&[], &mut column);
            column.get(0).unwrap()
        })
    }

    #[test]
    fn known_days() {
        assert_eq!(parts(0.0), [1970.0, 1.0, 1.0, 0.0, 0.0, 4.0, 1.0, 31.0]);
        assert_eq!(parts(-0.9), parts(0.0), "seconds are cut towards zero");
        assert_eq!(parts(-1.0), [1969.0, 12.0, 31.0, 23.0, 59.0, 3.0, 365.0, 31.0]);
        assert_eq!(parts(951_825_600.5), [2000.0, 2.0, 29.0, 12.0, 0.0, 2.0, 60.0, 29.0]);
        assert_eq!(parts(4_107_542_399.0), [2100.0, 2.0, 28.0, 23.0, 59.0, 0.0, 59.0, 28.0]);
        assert_eq!(parts(1_735_689_599.0), [2024.0, 12.0, 31.0, 23.0, 59.0, 2.0, 366.0, 31.0]);
        assert_eq!(parts(-62_135_596_800.0), [1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 31.0]);
    }

    #[test]
    fn what_is_no_time_gives_a_date_all_the_same() {
        let expected = [292_277_026_596.0, 12.0, 4.0, 15.0, 30.0, 0.0, 339.0, 31.0];
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, i64::MAX as f64] {
            assert_eq!(parts(value), expected, "{value}");
        }
    }

    #[test]
    fn a_date_counts_up_day_by_day() {
        let mut expected = (1599, 3, 1);
        // Two eras and a bit, from the 1st of March 1599.
        let start = -11_702_534_400_i64;
        assert_eq!(start % 86_400, 0);
        for day in 0..300_000 {
            let date = Date::at((start + day * 86_400) as f64);
            assert_eq!((date.year, date.month, date.day), expected);
            expected = if date.day < date.days_in_month() {
                (date.year, date.month, date.day + 1)
            } else if date.month < 12 {
                (date.year, date.month + 1, 1)
            } else {
                (date.year + 1, 1, 1)
            };
        }
        assert!(expected.0 > 2400);
    }
}
