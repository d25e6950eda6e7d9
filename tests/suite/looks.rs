//! Facts are kept in memory by looks for what changed. One that fails half way, or whose caller hangs up, is none: whoever
//! waited for it looks again, and the next finds everything.

use serde_json::{Value, json};
use std::{net::SocketAddr, time::Instant};
use tests::{
    Caller, Service, World,
    line::Line,
    wire::{Looks, Wire},
};

/// Callers who wait for one look: more than there are threads that answer, and connections to the database.
const WAITING: usize = 12;

struct Told<'w> {
    world: &'w World,
    id: String,
    path: String,
    /// Tables that were acknowledged.
    tables: u64,
}

impl<'w> Told<'w> {
    async fn new(world: &'w World) -> Self {
        let id = world.open(json!({})).await;
        world.theme(&id, "walks", json!({})).await;
        let path = format!("/v1/consultations/{id}/collation");
        Self {
            world,
            id,
            path,
            tables: 0,
        }
    }

    /// Another table, acknowledged.
    async fn table(&mut self) {
        self.world
            .discussion(&self.id, &self.world.meeting_a, json!({}))
            .await;
        self.tables += 1;
    }

    /// A collation that is asked for now has every table and its point.
    async fn has_everything(&self, caller: &Caller, when: &str) {
        let collation = caller.get(self.path.clone()).await.expect(200).json;
        self.is_whole(&collation, when);
    }

    fn is_whole(&self, collation: &Value, when: &str) {
        let counts = (
            collation["heard"]["discussions"].as_u64(),
            collation["questions"][0]["contributions"]["value"].as_u64(),
        );
        assert_eq!(counts, (Some(self.tables), Some(self.tables)), "{when}");
    }

    /// Callers who ask at once, and have been taken in when this ends.
    async fn ask_at_once(&self, callers: usize, at: SocketAddr) -> Vec<Line> {
        let mut asking = Vec::new();
        for _ in 0..callers {
            asking.push(Line::get(&self.world.lead, at, &self.path).await);
        }
        self.all_is_taken_in(at).await;
        asking
    }

    /// Waits until the service has taken in what reached it before, as far as a caller can see that: others who came later
    /// were answered, by each of the threads.
    async fn all_is_taken_in(&self, at: SocketAddr) {
        for _ in 0..8 {
            let alive = Line::get(&self.world.lead, at, "/livez").await;
            assert_eq!(alive.answer().status, 200);
        }
    }
}

/// Every one of them is told that it went wrong: whoever is answered would be shown what was before.
fn all_are_refused(asking: Vec<Line>, when: &str) {
    for line in asking {
        let answer = line.answer();
        assert!(
            answer.status >= 500,
            "{when}: {} {}",
            answer.status,
            answer.text()
        );
    }
}

#[actix_web::test]
async fn a_look_that_fails_half_way_is_none() {
    let world = World::start().await;
    let mut told = Told::new(&world).await;
    let database = &world.service.database;
    told.table().await;
    told.has_everything(&world.lead, "at first").await;
    for round in 0..4 {
        told.table().await;
        // Containers have been read when a look finds that codings are gone.
        database.run("ALTER TABLE codings RENAME TO codings_away").await;
        let asking = told.ask_at_once(WAITING, world.service.address).await;
        all_are_refused(asking, "without codings");
        database.run("ALTER TABLE codings_away RENAME TO codings").await;
        told.has_everything(&world.lead, &format!("round {round}")).await;
    }
}

/// A service that reaches its database by a wire. The service goes first.
struct Wired {
    replica: Service,
    wire: Wire,
}

impl Wired {
    /// None on SQLite: that is a file, and nothing is between it and the service that could stop or break.
    async fn to(world: &World) -> Option<Self> {
        let wire = Wire::to(world.service.database.server()?);
        let url = world.service.database.url_at(wire.address);
        let replica = world.service.replica_at(url).await;
        Some(Self { replica, wire })
    }
}

#[actix_web::test]
async fn a_look_whose_connection_breaks_is_none_wherever_it_breaks() {
    let world = World::start().await;
    let mut told = Told::new(&world).await;
    told.table().await;
    let Some(Wired { replica, wire }) = &Wired::to(&world).await else {
        return told.has_everything(&world.lead, "on SQLite").await;
    };
    let there = world.lead.at(replica.base());
    told.has_everything(&there, "at first").await;
    let mut flights = 0;
    loop {
        told.table().await;
        wire.looks(Looks::Break { after: flights });
        let broken = wire.broken();
        let answer = Line::get(&there, replica.address, &told.path).await.answer();
        wire.looks(Looks::Pass);
        if wire.broken() == broken {
            told.is_whole(&answer.expect(200).json, "nothing broke");
            break;
        }
        assert!(
            answer.status >= 500,
            "broken after {flights}: {} {}",
            answer.status,
            answer.text()
        );
        told.has_everything(&there, &format!("broken after {flights}"))
            .await;
        flights += 1;
    }
    // The level, the horizon, what was touched, discussions, responses, codings, contributions.
    assert!(flights >= 7, "a look took {flights} flights only");
}

#[actix_web::test]
async fn whoever_waits_for_looks_that_break_is_not_shown_what_was_before() {
    let world = World::start().await;
    let mut told = Told::new(&world).await;
    told.table().await;
    let Some(Wired { replica, wire }) = &Wired::to(&world).await else {
        return told.has_everything(&world.lead, "on SQLite").await;
    };
    let there = world.lead.at(replica.base());
    told.has_everything(&there, "at first").await;
    // Where nothing was written, there is nothing to look for.
    told.table().await;
    wire.looks(Looks::Stop { after: 3 });
    let first = Line::get(&there, replica.address, &told.path).await;
    wire.until_one_stopped();
    told.table().await;
    let asking = told.ask_at_once(WAITING, replica.address).await;
    wire.looks(Looks::Break { after: 3 });
    all_are_refused(vec![first], "the look that stood still");
    all_are_refused(asking, "looks of those who waited");
    wire.looks(Looks::Pass);
    told.has_everything(&there, "after all of them").await;
}

/// Makes every look on SQLite, where nothing can be stopped, take a second or more: reading themes counts to a number.
async fn slow_down(world: &World) {
    let database = &world.service.database;
    let counting = |to: u64| {
        format!(
            "SELECT max(i) AS last FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {to}) SELECT i FROM n)"
        )
    };
    let mut to = 100_000;
    loop {
        let began = Instant::now();
        database
            .texts(&format!(
                "SELECT CAST(last AS text) AS text FROM ({})",
                counting(to)
            ))
            .await;
        if began.elapsed().as_millis() > 1000 {
            break;
        }
        to *= 2;
    }
    database
        .run(&format!(
            "ALTER TABLE themes RENAME TO themes_away;
             CREATE VIEW themes AS SELECT themes_away.* FROM ({}) AS counted CROSS JOIN themes_away
             WHERE counted.last > 0",
            counting(to)
        ))
        .await;
}

#[actix_web::test]
async fn callers_who_hang_up_take_nothing_from_those_who_wait() {
    let world = World::start().await;
    let mut told = Told::new(&world).await;
    told.table().await;
    let wired = Wired::to(&world).await;
    let service = wired.as_ref().map_or(&world.service, |wired| &wired.replica);
    let there = world.lead.at(service.base());
    told.has_everything(&there, "at first").await;
    told.table().await;
    match &wired {
        Some(Wired { wire, .. }) => wire.looks(Looks::Stop { after: 3 }),
        None => slow_down(&world).await,
    }
    let hanging_up = told.ask_at_once(5, service.address).await;
    if let Some(Wired { wire, .. }) = &wired {
        wire.until_one_stopped();
    }
    // Acknowledged after the look began that they all wait for, and before those who stay ask.
    told.table().await;
    let staying = told.ask_at_once(WAITING, service.address).await;
    for line in hanging_up {
        line.hang_up();
        told.all_is_taken_in(service.address).await;
    }
    // The look that they left behind has one connection, and takes no others.
    there.get(format!("/v1/groups/{}", world.a)).await.expect(200);
    if let Some(Wired { wire, .. }) = &wired {
        wire.looks(Looks::Pass);
    }
    for line in staying {
        told.is_whole(&line.answer().expect(200).json, "who stayed");
    }
    told.has_everything(&there, "after all of them").await;
}
