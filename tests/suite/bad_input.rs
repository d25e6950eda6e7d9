//! Bad input on every route that writes: a problem that says where, and nothing stored.

use actix_web::http::Method;
use serde_json::{Value, json};
use tests::{Answer, Ask, Caller, World, new_id, world::contribution_ids};

/// A write that would be taken, and what can be broken in it.
struct Write {
    method: &'static str,
    /// As it stands in the route table.
    route: &'static str,
    path: String,
    caller: Caller,
    version: Option<i64>,
    body: Value,
    /// Texts, by pointer, with the longest that is taken.
    texts: Vec<(&'static str, usize)>,
    /// Values of other types: an array where each stands is the wrong type.
    others: Vec<&'static str>,
}

const PROSE: usize = 10_000;
const TITLE: usize = 300;
const NOTE: usize = 1_000;
const MARK: usize = 100;

/// Routes that take no JSON: a form, a file (what comes in those is tried in `nasty_files`), and nothing at all.
const NO_JSON: [&str; 4] = [
    "/v1/auth/token",
    "/v1/consultations/{id}/imports",
    "/v1/imports/{id}/cancel",
    "/v1/consultations/{id}/codeframe/freeze",
];

/// Every write route of the service that takes JSON.
async fn writes(world: &World) -> Vec<Write> {
    let draft = world.draft(json!({})).await;
    let id = world.open(json!({})).await;
    let notes = world.discussion(&id, &world.meeting_a, json!({})).await;
    let said = contribution_ids(&notes).remove(0);
    let response = world.response(&id, json!({"service_id": world.a1})).await;
    let answer = contribution_ids(&response).remove(0);
    let theme = world.theme(&id, "walks", json!({})).await;
    let other = world.theme(&id, "food", json!({})).await;
    let national = json!({"kind": "national", "name": "Everywhere", "valid_from": "2010-01-01"});
    let national = world.admin.post("/v1/groups", national).await.expect(201).id();
    let somebody = world.service.user_by(&world.admin, json!([])).await;
    let client = world.service.client_by(&world.admin, json!([])).await;
    let (admin, lead) = (&world.admin, &world.lead);
    let stranger = &world.service.stranger();
    let here = format!("/v1/consultations/{id}");

    let mut writes = Vec::new();
    let mut add = |method: &'static str,
                   route: &'static str,
                   path: String,
                   caller: &Caller,
                   body: Value,
                   texts: &[(&'static str, usize)],
                   others: &[&'static str]| {
        writes.push(Write {
            method,
            route,
            path,
            caller: caller.clone(),
            version: (method == "PATCH").then_some(1),
            body,
            texts: texts.to_vec(),
            others: others.to_vec(),
        });
    };

    let sign_in = json!({"email": "nobody@collate.test", "password": "not the password"});
    add(
        "POST",
        "/v1/auth/sign-in",
        "/v1/auth/sign-in".into(),
        stranger,
        sign_in,
        &[],
        &["/email", "/password"],
    );
    let sign_out = json!({"refresh_token": "never given"});
    add(
        "POST",
        "/v1/auth/sign-out",
        "/v1/auth/sign-out".into(),
        stranger,
        sign_out,
        &[],
        &["/refresh_token"],
    );
    let user = json!({"email": "one@collate.test", "name": "One", "password": "long enough it is",
        "grants": [{"role": "facilitator", "group_id": world.a}]});
    add(
        "POST",
        "/v1/users",
        "/v1/users".into(),
        admin,
        user,
        &[("/name", TITLE)],
        &["/email", "/password", "/grants/0/role", "/grants/0/group_id"],
    );
    let grant = json!({"role": "facilitator", "group_id": world.a});
    add(
        "POST",
        "/v1/users/{id}/grants",
        format!("/v1/users/{}/grants", somebody.id),
        admin,
        grant,
        &[],
        &["/role", "/group_id"],
    );

    let of_consultation = json!({"role": "collector", "consultation_id": id});
    add(
        "POST",
        "/v1/api-clients",
        "/v1/api-clients".into(),
        admin,
        json!({"name": "A machine", "grants": [of_consultation]}),
        &[("/name", TITLE)],
        &["/grants/0/role", "/grants/0/consultation_id"],
    );
    add(
        "POST",
        "/v1/api-clients/{id}/grants",
        format!("/v1/api-clients/{}/grants", client.id),
        admin,
        of_consultation,
        &[],
        &["/role", "/consultation_id"],
    );
    add(
        "POST",
        "/v1/api-clients/{id}/secrets",
        format!("/v1/api-clients/{}/secrets", client.id),
        admin,
        json!({"overlap_seconds": 60}),
        &[],
        &["/overlap_seconds"],
    );

    let body = json!({"kind": "sub_group", "name": "A body"});
    add(
        "POST",
        "/v1/bodies",
        "/v1/bodies".into(),
        admin,
        body.clone(),
        &[("/name", TITLE)],
        &["/kind"],
    );
    add(
        "PATCH",
        "/v1/bodies/{id}",
        format!("/v1/bodies/{}", world.body),
        admin,
        body,
        &[("/name", TITLE)],
        &["/kind"],
    );

    let group = json!({"kind": "national", "name": "A group", "nhs_region_code": "Y56", "valid_from": "2019-01-01",
        "status": "paused", "status_reason": "No facilitator"});
    let texts = [
        ("/name", TITLE),
        ("/nhs_region_code", MARK),
        ("/status_reason", PROSE),
    ];
    let others = ["/kind", "/valid_from", "/status"];
    add(
        "POST",
        "/v1/groups",
        "/v1/groups".into(),
        admin,
        group.clone(),
        &texts,
        &others,
    );
    add(
        "PATCH",
        "/v1/groups/{id}",
        format!("/v1/groups/{national}"),
        admin,
        group,
        &texts,
        &others,
    );

    let service = json!({"name": "A service", "provider": "A trust", "ods_code": "RX4", "setting": "mixed",
        "group_id": world.a, "valid_from": "2019-01-01"});
    let (texts, others) = (
        [("/name", TITLE), ("/provider", TITLE)],
        ["/setting", "/group_id", "/valid_from", "/ods_code"],
    );
    add(
        "POST",
        "/v1/services",
        "/v1/services".into(),
        admin,
        service.clone(),
        &texts,
        &others,
    );
    add(
        "PATCH",
        "/v1/services/{id}",
        format!("/v1/services/{}", world.c1),
        admin,
        service,
        &texts,
        &others,
    );

    let round = json!({"title": "Winter", "starts_on": "2020-01-01", "ends_on": "2020-02-01", "group_ids": [world.a],
        "status": "planned"});
    let others = ["/starts_on", "/ends_on", "/group_ids/0", "/status"];
    add(
        "POST",
        "/v1/rounds",
        "/v1/rounds".into(),
        lead,
        round.clone(),
        &[("/title", TITLE)],
        &others,
    );
    add(
        "PATCH",
        "/v1/rounds/{id}",
        format!("/v1/rounds/{}", world.round),
        lead,
        round,
        &[("/title", TITLE)],
        &others,
    );

    let meeting = json!({"group_id": world.c, "round_id": world.round,
        "starts_at": "2019-10-03T10:00:00Z", "ends_at": "2019-10-03T15:00:00Z",
        "venue": {"kind": "community", "name": "Town hall"}, "status": "cancelled", "status_reason": "Snow",
        "public": false, "papers_sent_on": "2019-09-20", "tables": 3, "access_needs": {"loop": "yes"},
        "attendance": [{"service_id": world.a1, "respondent_group": "staff", "people": 3}],
        "agenda": [{"position": 1, "kind": "lunch", "title": "Lunch", "presented_by": ["staff"], "minutes": 30}]});
    let texts = [
        ("/venue/name", TITLE),
        ("/status_reason", PROSE),
        ("/agenda/0/title", TITLE),
        ("/access_needs/loop", TITLE),
    ];
    let others = [
        "/group_id",
        "/starts_at",
        "/venue/kind",
        "/public",
        "/papers_sent_on",
        "/tables",
        "/attendance/0/people",
        "/attendance/0/respondent_group",
        "/agenda/0/position",
        "/agenda/0/presented_by/0",
    ];
    add(
        "POST",
        "/v1/meetings",
        "/v1/meetings".into(),
        lead,
        meeting.clone(),
        &texts,
        &others,
    );
    add(
        "PATCH",
        "/v1/meetings/{id}",
        format!("/v1/meetings/{}", world.meeting_c),
        lead,
        meeting,
        &texts,
        &others,
    );

    let consultation = tests::merged(
        world.consultation_body(),
        json!({
        "disclosure_policy": "mhsds-5", "easy_read_summary": "Short.", "open_to_change": "Takeaways.", "not_open_to_change": "The law.",
        "materials": [{"format": "easy_read", "title": "Food", "url": "https://example.org"}]}),
    );
    let texts = [
        ("/title", TITLE),
        ("/summary", PROSE),
        ("/easy_read_summary", PROSE),
        ("/open_to_change", PROSE),
        ("/not_open_to_change", PROSE),
        ("/documents/0/title", TITLE),
        ("/documents/0/sections/1/title", TITLE),
        ("/documents/0/version", MARK),
        ("/materials/0/title", TITLE),
        ("/materials/0/url", PROSE),
        ("/questions/0/prompt", PROSE),
        ("/questions/1/options/0", MARK),
    ];
    let others = [
        "/kind",
        "/commissioned_by",
        "/opens_on",
        "/round_ids/0",
        "/group_ids/1",
        "/channels/0",
        "/public",
        "/disclosure_policy",
        "/questions/0/number",
        "/questions/1/kind",
        "/materials/0/format",
    ];
    add(
        "POST",
        "/v1/consultations",
        "/v1/consultations".into(),
        lead,
        consultation.clone(),
        &texts,
        &others,
    );
    let patched = tests::merged(consultation, json!({"reference": "PATCHED"}));
    add(
        "PATCH",
        "/v1/consultations/{id}",
        format!("/v1/consultations/{}", draft.id()),
        lead,
        patched,
        &texts,
        &others,
    );
    let status = json!({"to": "withdrawn", "reason": "Given up", "overrides": [{"group_id": world.a, "reason": "Snow"}]});
    add(
        "POST",
        "/v1/consultations/{id}/status",
        format!("{here}/status"),
        lead,
        status,
        &[("/reason", PROSE), ("/overrides/0/reason", PROSE)],
        &["/to", "/overrides/0/group_id"],
    );

    let point = json!({"question": 1, "text": "Walks.", "respondent_group": "service_user", "stance": "supports",
        "hands": {"agree": 1}, "verbatim": true, "quote_consent": "quotable", "section_ref": "4.3",
        "setting": "low_secure", "helped_by": "peer",
        "concern": {"raised_on": "2019-10-03", "passed_to": "The ward's safeguarding lead"}});
    let with_points = |points: Value| {
        json!({"meeting_id": world.meeting_a, "table": "Table 1", "sitting": 1,
        "minutes_given": 10, "recorded_at": "2019-10-03T13:40:00Z", "participants": {"service_user": 5},
        "not_discussed": [{"question": 4, "reason": "no_time"}], "tallies": [{"question": 3, "counts": {"agree": 2}}],
        "contributions": points})
    };
    let texts = [
        ("/table", MARK),
        ("/contributions/0/text", PROSE),
        ("/contributions/0/concern/passed_to", TITLE),
    ];
    let others = [
        "/meeting_id",
        "/sitting",
        "/minutes_given",
        "/recorded_at",
        "/participants/service_user",
        "/not_discussed/0/question",
        "/not_discussed/0/reason",
        "/tallies/0/counts/agree",
        "/contributions/0/question",
        "/contributions/0/stance",
        "/contributions/0/hands/agree",
        "/contributions/0/verbatim",
        "/contributions/0/helped_by",
        "/contributions/0/section_ref",
        "/contributions/0/concern/raised_on",
    ];
    add(
        "POST",
        "/v1/consultations/{id}/discussions",
        format!("{here}/discussions"),
        lead,
        with_points(json!([point])),
        &texts,
        &others,
    );
    let kept = tests::merged(point.clone(), json!({"id": said}));
    add(
        "PATCH",
        "/v1/discussions/{id}",
        format!("/v1/discussions/{}", notes.id()),
        lead,
        with_points(json!([kept])),
        &texts,
        &others,
    );
    let of_point = [
        "/question",
        "/stance",
        "/hands/agree",
        "/verbatim",
        "/quote_consent",
        "/setting",
        "/section_ref",
        "/concern/raised_on",
    ];
    add(
        "PATCH",
        "/v1/contributions/{id}",
        format!("/v1/contributions/{said}"),
        lead,
        point,
        &[("/text", PROSE), ("/concern/passed_to", TITLE)],
        &of_point,
    );

    let with_answers = |first: Value| {
        json!({"channel": "survey_online", "respondent_group": "staff",
        "setting": "not_recorded", "service_id": world.a1, "people_represented": 2, "information_sheet_version": "2",
        "answers": [first, {"question": 2, "choice": "yes"}, {"question": 4, "choices": ["gym"]}]})
    };
    let first = json!({"question": 1, "text": "Food.", "quote_consent": "quotable", "stance": "suggests"});
    let texts = [("/information_sheet_version", MARK), ("/answers/0/text", PROSE)];
    let others = [
        "/channel",
        "/respondent_group",
        "/setting",
        "/service_id",
        "/people_represented",
        "/answers/0/question",
        "/answers/0/stance",
        "/answers/1/choice",
        "/answers/2/choices/0",
    ];
    add(
        "POST",
        "/v1/consultations/{id}/responses",
        format!("{here}/responses"),
        lead,
        with_answers(first.clone()),
        &texts,
        &others,
    );
    let kept = tests::merged(first, json!({"id": answer}));
    add(
        "PATCH",
        "/v1/responses/{id}",
        format!("/v1/responses/{}", response.id()),
        lead,
        with_answers(kept),
        &texts,
        &others,
    );
    add(
        "POST",
        "/v1/consultations/{id}/contributions/search",
        format!("{here}/contributions/search"),
        lead,
        json!({"text": "walks", "question": ["1"]}),
        &[("/text", TITLE)],
        &["/question"],
    );

    let body =
        json!({"cuts": [{"rows": "stance", "columns": "group"}], "note": "For the meeting in January."});
    add(
        "POST",
        "/v1/consultations/{id}/releases",
        format!("{here}/releases"),
        lead,
        body,
        &[("/note", PROSE)],
        &["/cuts"],
    );

    let body = json!({"code": "staffing", "label": "Staffing", "description": "People at work", "include": "Numbers",
        "exclude": "Pay", "example": "Too few", "question": 1, "status": "agreed"});
    let texts = [
        ("/code", MARK),
        ("/label", TITLE),
        ("/description", PROSE),
        ("/include", PROSE),
        ("/exclude", PROSE),
        ("/example", PROSE),
    ];
    let others = ["/question", "/status"];
    add(
        "POST",
        "/v1/consultations/{id}/themes",
        format!("{here}/themes"),
        lead,
        body.clone(),
        &texts,
        &others,
    );
    add(
        "PATCH",
        "/v1/consultations/{id}/themes/{theme_id}",
        format!("{here}/themes/{theme}"),
        lead,
        body,
        &texts,
        &others,
    );
    add(
        "POST",
        "/v1/consultations/{id}/themes/{theme_id}/merge",
        format!("{here}/themes/{theme}/merge"),
        lead,
        json!({"into": other}),
        &[],
        &["/into"],
    );
    add(
        "POST",
        "/v1/consultations/{id}/themes/{theme_id}/split",
        format!("{here}/themes/{theme}/split"),
        lead,
        json!({"into": [{"code": "meals", "label": "Meals", "description": "All that is eaten"},
            {"code": "shop", "label": "Shop"}], "reason": "Two matters"}),
        &[
            ("/into/0/code", MARK),
            ("/into/0/label", TITLE),
            ("/into/0/description", PROSE),
            ("/reason", PROSE),
        ],
        &["/into", "/into/0/code", "/into/1/label"],
    );
    let coding =
        json!({"theme_ids": [], "set_aside": {"reason": "Not about the draft"}, "independent": true});
    add(
        "PUT",
        "/v1/contributions/{id}/coding",
        format!("/v1/contributions/{said}/coding"),
        lead,
        coding,
        &[("/set_aside/reason", PROSE)],
        &["/theme_ids", "/set_aside", "/independent"],
    );
    let release = json!({"cuts": [{"rows": "theme", "columns": "group"}], "note": "For the board",
        "quotes": [{"contribution_id": said, "reason": "Said everywhere"}]});
    add(
        "POST",
        "/v1/consultations/{id}/releases",
        format!("{here}/releases"),
        lead,
        release,
        &[("/note", PROSE), ("/quotes/0/reason", PROSE)],
        &["/cuts/0/rows", "/cuts/0/columns", "/quotes/0/contribution_id"],
    );
    add(
        "POST",
        "/v1/contributions/{id}/clearance",
        format!("/v1/contributions/{said}/clearance"),
        lead,
        json!({"replace": [{"start": 0, "end": 4, "with": "Some"}]}),
        &[],
        &["/replace/0/start", "/replace/0/end", "/replace/0/with"],
    );
    add(
        "POST",
        "/v1/contributions/{id}/adjudication",
        format!("/v1/contributions/{said}/adjudication"),
        lead,
        json!({"theme_ids": [], "reason": "Of another matter."}),
        &[],
        &["/reason", "/theme_ids"],
    );
    add(
        "POST",
        "/v1/consultations/{id}/coding-queue/claims",
        format!("{here}/coding-queue/claims"),
        lead,
        json!({"independent": false, "limit": 3, "question": 1}),
        &[],
        &["/independent", "/limit", "/question"],
    );
    add(
        "POST",
        "/v1/consultations/{id}/double-coding",
        format!("{here}/double-coding"),
        lead,
        json!({"share": 0.5, "seed": 1}),
        &[],
        &["/share", "/seed"],
    );
    add(
        "POST",
        "/v1/contributions/{id}/withdrawal",
        format!("/v1/contributions/{said}/withdrawal"),
        lead,
        json!({"scope": "quote", "asked_by": "speaker"}),
        &[],
        &["/scope", "/asked_by"],
    );
    add(
        "POST",
        "/v1/withdrawals",
        "/v1/withdrawals".into(),
        stranger,
        json!({"receipt": "0000-0000-0000-0000", "scope": "all"}),
        &[],
        &["/receipt", "/scope"],
    );
    add(
        "POST",
        "/v1/meetings/{id}/slips",
        format!("/v1/meetings/{}/slips", world.meeting_a),
        lead,
        json!({"count": 2}),
        &[],
        &["/count"],
    );
    add(
        "POST",
        "/v1/meetings/{id}/slips.html",
        format!("/v1/meetings/{}/slips.html", world.meeting_a),
        lead,
        json!({"count": 2}),
        &[],
        &["/count"],
    );
    let input = json!({"to": ["has_issues"], "label": "Two on one sheet"});
    let reason = lead
        .post("/v1/review-reasons", input.clone())
        .await
        .expect(201)
        .id();
    let fields = &["/to/0"];
    let label = &[("/label", TITLE)];
    add(
        "POST",
        "/v1/review-reasons",
        "/v1/review-reasons".into(),
        lead,
        input.clone(),
        label,
        fields,
    );
    add(
        "PATCH",
        "/v1/review-reasons/{id}",
        format!("/v1/review-reasons/{reason}"),
        lead,
        input,
        label,
        fields,
    );
    let review = json!({"to": "has_issues", "reason_id": reason, "note": "On the back."});
    let note = &[("/note", NOTE)];
    let fields = &["/to", "/reason_id"];
    for (route, of) in [
        (
            "/v1/discussions/{id}/review",
            format!("discussions/{}", notes.id()),
        ),
        (
            "/v1/responses/{id}/review",
            format!("responses/{}", response.id()),
        ),
    ] {
        let path = format!("/v1/{of}/review");
        add("POST", route, path, lead, review.clone(), note, fields);
    }
    let mut many = review;
    many["discussion_ids"] = json!([notes.id()]);
    many["response_ids"] = json!([response.id()]);
    add(
        "POST",
        "/v1/consultations/{id}/reviews",
        format!("{here}/reviews"),
        lead,
        many,
        note,
        &["/to", "/reason_id", "/discussion_ids/0", "/response_ids/0"],
    );
    let (asked, _) = world.told(json!({})).await;
    world.move_to(&asked, "closed").await.ok();
    let report = lead
        .post(format!("/v1/consultations/{asked}/reports"), json!({}))
        .await
        .expect(201)
        .id();
    add(
        "POST",
        "/v1/consultations/{id}/reports",
        format!("/v1/consultations/{asked}/reports"),
        lead,
        json!({"release_id": new_id()}),
        &[],
        &["/release_id"],
    );
    add(
        "PATCH",
        "/v1/reports/{id}",
        format!("/v1/reports/{report}"),
        lead,
        json!({"commentary": {"foreword": "Thank you.", "what_happens_next": "The body meets.",
            "easy_read": [{"text": "We asked.", "picture": "talk", "picture_alt": "People talk"}],
            "sections": [{"section_ref": "4.3", "summary": "Clear.", "suggestions": ["Shorter."]}]}}),
        &[
            ("/commentary/foreword", PROSE),
            ("/commentary/what_happens_next", PROSE),
            ("/commentary/easy_read/0/text", NOTE),
            ("/commentary/easy_read/0/picture_alt", TITLE),
            ("/commentary/sections/0/summary", PROSE),
            ("/commentary/sections/0/suggestions/0", PROSE),
        ],
        &[
            "/commentary/easy_read/0/picture",
            "/commentary/sections/0/section_ref",
        ],
    );
    add(
        "POST",
        "/v1/reports/{id}/publish",
        format!("/v1/reports/{report}/publish"),
        lead,
        json!({"uncoded_reason": "It came late."}),
        &[("/uncoded_reason", PROSE)],
        &[],
    );
    add(
        "POST",
        "/v1/reports/{id}/retract",
        format!("/v1/reports/{report}/retract"),
        lead,
        json!({"reason": "A table was wrong."}),
        &[("/reason", PROSE)],
        &[],
    );
    add(
        "POST",
        "/v1/reports/{id}/deliveries",
        format!("/v1/reports/{report}/deliveries"),
        lead,
        json!({"body_id": world.body, "meeting_on": "2019-11-12", "minute_ref": "4.2"}),
        &[("/minute_ref", MARK)],
        &["/body_id", "/meeting_on"],
    );
    add(
        "POST",
        "/v1/reports/{id}/media",
        format!("/v1/reports/{report}/media"),
        lead,
        json!({"kind": "video", "title": "The report as a film", "url": "https://example.org/film"}),
        &[("/title", TITLE)],
        &["/kind", "/url"],
    );
    let outcome = json!({"section_ref": "4.3", "decision": "accepted", "reason": "It helps.", "easy_read": "Yes.",
        "decided_on": "2019-11-14", "decided_by": "Adult secure services", "document_version": "1.0",
        "source_url": "https://example.org/guidance"});
    add(
        "POST",
        "/v1/consultations/{id}/outcomes",
        format!("/v1/consultations/{asked}/outcomes"),
        lead,
        outcome,
        &[
            ("/reason", PROSE),
            ("/easy_read", PROSE),
            ("/decided_by", TITLE),
            ("/document_version", MARK),
        ],
        &["/decision", "/decided_on", "/section_ref", "/source_url"],
    );
    add(
        "POST",
        "/v1/receipts/look-up",
        "/v1/receipts/look-up".into(),
        stranger,
        json!({"receipt": "0000-0000-0000-0000"}),
        &[],
        &["/receipt"],
    );
    writes
}

impl Write {
    async fn send(&self, body: impl Into<Vec<u8>>) -> Answer {
        let ask = Ask::new(
            Method::from_bytes(self.method.as_bytes()).unwrap(),
            self.path.clone(),
        );
        let ask = ask.body("application/json", body);
        self.caller
            .send(match self.version {
                Some(version) => ask.version(version),
                None => ask,
            })
            .await
    }

    fn with(&self, pointer: &str, value: Value) -> String {
        let mut body = self.body.clone();
        *body
            .pointer_mut(pointer)
            .unwrap_or_else(|| panic!("{} has no {pointer}", self.route)) = value;
        body.to_string()
    }
}

/// Everything that is stored, as far as anybody can see it.
async fn stored(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    for list in [
        "bodies",
        "groups",
        "services",
        "rounds",
        "meetings",
        "consultations",
    ] {
        all.extend(world.lead.all(&format!("/v1/{list}")).await);
    }
    let consultations = world.lead.all("/v1/consultations").await;
    for consultation in consultations {
        let here = format!("/v1/consultations/{}", consultation["id"].as_str().unwrap());
        for list in ["discussions", "responses", "contributions", "themes"] {
            all.extend(world.lead.all(&format!("{here}/{list}")).await);
        }
        all.push(world.collation(consultation["id"].as_str().unwrap(), "").await);
    }
    for list in ["users", "api-clients"] {
        all.extend(world.admin.all(&format!("/v1/{list}")).await);
    }
    all.iter().map(Value::to_string).collect()
}

#[actix_web::test]
async fn the_table_has_every_write_route() {
    let world = World::start().await;
    let known = writes(&world).await;
    let routes = collate::routes::routes();
    let missing: Vec<_> = routes
        .all()
        .iter()
        .map(|endpoint| {
            (
                serde_json::to_value(&endpoint.method)
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .to_uppercase(),
                endpoint.path,
            )
        })
        .filter(|(method, path)| method != "GET" && method != "DELETE" && !NO_JSON.contains(path))
        .filter(|(method, path)| {
            !known
                .iter()
                .any(|write| write.method == method && write.route == *path)
        })
        .collect();
    assert!(missing.is_empty(), "no bad input is tried on {missing:?}");
}

#[actix_web::test]
async fn what_is_not_json_is_400() {
    let world = World::start().await;
    let writes = writes(&world).await;
    let before = stored(&world).await;
    for write in &writes {
        let whole = write.body.to_string();
        let cut = whole.as_bytes()[..whole.len() - 1].to_vec();
        let not_utf8 = [b"{\"a\":\"".as_slice(), &[0xff, 0xfe], b"\"}"].concat();
        let cases = [
            cut,
            b"{'a': 1}".to_vec(),
            b"".to_vec(),
            b"nothing".to_vec(),
            not_utf8,
            format!("{whole}{whole}").into_bytes(),
        ];
        for body in cases {
            // An empty body is sent as one that is there and empty.
            let body = if body.is_empty() { b" ".to_vec() } else { body };
            write.send(body).await.problem(400, "malformed-json");
        }
    }
    assert_eq!(stored(&world).await, before);
}

#[actix_web::test]
async fn another_media_type_is_415_everywhere() {
    let world = World::start().await;
    for write in writes(&world).await {
        let ask = Ask::new(
            Method::from_bytes(write.method.as_bytes()).unwrap(),
            write.path.clone(),
        )
        .version(1);
        let ask = ask.body("text/plain", write.body.to_string());
        write
            .caller
            .send(ask)
            .await
            .problem(415, "unsupported-media-type");
    }
}

#[actix_web::test]
async fn what_is_not_an_object_is_422() {
    let world = World::start().await;
    let writes = writes(&world).await;
    let before = stored(&world).await;
    for write in &writes {
        for body in ["[]", "null", "7", "\"text\"", "[{}]"] {
            write.send(body).await.problem(422, "invalid");
        }
    }
    assert_eq!(stored(&world).await, before);
}

#[actix_web::test]
async fn an_unknown_field_is_422_and_named() {
    let world = World::start().await;
    let writes = writes(&world).await;
    let before = stored(&world).await;
    for write in &writes {
        for name in ["surprise", "created_by", "received_at"] {
            let mut body = write.body.clone();
            body[name] = json!(1);
            let answer = write.send(body.to_string()).await.problem(422, "invalid");
            assert_eq!(answer.pointers(), [format!("/{name}")], "{}", answer.asked);
            assert_eq!(
                answer.json["errors"][0]["code"], "unknown-field",
                "{}",
                answer.asked
            );
        }
    }
    assert_eq!(stored(&world).await, before);
}

#[actix_web::test]
async fn an_unknown_field_deep_inside_is_422_and_named() {
    let world = World::start().await;
    let writes = writes(&world).await;
    for write in &writes {
        for part in [
            "/grants/0",
            "/venue",
            "/attendance/0",
            "/agenda/0",
            "/questions/1",
            "/documents/0/sections/0",
            "/materials/0",
            "/overrides/0",
            "/contributions/0",
            "/contributions/0/hands",
            "/tallies/0",
            "/not_discussed/0",
            "/answers/1",
            "/set_aside",
        ] {
            let mut body = write.body.clone();
            let Some(object) = body.pointer_mut(part) else {
                continue;
            };
            object["surprise"] = json!(1);
            let answer = write.send(body.to_string()).await.problem(422, "invalid");
            let pointers = answer.pointers();
            assert_eq!(
                pointers,
                [format!("{part}/surprise")],
                "{}\n{}",
                answer.asked,
                answer.text()
            );
        }
    }
}

#[actix_web::test]
async fn a_wrong_type_is_422_and_named() {
    let world = World::start().await;
    let writes = writes(&world).await;
    let before = stored(&world).await;
    for write in &writes {
        let texts = write.texts.iter().map(|(pointer, _)| *pointer);
        for pointer in texts.chain(write.others.iter().copied()) {
            for wrong in [json!([[1]]), json!({"a": {"b": 1}}), json!(1.5)] {
                // A list of lists is wrong wherever a list may stand, too; an access need may be a number.
                if pointer == "/access_needs/loop" && wrong.is_number() {
                    continue;
                }
                let answer = write.send(write.with(pointer, wrong.clone())).await;
                assert_eq!(
                    answer.status,
                    422,
                    "{pointer} as {wrong}: {}\n{}",
                    answer.asked,
                    answer.text()
                );
                let named = answer.pointers();
                let here = named
                    .iter()
                    .any(|named| named.starts_with(pointer) || pointer.starts_with(named.as_str()));
                assert!(
                    here && !named.is_empty(),
                    "{pointer} as {wrong}: {}\n{}",
                    answer.asked,
                    answer.text()
                );
            }
        }
    }
    assert_eq!(stored(&world).await, before);
}

#[actix_web::test]
async fn a_text_that_is_blank_too_long_or_has_control_characters_is_422_and_named() {
    let world = World::start().await;
    let writes = writes(&world).await;
    let before = stored(&world).await;
    for write in &writes {
        for (pointer, most) in &write.texts {
            let cases = [
                ("too-long", "ä".repeat(most + 1)),
                ("control-character", "a\u{0}b".into()),
                ("control-character", "a\u{7}b".into()),
                ("control-character", "a\u{85}b".into()),
                ("blank", String::new()),
                ("blank", " \t\n\u{a0}\u{3000} ".into()),
            ];
            for (code, text) in cases {
                let answer = write
                    .send(write.with(pointer, json!(text)))
                    .await
                    .problem(422, "invalid");
                let named = answer.json["errors"].as_array().unwrap();
                let fault = named
                    .iter()
                    .find(|fault| fault["pointer"] == *pointer && fault["code"] == code);
                assert!(
                    fault.is_some(),
                    "{code} at {pointer}: {}\n{}",
                    answer.asked,
                    answer.text()
                );
            }
        }
    }
    assert_eq!(stored(&world).await, before);
}

#[actix_web::test]
async fn all_broken_rules_are_named_at_once() {
    let world = World::start().await;
    let writes = writes(&world).await;
    let before = stored(&world).await;
    for write in writes.iter().filter(|write| write.texts.len() > 1) {
        let mut body = write.body.clone();
        for (at, (pointer, most)) in write.texts.iter().enumerate() {
            let text = ["  ".to_owned(), "a\u{1}b".into(), "x".repeat(most + 1)][at % 3].clone();
            *body.pointer_mut(pointer).unwrap() = json!(text);
        }
        let answer = write.send(body.to_string()).await.problem(422, "invalid");
        for (pointer, _) in &write.texts {
            assert!(
                answer.pointers().iter().any(|named| named == pointer),
                "{pointer}: {}\n{}",
                answer.asked,
                answer.text()
            );
        }
    }
    assert_eq!(stored(&world).await, before);
}

#[actix_web::test]
async fn a_stale_or_missing_version_changes_nothing_anywhere() {
    let world = World::start().await;
    let writes = writes(&world).await;
    let before = stored(&world).await;
    for write in writes.iter().filter(|write| write.method == "PATCH") {
        let ask = Ask::new(Method::PATCH, write.path.clone()).json(&write.body);
        write
            .caller
            .send(ask.clone())
            .await
            .problem(428, "version-missing");
        let stale = write
            .caller
            .send(ask.clone().version(99))
            .await
            .problem(412, "stale-version");
        assert_eq!(stale.etag(), "\"1\"", "{}", stale.asked);
        // Whatever else is wrong with it.
        write
            .caller
            .send(
                Ask::new(Method::PATCH, write.path.clone())
                    .version(99)
                    .json(&json!({"surprise": 1})),
            )
            .await
            .problem(412, "stale-version");
    }
    assert_eq!(stored(&world).await, before);
}

#[actix_web::test]
async fn what_is_named_and_not_there_is_a_problem() {
    let world = World::start().await;
    let before = stored(&world).await;
    let nowhere = new_id();
    for (method, path, body) in [
        (
            "POST",
            format!("/v1/users/{nowhere}/grants"),
            json!({"role": "auditor"}),
        ),
        (
            "PATCH",
            format!("/v1/bodies/{nowhere}"),
            json!({"name": "Another"}),
        ),
        (
            "PATCH",
            format!("/v1/groups/{nowhere}"),
            json!({"name": "Another"}),
        ),
        (
            "PATCH",
            format!("/v1/services/{nowhere}"),
            json!({"name": "Another"}),
        ),
    ] {
        let ask = Ask::of(method, path).version(1).json(&body);
        world.admin.send(ask).await.problem(404, "not-found");
    }
    for (method, path, body) in [
        (
            "PATCH",
            format!("/v1/rounds/{nowhere}"),
            json!({"title": "Another"}),
        ),
        ("PATCH", format!("/v1/meetings/{nowhere}"), json!({"tables": 1})),
        (
            "PATCH",
            format!("/v1/consultations/{nowhere}"),
            json!({"title": "Another"}),
        ),
        (
            "POST",
            format!("/v1/consultations/{nowhere}/status"),
            json!({"to": "open"}),
        ),
        (
            "POST",
            format!("/v1/contributions/{nowhere}/clearance"),
            json!({"clear": true}),
        ),
        (
            "POST",
            format!("/v1/contributions/{nowhere}/adjudication"),
            json!({"theme_ids": [], "reason": "Of another matter."}),
        ),
        (
            "POST",
            format!("/v1/consultations/{nowhere}/coding-queue/claims"),
            json!({}),
        ),
        (
            "POST",
            format!("/v1/consultations/{nowhere}/double-coding"),
            json!({"share": 0.5, "seed": 1}),
        ),
        (
            "POST",
            format!("/v1/contributions/{nowhere}/withdrawal"),
            json!({"scope": "all", "asked_by": "speaker"}),
        ),
        (
            "POST",
            format!("/v1/meetings/{nowhere}/slips"),
            json!({"count": 1}),
        ),
        (
            "POST",
            format!("/v1/consultations/{nowhere}/discussions"),
            world.discussion_body(&world.meeting_a),
        ),
        (
            "POST",
            format!("/v1/consultations/{nowhere}/responses"),
            world.response_body(),
        ),
        (
            "POST",
            format!("/v1/consultations/{nowhere}/themes"),
            json!({"code": "a", "label": "A"}),
        ),
        (
            "PATCH",
            format!("/v1/discussions/{nowhere}"),
            json!({"table": "Table 2"}),
        ),
        (
            "PATCH",
            format!("/v1/responses/{nowhere}"),
            json!({"respondent_group": "staff"}),
        ),
        (
            "PATCH",
            format!("/v1/contributions/{nowhere}"),
            json!({"text": "Another"}),
        ),
        (
            "PUT",
            format!("/v1/contributions/{nowhere}/coding"),
            json!({"theme_ids": []}),
        ),
    ] {
        let ask = Ask::of(method, path).version(1).json(&body);
        world.lead.send(ask).await.problem(404, "not-found");
    }
    assert_eq!(stored(&world).await, before);
}

#[actix_web::test]
async fn odd_values_are_refused_where_they_stand() {
    let world = World::start().await;
    let meeting = |extra: Value| tests::merged(world.meeting_body(&world.a), extra);
    let bad = [
        (meeting(json!({"starts_at": "2019-10-03"})), "/starts_at"),
        (meeting(json!({"starts_at": "yesterday"})), "/starts_at"),
        (
            meeting(json!({"papers_sent_on": "2019-02-30"})),
            "/papers_sent_on",
        ),
        (
            meeting(json!({"papers_sent_on": "2019-10-03T12:00:00Z"})),
            "/papers_sent_on",
        ),
        (meeting(json!({"tables": -1})), "/tables"),
        (meeting(json!({"tables": 100_001})), "/tables"),
        (meeting(json!({"tables": 99_999_999_999_u64})), "/tables"),
        (meeting(json!({"group_id": "london"})), "/group_id"),
        (meeting(json!({"status": "postponed"})), "/status"),
        (
            meeting(json!({"attendance": [{"respondent_group": "patient", "people": 1}]})),
            "/attendance/0/respondent_group",
        ),
        (
            meeting(json!({"attendance": [{"respondent_group": "staff", "people": -1}]})),
            "/attendance/0/people",
        ),
        (
            meeting(json!({"attendance": [{"respondent_group": "staff"}]})),
            "/attendance/0/people",
        ),
        (meeting(json!({"round_id": new_id()})), "/round_id"),
        (
            meeting(json!({"agenda": [{"position": 0, "kind": "lunch", "title": "Lunch"}]})),
            "/agenda/0/position",
        ),
    ];
    for (body, pointer) in bad {
        world.lead.post("/v1/meetings", body).await.faults(&[pointer]);
    }
    for email in ["nobody", "a b@collate.test", "", "a\u{0}@collate.test"] {
        let user = json!({"email": email, "name": "One", "password": "long enough it is", "grants": []});
        world.admin.post("/v1/users", user).await.faults(&["/email"]);
    }
    let short = json!({"email": "one@collate.test", "name": "One", "password": "too short", "grants": []});
    world.admin.post("/v1/users", short).await.faults(&["/password"]);
}

#[actix_web::test]
async fn an_array_is_no_object_however_deep_it_stands() {
    let world = World::start().await;
    world
        .admin
        .post("/v1/bodies", json!(["commissioner", "By position"]))
        .await
        .faults(&[""]);
    let id = world.open(json!({})).await;
    let path = format!("/v1/consultations/{id}/discussions");
    for (part, pointer) in [
        (
            json!({"contributions": [[null, null, "By position"]]}),
            "/contributions/0",
        ),
        (
            json!({"contributions": [{"text": "One point", "hands": [4, 1, 0]}]}),
            "/contributions/0/hands",
        ),
        (
            json!({"contributions": [], "not_discussed": [[1, "no_time"]]}),
            "/not_discussed/0",
        ),
        (
            json!({"contributions": [], "tallies": [[2, {"yes": 1}]]}),
            "/tallies/0",
        ),
    ] {
        let mut body = part;
        body["meeting_id"] = json!(world.meeting_a);
        world.lead.post(&path, body).await.faults(&[pointer]);
    }
    let stored = world.lead.get(&path).await.expect(200);
    assert_eq!(stored.json["items"], json!([]));
}

#[actix_web::test]
async fn a_zero_byte_anywhere_is_no_fault_of_the_service() {
    let world = World::start().await;
    let stranger = world.service.stranger();
    let sign_in = stranger
        .post(
            "/v1/auth/sign-in",
            json!({"email": "a\u{0}b", "password": "a\u{0}b"}),
        )
        .await;
    assert!([401, 422].contains(&sign_in.status), "{}", sign_in.text());
    stranger
        .post("/v1/auth/sign-out", json!({"refresh_token": "a\u{0}b"}))
        .await;
    let id = world.open(json!({})).await;
    for path in [
        "collation?theme=%00",
        "collation?section=a%00b",
        "contributions?theme=a%00b",
        "contributions?cursor=%00",
    ] {
        world
            .lead
            .get(format!("/v1/consultations/{id}/{path}"))
            .await
            .expect(400);
    }
    let needs = json!({"access_needs": {"a\u{0}b": true, "loop": "a\u{0}b"}});
    let meeting = tests::merged(world.meeting_body(&world.a), needs);
    world
        .lead
        .post("/v1/meetings", meeting)
        .await
        .problem(422, "invalid");
    let tally = json!({"tallies": [{"question": 2, "counts": {"a\u{0}b": 1}}]});
    let notes = tests::merged(world.discussion_body(&world.meeting_a), tally);
    world
        .lead
        .post(format!("/v1/consultations/{id}/discussions"), notes)
        .await
        .problem(422, "invalid");
    let choice = json!({"answers": [{"question": 2, "choice": "a\u{0}b"}]});
    let response = tests::merged(world.response_body(), choice);
    world
        .lead
        .post(format!("/v1/consultations/{id}/responses"), response)
        .await
        .problem(422, "invalid");
}

#[actix_web::test]
async fn an_instant_beyond_the_years_that_can_be_written_is_refused_and_harms_no_list() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let tables = format!("/v1/consultations/{id}/discussions");
    let meeting = format!("/v1/meetings/{}", world.meeting_a);
    let meetings = world.lead.get("/v1/meetings").await.expect(200).ids();
    // In UTC the one lies before the year 0 and the other after 9999.
    for instant in ["0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-00:01"] {
        let body = tests::merged(world.meeting_body(&world.a), json!({"starts_at": instant}));
        world
            .lead
            .post("/v1/meetings", body)
            .await
            .faults(&["/starts_at"]);
        world
            .lead
            .patch(&meeting, 1, json!({"starts_at": instant}))
            .await
            .faults(&["/starts_at"]);
        let notes = tests::merged(
            world.discussion_body(&world.meeting_a),
            json!({"recorded_at": instant}),
        );
        world.lead.post(&tables, notes).await.faults(&["/recorded_at"]);
    }
    assert_eq!(world.lead.get("/v1/meetings").await.expect(200).ids(), meetings);
    assert_eq!(world.lead.get(&meeting).await.expect(200).version(), 1);
    assert!(world.lead.get(&tables).await.expect(200).items().is_empty());
    let contributions = format!("/v1/consultations/{id}/contributions");
    assert!(world.lead.get(contributions).await.expect(200).items().is_empty());
}
