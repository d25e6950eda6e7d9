//! Lists: in the order in which things reached us, paged by an opaque cursor.
//!
//! A cursor names the last item of a page by the moment it reached us and its id; it pages one listing and is no
//! change feed. A bad cursor or limit is refused, never page one.

use super::answer::{Keep, Kept, Shown};
use super::kept::PRIVATE;
use super::{
    answer::{Answer, Resource},
    ask::{Ask, Schemas, parameters, register, understood},
    problem::{Fault, Problem},
};
use crate::error::Code;
use actix_web::{HttpRequest, HttpResponse, dev::Payload, http::StatusCode};
use domain::{limits, moment::Moment};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use utoipa::{
    IntoParams,
    openapi::{
        ArrayBuilder, ObjectBuilder, Ref, RefOr,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
        schema::{SchemaType, Type},
    },
};
use uuid::Uuid;

/// Where a page ends, and how long it is.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Items wanted.
    pub limit: u64,
    /// The last item of the page before.
    pub after: Option<(Moment, Uuid)>,
    /// Which listing this is, address and filters: a cursor of one is no cursor of another.
    listing: u32,
}

impl Page {
    /// How many items of what never moves stand on the pages before: their number is in the place of a time.
    pub fn passed(&self) -> Option<usize> {
        match self.after {
            None => Some(0),
            Some((Moment(passed), id)) if id.is_nil() => usize::try_from(passed).ok(),
            Some(_) => None,
        }
    }

    /// The cursor of the page that goes on behind so many items of what never moves.
    pub fn behind(&self, passed: usize) -> String {
        write_cursor((Moment(passed as i64), Uuid::nil()), self.listing)
    }
}

/// What a list was asked for: filters, and which page.
#[derive(Clone, Debug)]
pub struct Listing<Q> {
    /// The filters of this list.
    pub filters: Q,
    /// The page.
    pub page: Page,
}

/// No filters but the page.
#[derive(Clone, Copy, Debug, serde::Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct NoFilters {}

impl<Q: DeserializeOwned + IntoParams + 'static> Ask for Listing<Q> {
    const TAKES_PARAMETERS: bool = true;

    async fn ask(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        let mut all = parameters(request)?;
        let mut faults = Vec::new();
        let limit = match all.remove("limit") {
            None => limits::PAGE_DEFAULT,
            Some(limit) => {
                let read = limit.as_str().and_then(|text| text.parse().ok());
                read.filter(|limit| (1..=limits::PAGE_MOST).contains(limit))
                    .unwrap_or_else(|| {
                        faults.push(Fault {
                            pointer: "/limit".into(),
                            code: "out-of-range".into(),
                            detail: format!("A whole number from 1 to {}.", limits::PAGE_MOST),
                        });
                        0
                    })
            }
        };
        if !faults.is_empty() {
            return Err(Problem::of_faults(Code::BadParameter, faults));
        }
        let cursor = all.remove("cursor");
        let listing = listing(request.path(), &all);
        let after = match cursor {
            None => None,
            Some(cursor) => Some(
                cursor
                    .as_str()
                    .and_then(|cursor| read_cursor(cursor, listing))
                    .ok_or_else(|| {
                        Problem::new(
                            Code::BadCursor,
                            "Give a next_cursor as it came, or leave it out for the first page.",
                        )
                    })?,
            ),
        };
        Ok(Self {
            filters: understood(all)?,
            page: Page {
                limit,
                after,
                listing,
            },
        })
    }

    fn describe(operation: &mut Operation, _: &mut Schemas) {
        let parameter = |name: &str, about: &str, schema: ObjectBuilder| -> RefOr<Parameter> {
            let parameter = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query);
            RefOr::T(parameter.description(Some(about)).schema(Some(schema)).build())
        };
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(limits::PAGE_MOST as i64))
            .default(Some(Value::from(limits::PAGE_DEFAULT)));
        let cursor = ObjectBuilder::new().schema_type(Type::String);
        operation.parameters.get_or_insert_default().extend(
            Q::into_params(|| Some(ParameterIn::Query))
                .into_iter()
                .map(RefOr::T)
                .chain([
                    parameter("limit", "Items of a page.", limit),
                    parameter("cursor", "The `next_cursor` of the page before.", cursor),
                ]),
        );
    }
}

/// A mark of an address and its filters, whatever their order.
fn listing(path: &str, filters: &Map<String, Value>) -> u32 {
    let mut filters: Vec<_> = filters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    filters.sort();
    let digest = Sha256::digest(format!("{path}?{}", filters.join("&")));
    digest
        .iter()
        .take(4)
        .fold(0, |mark, byte| mark << 8 | u32::from(*byte))
}

fn read_cursor(cursor: &str, listing: u32) -> Option<(Moment, Uuid)> {
    let mut parts = cursor.split('.');
    let (mark, moment, id) = (parts.next()?, parts.next()?, parts.next()?);
    let own = u32::from_str_radix(mark, 16).is_ok_and(|mark| mark == listing) && parts.next().is_none();
    own.then_some((
        Moment(i64::from_str_radix(moment, 16).ok()?),
        Uuid::try_parse(id).ok()?,
    ))
}

fn write_cursor((moment, id): (Moment, Uuid), listing: u32) -> String {
    format!("{listing:x}.{:x}.{}", moment.0, id.simple())
}

/// One page of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Items<V> {
    /// The items, in the order in which they reached us.
    pub items: Vec<V>,
    /// Where the next page begins; null on the last.
    pub next_cursor: Option<String>,
}

impl<V> Items<V> {
    /// Makes a page of rows that were asked for one beyond it; `place` is where a row stands in the list.
    pub fn new<M>(
        mut rows: Vec<M>,
        page: Page,
        place: impl Fn(&M) -> (Moment, Uuid),
        view: impl FnMut(M) -> V,
    ) -> Self {
        let more = rows.len() as u64 > page.limit;
        rows.truncate(page.limit as usize);
        let next_cursor = rows
            .last()
            .filter(|_| more)
            .map(|last| write_cursor(place(last), page.listing));
        Self {
            items: rows.into_iter().map(view).collect(),
            next_cursor,
        }
    }
}

impl<V: Resource> Keep for Items<V> {
    fn keep(&self) -> Result<Option<Kept>, Problem> {
        let kept = Kept::json(StatusCode::OK, PRIVATE, self)?;
        let kept = super::answer::tagged(kept);
        Ok(Some(kept.shows(super::answer::shown(&self.items))))
    }
}

impl<V: Resource> Answer for Items<V> {
    fn answer(self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        super::answer::by_content(request, &self)
    }

    fn shown(&self) -> Option<Shown> {
        super::answer::shown(&self.items)
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        register::<V>(schemas);
        let name = format!("{}Page", V::name());
        if !schemas.iter().any(|(other, _)| *other == name) {
            let page = ObjectBuilder::new()
                .property(
                    "items",
                    ArrayBuilder::new().items(Ref::from_schema_name(V::name())),
                )
                .required("items")
                .property(
                    "next_cursor",
                    ObjectBuilder::new()
                        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
                        .description(Some("Where the next page begins; null on the last.")),
                )
                .required("next_cursor");
            schemas.push((name.clone(), page.into()));
        }
        super::answer::json(
            operation,
            "200",
            "A page of the list.",
            Ref::from_schema_name(name),
        );
        // A search is a POST, and is never asked whether it changed.
        if operation.request_body.is_none() {
            super::answer::not_modified_too(operation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let place = (Moment(1_570_100_000_123_456), Uuid::from_u128(7));
        assert_eq!(read_cursor(&write_cursor(place, 9), 9), Some(place));
        assert_eq!(
            read_cursor(&write_cursor(place, 9), 8),
            None,
            "a cursor of another listing"
        );
        assert_eq!(read_cursor("page-2", 9), None);
    }
}
