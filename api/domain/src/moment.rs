//! An instant, to the microsecond: what both databases keep and what sorts the same everywhere.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use time::{Date, Duration, Month, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type};

/// Microseconds since 1970, in UTC. RFC 3339 in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveValueType))]
pub struct Moment(pub i64);

impl Moment {
    /// `seconds` later, or earlier where negative.
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0 + seconds * 1_000_000)
    }

    /// `microseconds` later.
    pub const fn plus_micros(self, microseconds: i64) -> Self {
        Self(self.0 + microseconds)
    }

    /// The day in London, where summer time runs from the last Sunday of March to that of October, each at one in the
    /// morning of UTC.
    pub fn day_in_london(self) -> Option<Date> {
        let instant = OffsetDateTime::from_unix_timestamp(self.unix_seconds()).ok()?;
        let change = |month: Month| {
            let last = Date::from_calendar_date(instant.year(), month, 31).ok()?;
            let sunday = last.checked_sub(Duration::days(i64::from(
                last.weekday().number_days_from_sunday(),
            )))?;
            Some(sunday.with_hms(1, 0, 0).ok()?.assume_utc())
        };
        let summer = instant >= change(Month::March)? && instant < change(Month::October)?;
        Some(instant.checked_add(Duration::hours(i64::from(summer)))?.date())
    }

    /// Whole seconds since 1970.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
}

impl From<OffsetDateTime> for Moment {
    fn from(instant: OffsetDateTime) -> Self {
        Self((instant.unix_timestamp_nanos() / 1_000) as i64)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000).map_err(|_| fmt::Error)?;
        f.write_str(&instant.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        // Years that have four digits in every time zone: what can be read can be written again.
        let instant = OffsetDateTime::parse(&text, &Rfc3339)
            .ok()
            .and_then(|instant| instant.checked_to_offset(UtcOffset::UTC))
            .filter(|instant| (1..=9998).contains(&instant.year()));
        let instant = instant.ok_or_else(|| {
            de::Error::custom("an RFC 3339 instant is wanted, such as 2019-10-03T12:00:00Z")
        })?;
        Ok(instant.into())
    }
}

impl utoipa::PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}

impl utoipa::ToSchema for Moment {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Moment, serde_json::Error> {
        serde_json::from_value(serde_json::Value::String(text.into()))
    }

    #[test]
    fn what_can_be_read_can_be_written() {
        for text in [
            "2019-10-03T13:40:00+01:00",
            "0001-01-01T00:00:00Z",
            "9998-12-31T23:59:59.999999Z",
        ] {
            let moment = read(text).unwrap();
            assert_eq!(read(&moment.to_string()).unwrap(), moment);
        }
        assert_eq!(
            read("2019-10-03T13:40:00+01:00").unwrap().to_string(),
            "2019-10-03T12:40:00Z"
        );
    }

    #[test]
    fn a_day_in_london_begins_an_hour_earlier_in_summer() {
        for (instant, day) in [
            ("2019-10-02T22:59:59Z", "2019-10-02"),
            ("2019-10-02T23:00:00Z", "2019-10-03"),
            ("2019-10-27T00:30:00Z", "2019-10-27"),
            ("2019-10-27T23:30:00Z", "2019-10-27"),
            ("2020-03-28T23:30:00Z", "2020-03-28"),
            ("2020-03-29T23:30:00Z", "2020-03-30"),
        ] {
            let found = read(instant).unwrap().day_in_london();
            assert_eq!(
                found.map(|day| day.to_string()).as_deref(),
                Some(day),
                "{instant}"
            );
        }
    }

    #[test]
    fn years_at_the_edge_are_refused() {
        for text in [
            "9999-12-31T23:59:59-01:00",
            "0000-01-01T00:00:00+01:00",
            "2019-10-03",
            "yesterday",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
