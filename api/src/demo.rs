//! The illustrative consultation on the draft 'Managing a Healthy Weight' guidance, autumn 2019: nine regional groups,
//! made-up services, tables and words. Nobody said any of it, and it says so wherever it appears.
//!
//! It is told to its end: coded, reported, delivered and in part answered. What is published cannot be opened again, so beside it stands a
//! second and smaller consultation, on restricted items, in which anybody may post, code, close and release.
//!
//! Both are built through the whole service, as a caller would, but without a socket: what they store went through the same
//! guards, rules and transactions. Their figures are the same on every machine.

mod codeframe;
mod network;
mod print;
mod said;

/// Prints a line. Whoever reads only the first lines of it and closes the pipe shall not end the building half way.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($words)*);
    }};
}

// Below the macro, which they use.
mod report;
mod restricted;

use crate::{
    http::trace::trace,
    routes::routes,
    server::{self, Settings, StartError, prepare, serve},
    state::State,
    store::{Store, audit::acts},
};
use actix_web::{
    App,
    dev::Service,
    http::{Method, StatusCode, header},
    middleware::from_fn,
    test::{TestRequest, init_service, read_body},
    web::{Bytes, Data},
};
use domain::vocabulary::{CallerKind, RespondentGroup, Role, Setting, Stance};
use futures_util::future::LocalBoxFuture;
use network::{REGIONS, Region, Venue};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, rc::Rc};
use uuid::Uuid;

/// The reference of the consultation that is told to its end.
pub const REFERENCE: &str = "MHW-2019";
/// Accounts of the demo end in this; a database with any other account holds something else.
const DOMAIN: &str = "@demo.example";
/// Tables of each region's meeting, in the regions' order.
const TABLES: [usize; 9] = [8, 6, 6, 6, 8, 7, 7, 8, 7];

/// One point of the script: what is said, about what, by whom.
pub(crate) struct Said {
    question: u16,
    themes: &'static [&'static str],
    by: RespondentGroup,
    stance: Stance,
    text: &'static str,
}

const fn said(
    question: u16,
    themes: &'static [&'static str],
    by: RespondentGroup,
    stance: Stance,
    text: &'static str,
) -> Said {
    Said {
        question,
        themes,
        by,
        stance,
        text,
    }
}

/// Builds the consultation, unless it is there, prints its collation, and serves it if asked to.
///
/// # Errors
/// A database that holds anything else, or one that cannot be opened.
pub async fn run(settings: &Settings, and_serve: bool) -> Result<(), StartError> {
    // Looked at before anything is written: a database of somebody else's is not even migrated.
    let there = what_is_there(settings).await?;
    let state = prepare(&Settings {
        migrate: true,
        ..settings.clone()
    })
    .await?;
    let accounts = accounts(&state);
    let caller = Caller::new(state.clone()).await;
    let lead = if there == There::Nothing {
        say!("Building the illustrative consultation; nobody said any of what it holds.");
        let admin = &accounts[8];
        let grants = vec![users_grant(admin.role)];
        let (email, password) = (&admin.email, &admin.password);
        server::add_user(&state.store, acts::DEMO, email, admin.name, password, grants).await?;
        build(&caller, &accounts).await?
    } else {
        say!("The illustrative consultation is there already.");
        caller.sign_in(&accounts[4]).await?
    };
    let found = caller.get(&lead, "/v1/consultations?limit=250").await?;
    let id_of = |reference: &str| {
        let mut items = found["items"].as_array().into_iter().flatten();
        let named = items.find(|one| one["reference"] == reference);
        named.map(|one| text(&one["id"])).unwrap_or_default()
    };
    let id = id_of(REFERENCE);
    let collation = caller
        .get(&lead, &format!("/v1/consultations/{id}/collation"))
        .await?;
    say!("\n{}", print::collation(&collation));
    state.store.seal_at_last().await;
    if !and_serve {
        return Ok(());
    }
    let running = serve(settings, state)?;
    say!(
        "{}",
        print::where_to_go(
            running.address,
            (REFERENCE, &id),
            (restricted::REFERENCE, &id_of(restricted::REFERENCE)),
            accounts.iter().map(|one| (one.role, &one.email, &one.password))
        )
    );
    running.until_stopped().await
}

/// Somebody who can sign in.
struct Account {
    role: Role,
    email: String,
    name: &'static str,
    password: String,
}

/// One account for each role that a person may hold. Passwords are made from a secret of the database: random for each, and the same at a second run.
fn accounts(state: &Data<State>) -> Vec<Account> {
    let names = [
        "A facilitator in London",
        "A champion of a London service",
        "A collector of online surveys",
        "A coder",
        "A national lead",
        "A member of the steering group",
        "A member of the clinical reference group",
        "A dashboard, which is an api client",
        "An auditor",
        "An admin",
    ];
    let each = Role::ALL.iter().zip(names).enumerate();
    each.filter(|(_, (role, _))| role.is_for(CallerKind::Person))
        .map(|(at, (role, name))| Account {
            role: *role,
            email: format!("{role}{DOMAIN}"),
            name,
            password: state.sessions.demo_password(Uuid::from_u128(at as u128 + 1)),
        })
        .collect()
}

fn users_grant(role: Role) -> crate::auth::grants::GrantInput {
    crate::auth::grants::GrantInput {
        role,
        group_id: None,
        service_id: None,
        body_id: None,
        consultation_id: None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    Nothing,
    Demo,
}

async fn what_is_there(settings: &Settings) -> Result<There, StartError> {
    let failed = |error: sea_orm::DbErr| StartError(format!("the database cannot be opened: {error}"));
    let store = Store::connect(&settings.database_url, 2).await.map_err(failed)?;
    let tables = store.tables().await.map_err(failed)?;
    let something_else =
        || StartError("this database holds something else; name another with --database-url".into());
    if tables.is_empty() {
        return Ok(There::Nothing);
    }
    // The look below reads this one; where it is not, no demo of this version was built.
    if !tables.iter().any(|table| table == "outcomes") {
        return Err(something_else());
    }
    let read = store
        .open_for_nobody()
        .read(async |tx| tx.demo_state(DOMAIN, REFERENCE, report::OUTCOMES as u64).await)
        .await?;
    match read {
        (0, 0, _) => Ok(There::Nothing),
        (_, 0, true) => Ok(There::Demo),
        (_, 0, false) => Err(StartError(
            "this database holds a demo that was not finished, or one of an earlier version; remove it (of SQLite the file and those beside it that end in \
             -wal and -shm), or name another with --database-url"
                .into(),
        )),
        _ => Err(something_else()),
    }
}

type Called = LocalBoxFuture<'static, Result<(StatusCode, Bytes), actix_web::Error>>;

/// Calls the service without a socket.
struct Caller {
    service: Box<dyn Fn(TestRequest) -> Called>,
}

impl Caller {
    async fn new(state: Data<State>) -> Self {
        let app = App::new()
            .app_data(state)
            .configure(|app| routes().register(app))
            .wrap(from_fn(trace));
        let service = Rc::new(init_service(app).await);
        let call = move |request: TestRequest| -> Called {
            let service = service.clone();
            Box::pin(async move {
                let response = service.call(request.to_request()).await?;
                Ok((response.status(), read_body(response).await))
            })
        };
        Self {
            service: Box::new(call),
        }
    }

    async fn call(
        &self,
        method: Method,
        token: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, StartError> {
        let mut request = TestRequest::with_uri(path).method(method);
        if !token.is_empty() {
            request = request.insert_header((header::AUTHORIZATION, format!("Bearer {token}")));
        }
        if let Some(body) = body {
            request = request.set_json(body);
        }
        self.send(request, path).await
    }

    async fn send(&self, request: TestRequest, path: &str) -> Result<Value, StartError> {
        let called = (self.service)(request).await;
        let (status, body) = called.map_err(|error| StartError(format!("{path}: {error}")))?;
        if !status.is_success() {
            return Err(StartError(format!(
                "{path}: {status}: {}",
                String::from_utf8_lossy(&body)
            )));
        }
        serde_json::from_slice(&body).map_err(|error| StartError(format!("{path}: {error}")))
    }

    async fn post(&self, token: &str, path: &str, body: Value) -> Result<Value, StartError> {
        self.call(Method::POST, token, path, Some(body)).await
    }

    /// Changes what is there, of this version.
    async fn patch(
        &self,
        token: &str,
        path: &str,
        version: &Value,
        body: Value,
    ) -> Result<Value, StartError> {
        let request = TestRequest::with_uri(path)
            .method(Method::PATCH)
            .insert_header((header::AUTHORIZATION, format!("Bearer {token}")))
            .insert_header((header::IF_MATCH, format!("\"{version}\"")))
            .set_json(body);
        self.send(request, path).await
    }

    async fn get(&self, token: &str, path: &str) -> Result<Value, StartError> {
        self.call(Method::GET, token, path, None).await
    }

    async fn sign_in(&self, account: &Account) -> Result<String, StartError> {
        let body = json!({"email": account.email, "password": account.password});
        Ok(text(
            &self.post("", "/v1/auth/sign-in", body).await?["access_token"],
        ))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Sebastiano Vigna's SplitMix64: a stream of numbers that is the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn id(&mut self) -> Uuid {
        uuid::Builder::from_custom_bytes(
            (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes(),
        )
        .into_uuid()
    }
}

/// Sentences of one question, shuffled and dealt again from the start when all have been said.
struct Deck {
    points: Vec<&'static Said>,
    dealt: usize,
}

impl Deck {
    fn new(script: &'static [Said], question: u16, numbers: &mut Numbers) -> Self {
        let mut points: Vec<_> = script.iter().filter(|said| said.question == question).collect();
        for at in (1..points.len()).rev() {
            points.swap(at, numbers.below(at as u64 + 1) as usize);
        }
        Self { points, dealt: 0 }
    }

    /// The next point by somebody who is `here`.
    fn deal(&mut self, here: impl Fn(RespondentGroup) -> bool) -> Option<&'static Said> {
        for step in 0..self.points.len() {
            let at = (self.dealt + step) % self.points.len();
            if here(self.points[at].by) {
                let dealt = self.dealt % self.points.len();
                self.points.swap(dealt, at);
                self.dealt += 1;
                return Some(self.points[dealt]);
            }
        }
        None
    }
}

/// What people meet for.
#[derive(Clone, Copy)]
struct Occasion<'a> {
    consultation: &'a str,
    round: &'a str,
    papers_sent_on: &'static str,
    /// The draft, as the agenda calls it.
    draft: &'static str,
    /// The section that each open question is about.
    sections: &'static [&'static str],
    /// Open questions before those for which time runs out.
    in_time: usize,
    /// Whether people living in services present their work beside it.
    presented: bool,
}

/// What was made of the network.
struct Built {
    /// The body that asks.
    body: String,
    steering: String,
    groups: Vec<String>,
    /// By region.
    services: Vec<Vec<String>>,
    round: String,
}

async fn build(caller: &Caller, accounts: &[Account]) -> Result<String, StartError> {
    let admin = caller.sign_in(&accounts[8]).await?;
    add_account(caller, &admin, &accounts[4], vec![json!({})]).await?;
    let lead = caller.sign_in(&accounts[4]).await?;
    let built = build_network(caller, &admin, &lead).await?;
    let consultation = build_consultation(caller, &lead, &built).await?;
    let restricted = restricted::begin(caller, &lead, &built).await?;
    let move_on = async |to: &str| {
        caller
            .post(
                &lead,
                &format!("/v1/consultations/{consultation}/status"),
                json!({"to": to}),
            )
            .await
    };
    move_on("open").await?;

    let both = || [&consultation, &restricted.consultation].map(|id| json!({"consultation_id": id}));
    for (account, scopes) in accounts.iter().zip([
        vec![json!({"group_id": built.groups[0]})],
        vec![json!({"service_id": built.services[0][0]})],
        both().to_vec(),
        both().to_vec(),
        vec![],
        vec![json!({})],
        vec![json!({"body_id": built.body})],
        vec![json!({})],
    ]) {
        if !scopes.is_empty() {
            add_account(caller, &admin, account, scopes).await?;
        }
    }
    say!("  accounts: {}", accounts.len());

    let mut numbers = Numbers(2019);
    let mut about: BTreeMap<String, &'static [&'static str]> = BTreeMap::new();
    let mut decks: Vec<_> = (1..=7)
        .map(|question| Deck::new(said::SAID, question, &mut numbers))
        .collect();
    let occasion = Occasion {
        consultation: &consultation,
        round: &built.round,
        papers_sent_on: "2019-09-04",
        draft: "Draft guidance: Managing a Healthy Weight (illustrative)",
        sections: &["4.1", "4.1", "4.2", "4.3", "4.4", "3", "1"],
        in_time: 4,
        presented: true,
    };
    let mut tables = 0;
    for (at, region) in REGIONS.iter().enumerate() {
        let seats: Vec<_> = (0..TABLES[at]).map(|_| seats(&mut numbers)).collect();
        let on = (at, region.meeting_on);
        let meeting = build_meeting(caller, &lead, &built, &occasion, on, &seats, &mut numbers).await?;
        for (table, seats) in seats.iter().enumerate() {
            let discussion = discussion(
                &occasion,
                (&meeting, on),
                (table, seats),
                &mut decks,
                &mut numbers,
                &mut about,
            );
            caller
                .post(
                    &lead,
                    &format!("/v1/consultations/{consultation}/discussions"),
                    discussion,
                )
                .await?;
            tables += 1;
        }
        say!(
            "  {}: {} tables, {} points so far",
            region.name,
            TABLES[at],
            about.len()
        );
    }
    let champions = build_responses(
        caller,
        &lead,
        &built,
        &occasion,
        &mut decks,
        &mut numbers,
        &mut about,
    )
    .await?;
    say!(
        "  tables: {tables}; champions' sheets: {champions}; points: {}",
        about.len()
    );
    let themes = build_codeframe(caller, &lead, &consultation, codeframe::THEMES).await?;
    let coder = caller.sign_in(&accounts[3]).await?;
    code(caller, &coder, &themes, about.iter()).await?;
    move_on("closed").await?;
    move_on("analysing").await?;
    restricted::build(caller, (&lead, &coder), &built, &restricted).await?;
    // Its last row is the last of all: by it a demo that was finished is told from one that was not (`what_is_there`).
    report::build(caller, &lead, &accounts[6], &built, &consultation).await?;
    Ok(lead)
}

async fn add_account(
    caller: &Caller,
    admin: &str,
    account: &Account,
    scopes: Vec<Value>,
) -> Result<(), StartError> {
    let mut grants = scopes;
    for grant in &mut grants {
        grant["role"] = json!(account.role);
    }
    let user =
        json!({"email": account.email, "name": account.name, "password": account.password, "grants": grants});
    caller.post(admin, "/v1/users", user).await.map(|_| ())
}

async fn build_network(caller: &Caller, admin: &str, lead: &str) -> Result<Built, StartError> {
    let crg = json!({"kind": "clinical_reference_group", "name": "Adult Secure Clinical Reference Group (illustrative)"});
    let body = text(&caller.post(admin, "/v1/bodies", crg).await?["id"]);
    let steering = json!({"kind": "steering_group", "name": "National Steering Group (illustrative)"});
    let steering = text(&caller.post(admin, "/v1/bodies", steering).await?["id"]);
    let (mut groups, mut services) = (Vec::new(), Vec::new());
    for region in REGIONS {
        let group = json!({"kind": "regional", "name": region.name, "nhs_region_code": region.nhs_region_code,
            "valid_from": "2012-04-01"});
        let group = text(&caller.post(admin, "/v1/groups", group).await?["id"]);
        let mut own = Vec::new();
        for service in region.services {
            let service = json!({"name": service.name, "provider": service.provider, "setting": service.setting,
                "group_id": group, "valid_from": "2012-04-01"});
            own.push(text(&caller.post(admin, "/v1/services", service).await?["id"]));
        }
        groups.push(group);
        services.push(own);
    }
    let count: usize = services.iter().map(Vec::len).sum();
    say!("  groups: {}; services: {count}", groups.len());
    let round = json!({"title": "September and October 2019 (illustrative)", "starts_on": "2019-09-01",
        "ends_on": "2019-10-31", "group_ids": groups, "status": "active"});
    let round = text(&caller.post(lead, "/v1/rounds", round).await?["id"]);
    Ok(Built {
        body,
        steering,
        groups,
        services,
        round,
    })
}

async fn build_consultation(caller: &Caller, lead: &str, built: &Built) -> Result<String, StartError> {
    let sections = [
        ("1", "Summary"),
        ("2", "Introduction"),
        ("3", "Workforce"),
        ("4.1", "Across the whole pathway"),
        ("4.2", "Before admission"),
        ("4.3", "Admission, care and treatment"),
        ("4.4", "Discharge and transition"),
        ("5", "Appendices"),
    ]
    .map(|(reference, title)| json!({"ref": reference, "title": title}));
    let questions = [
        (
            "What helps people keep a healthy weight here?",
            "What helps you stay a healthy weight?",
            vec!["4.1"],
        ),
        ("What gets in the way?", "What makes it hard?", vec!["4.1"]),
        (
            "What should happen before admission?",
            "What should happen before someone comes here?",
            vec!["4.2"],
        ),
        (
            "What should happen during admission, care and treatment?",
            "What should happen while someone is here?",
            vec!["4.3"],
        ),
        (
            "What should happen on discharge and transition?",
            "What should happen when someone leaves?",
            vec!["4.4"],
        ),
        ("What do staff need?", "What do staff need?", vec!["3"]),
        (
            "Is anything missing from, or wrong in, the draft?",
            "Is anything missing or wrong?",
            vec![],
        ),
    ];
    let questions: Vec<_> = questions
        .iter()
        .enumerate()
        .map(|(at, (prompt, easy, refs))| {
            json!({"number": at + 1, "prompt": prompt, "easy_read_prompt": easy, "kind": "open", "section_refs": refs})
        })
        .collect();
    let consultation = json!({
        "reference": REFERENCE,
        "title": "Managing a Healthy Weight in adult secure services (illustrative)",
        "kind": "guidance",
        "commissioned_by": built.body,
        "summary": "An illustration: draft guidance on managing a healthy weight in adult low and medium secure services, \
            discussed at tables of nine regional groups. Services, meetings and words are made up.",
        "easy_read_summary": "This is an example. Nobody said these things. It shows how views about healthy weight are \
            brought together.",
        "open_to_change": "Everything in the practice guidance, and what staff are expected to know and do.",
        "not_open_to_change": "That there will be guidance.",
        "opens_on": "2019-09-02",
        "closes_on": "2019-10-31",
        "response_due_on": "2020-01-23",
        "round_ids": [built.round],
        "group_ids": built.groups,
        "public": true,
        "documents": [{"title": "Draft guidance (illustrative)", "version": "0.3", "sections": sections}],
        "materials": [
            {"format": "standard", "title": "Draft guidance, version 0.3 (illustrative)", "supplied_on": "2019-08-20"},
            {"format": "easy_read", "title": "Easy-read summary of the draft (illustrative)", "supplied_on": "2019-08-27"},
        ],
        "questions": questions,
    });
    Ok(text(
        &caller.post(lead, "/v1/consultations", consultation).await?["id"],
    ))
}

/// Who sits at a table of five to seven, about half of them living in services.
fn seats(numbers: &mut Numbers) -> Map<String, Value> {
    let mut seats = Map::new();
    seats.insert("service_user".into(), json!(2 + numbers.below(3)));
    seats.insert("staff".into(), json!(2 + numbers.below(2)));
    if numbers.one_in(3) {
        seats.insert("family_carer".into(), json!(1));
    }
    if numbers.one_in(5) {
        seats.insert("commissioner".into(), json!(1));
    }
    if numbers.one_in(9) {
        seats.insert("other".into(), json!(1));
    }
    seats
}

fn seated(seats: &Map<String, Value>, who: RespondentGroup) -> u64 {
    seats.get(who.as_str()).and_then(Value::as_u64).unwrap_or(0)
}

async fn build_meeting(
    caller: &Caller,
    lead: &str,
    built: &Built,
    occasion: &Occasion<'_>,
    (at, on): (usize, &str),
    tables: &[Map<String, Value>],
    numbers: &mut Numbers,
) -> Result<String, StartError> {
    let (region, services): (&Region, _) = (&REGIONS[at], &built.services[at]);
    let mut attendance: BTreeMap<(usize, RespondentGroup), u64> = BTreeMap::new();
    let mut present = 0;
    // People sit with those of other services, so each chair is filled from the next service round the table.
    for who in RespondentGroup::ALL {
        for _ in 0..tables.iter().map(|seats| seated(seats, *who)).sum::<u64>() {
            *attendance.entry((present % services.len(), *who)).or_default() += 1;
            present += 1;
        }
    }
    let own_service =
        |who: RespondentGroup| matches!(who, RespondentGroup::ServiceUser | RespondentGroup::Staff);
    let attendance: Vec<_> = attendance
        .iter()
        .map(|((service, who), people)| match own_service(*who) {
            true => json!({"service_id": services[*service], "respondent_group": who, "people": people}),
            false => json!({"respondent_group": who, "people": people}),
        })
        .collect();
    let mut agenda =
        vec![json!({"kind": "lunch", "title": "Lunch", "minutes": 45, "people_present": present})];
    for title in region.presentations.iter().filter(|_| occasion.presented) {
        agenda.push(json!({"kind": "presentation", "title": title, "presented_by": ["service_user", "staff"], "minutes": 20}));
    }
    agenda.push(
        json!({"kind": "discussion", "title": occasion.draft, "consultation_id": occasion.consultation, "minutes": 60, "people_present": present}),
    );
    agenda.push(json!({"kind": "update", "title": "News from the network", "minutes": 15}));
    for (position, item) in agenda.iter_mut().enumerate() {
        item["position"] = json!(position + 1);
    }
    let venue = match region.venue {
        Venue::SecureUnit => json!({"kind": "secure_unit", "service_id": services[0]}),
        Venue::Community(name) => json!({"kind": "community", "name": name}),
    };
    let meeting = json!({
        "id": numbers.id(),
        "group_id": built.groups[at],
        "round_id": occasion.round,
        "starts_at": format!("{on}T12:00:00Z"),
        "ends_at": format!("{on}T14:30:00Z"),
        "venue": venue,
        "status": "held",
        "papers_sent_on": occasion.papers_sent_on,
        "tables": tables.len(),
        "attendance": attendance,
        "agenda": agenda,
    });
    Ok(text(&caller.post(lead, "/v1/meetings", meeting).await?["id"]))
}

fn discussion(
    occasion: &Occasion<'_>,
    (meeting, (region, on)): (&str, (usize, &str)),
    (table, seats): (usize, &Map<String, Value>),
    decks: &mut [Deck],
    numbers: &mut Numbers,
    about: &mut BTreeMap<String, &'static [&'static str]>,
) -> Value {
    let people: u64 = seats.values().filter_map(Value::as_u64).sum();
    let (mut contributions, mut not_discussed) = (Vec::new(), Vec::new());
    for (at, deck) in decks.iter_mut().enumerate() {
        // The last questions are those for which time runs out.
        if at >= occasion.in_time && numbers.one_in(9) {
            not_discussed.push(json!({"question": at + 1, "reason": "no_time"}));
            continue;
        }
        if numbers.one_in(40) {
            continue;
        }
        for _ in 0..1 + numbers.below(2) + u64::from(numbers.one_in(4)) {
            let Some(said) = deck.deal(|who| seated(seats, who) > 0) else {
                continue;
            };
            let id = numbers.id().to_string();
            let mut point = point(occasion, said, &id, numbers);
            if numbers.below(5) < 2 {
                let agree = 1 + numbers.below(people);
                let disagree = numbers.below(people - agree + 1);
                let unsure = numbers.below(people - agree - disagree + 1);
                point["hands"] = json!({"agree": agree, "disagree": disagree, "unsure": unsure});
            }
            if said.by == RespondentGroup::ServiceUser && numbers.below(10) < 7 {
                let settings: Vec<Setting> = REGIONS[region]
                    .services
                    .iter()
                    .map(|service| service.setting)
                    .collect();
                point["setting"] = json!(settings[numbers.below(settings.len() as u64) as usize]);
            }
            about.insert(id, said.themes);
            contributions.push(point);
        }
    }
    json!({
        "id": numbers.id(),
        "meeting_id": meeting,
        "table": format!("Table {}", table + 1),
        "minutes_given": 60,
        "recorded_at": format!("{on}T13:40:00Z"),
        "participants": seats,
        "not_discussed": not_discussed,
        "contributions": contributions,
    })
}

fn point(occasion: &Occasion<'_>, said: &Said, id: &str, numbers: &mut Numbers) -> Value {
    let quotable = numbers.below(10) < 6;
    let mut point = json!({
        "id": id,
        "question": said.question,
        "text": said.text,
        "respondent_group": said.by,
        "stance": said.stance,
        "quote_consent": if quotable { "quotable" } else { "not_quotable" },
    });
    if numbers.below(10) < 6 {
        point["section_ref"] = json!(occasion.sections[usize::from(said.question) - 1]);
    }
    if said.by == RespondentGroup::ServiceUser && numbers.one_in(6) {
        point["helped_by"] = json!(["staff", "advocate", "peer"][numbers.below(3) as usize]);
    }
    point
}

/// Champions' sheets: what others on the ward said, who could not be at the meeting.
async fn build_responses(
    caller: &Caller,
    lead: &str,
    built: &Built,
    occasion: &Occasion<'_>,
    decks: &mut [Deck],
    numbers: &mut Numbers,
    about: &mut BTreeMap<String, &'static [&'static str]>,
) -> Result<usize, StartError> {
    let mut sheets = 0;
    for (services, region) in built.services.iter().zip(REGIONS) {
        for (service, known) in services.iter().zip(region.services) {
            if !numbers.one_in(4) {
                continue;
            }
            let mut answers = Vec::new();
            for _ in 0..1 + numbers.below(3) {
                let deck = &mut decks[numbers.below(7) as usize];
                if let Some(said) = deck.deal(|who| who == RespondentGroup::ServiceUser) {
                    let id = numbers.id().to_string();
                    answers.push(point(occasion, said, &id, numbers));
                    about.insert(id, said.themes);
                }
            }
            let sheet = json!({
                "id": numbers.id(),
                "channel": "champion",
                "respondent_group": "service_user",
                "setting": known.setting,
                "service_id": service,
                "people_represented": 3 + numbers.below(7),
                "answers": answers,
            });
            caller
                .post(
                    lead,
                    &format!("/v1/consultations/{}/responses", occasion.consultation),
                    sheet,
                )
                .await?;
            sheets += 1;
        }
    }
    Ok(sheets)
}

/// Themes by their codes, all agreed.
async fn build_codeframe(
    caller: &Caller,
    lead: &str,
    consultation: &str,
    themes: &[codeframe::Theme],
) -> Result<BTreeMap<&'static str, String>, StartError> {
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    for theme in themes {
        let mut body = json!({"code": theme.code, "label": theme.label, "description": theme.description,
            "include": theme.include, "exclude": theme.exclude, "example": theme.example, "status": "agreed"});
        if let Some(parent) = theme.parent {
            body["parent_id"] = json!(ids.get(parent));
        }
        let theme_id = caller
            .post(lead, &format!("/v1/consultations/{consultation}/themes"), body)
            .await?;
        ids.insert(theme.code, text(&theme_id["id"]));
    }
    say!("  themes: {}", ids.len());
    Ok(ids)
}

async fn code<'p>(
    caller: &Caller,
    coder: &str,
    ids: &BTreeMap<&str, String>,
    points: impl ExactSizeIterator<Item = (&'p String, &'p &'static [&'static str])>,
) -> Result<(), StartError> {
    let all = points.len();
    for (done, (contribution, codes)) in points.enumerate() {
        let themes: Vec<_> = codes.iter().filter_map(|code| ids.get(code)).collect();
        let body = json!({"theme_ids": themes, "set_aside": null, "independent": false});
        caller
            .call(
                Method::PUT,
                coder,
                &format!("/v1/contributions/{contribution}/coding"),
                Some(body),
            )
            .await?;
        if (done + 1) % 200 == 0 || done + 1 == all {
            say!("  coded: {} of {all}", done + 1);
        }
    }
    Ok(())
}
