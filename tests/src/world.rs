//! A small network and a consultation, made over HTTP as admins, leads and facilitators make them.

use crate::{answer::Answer, caller::Caller, service::Service};
use serde_json::{Value, json};
use std::{
    cell::Cell,
    sync::atomic::{AtomicU64, Ordering},
};

/// Three regional groups with their services, a round, and a meeting of each group that was held.
pub struct World {
    pub service: Service,
    pub admin: Caller,
    pub lead: Caller,
    /// The clinical reference group that commissions.
    pub body: String,
    /// London, with the services `a1` (low secure) and `a2` (medium secure).
    pub a: String,
    pub a1: String,
    pub a2: String,
    /// North West, with `b1` (low secure).
    pub b: String,
    pub b1: String,
    /// Yorkshire, with `c1` (high secure).
    pub c: String,
    pub c1: String,
    pub round: String,
    pub meeting_a: String,
    pub meeting_b: String,
    pub meeting_c: String,
    references: Cell<u32>,
}

/// An id as a caller may choose it.
pub fn new_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!(
        "6f9619ff-8b86-4d01-b42d-{:012x}",
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

/// `base` with the fields of `extra` in place of its own; a field that is null in `extra` is left out.
pub fn merged(base: Value, extra: Value) -> Value {
    let (Value::Object(mut fields), Value::Object(extra)) = (base, extra) else {
        panic!("objects are wanted")
    };
    for (name, value) in extra {
        if value.is_null() {
            fields.remove(&name);
        } else {
            fields.insert(name, value);
        }
    }
    Value::Object(fields)
}

impl World {
    /// Starts a service and makes the network.
    pub async fn start() -> Self {
        let service = Service::start().await;
        let admin = service.admin().await;
        let lead = service.user_by(&admin, json!([{"role": "national_lead"}])).await;
        let made = async |path: &str, body: Value| admin.post(path, body).await.expect(201).id();
        let body = made(
            "/v1/bodies",
            json!({"kind": "clinical_reference_group", "name": "Adult secure services"}),
        )
        .await;
        let group = async |name: &str| {
            made(
                "/v1/groups",
                json!({"kind": "regional", "name": name, "valid_from": "2010-01-01"}),
            )
            .await
        };
        let (a, b, c) = (
            group("London").await,
            group("North West").await,
            group("Yorkshire").await,
        );
        let in_group = async |name: &str, group: &str, setting: &str| {
            let service = json!({"name": name, "provider": "A trust", "setting": setting, "group_id": group,
                "valid_from": "2010-01-01"});
            made("/v1/services", service).await
        };
        let a1 = in_group("Ash Ward", &a, "low_secure").await;
        let a2 = in_group("Birch Unit", &a, "medium_secure").await;
        let b1 = in_group("Cedar House", &b, "low_secure").await;
        let c1 = in_group("Elm Hospital", &c, "high_secure").await;
        let round = json!({"title": "Autumn 2019", "starts_on": "2019-09-01", "ends_on": "2019-10-31",
            "group_ids": [a, b, c], "status": "active"});
        let round = lead.post("/v1/rounds", round).await.expect(201).id();
        let mut world = Self {
            service,
            admin,
            lead,
            body,
            a,
            a1,
            a2,
            b,
            b1,
            c,
            c1,
            round,
            meeting_a: String::new(),
            meeting_b: String::new(),
            meeting_c: String::new(),
            references: Cell::new(0),
        };
        world.meeting_a = world.meeting(&world.a, json!({})).await;
        world.meeting_b = world.meeting(&world.b, json!({})).await;
        world.meeting_c = world.meeting(&world.c, json!({})).await;
        world
    }

    /// A meeting of a group that was held.
    pub fn meeting_body(&self, group: &str) -> Value {
        json!({"group_id": group, "round_id": self.round,
            "starts_at": "2019-10-03T10:00:00Z", "ends_at": "2019-10-03T15:00:00Z",
            "venue": {"kind": "community", "name": "Town hall"}, "status": "held"})
    }

    /// Makes a meeting.
    pub async fn meeting(&self, group: &str, extra: Value) -> String {
        self.lead
            .post("/v1/meetings", merged(self.meeting_body(group), extra))
            .await
            .expect(201)
            .id()
    }

    /// A second round of the same groups.
    pub async fn another_round(&self) -> String {
        let round = json!({"title": "Spring 2020", "starts_on": "2020-02-01", "ends_on": "2020-03-31",
            "group_ids": [self.a, self.b, self.c], "status": "planned"});
        self.lead.post("/v1/rounds", round).await.expect(201).id()
    }

    /// A consultation with an open question, one with a single choice, an `agreement` and one with several choices.
    pub fn consultation_body(&self) -> Value {
        self.references.set(self.references.get() + 1);
        json!({"reference": format!("MHW-{}", self.references.get()),
            "title": "Managing a Healthy Weight in adult secure services", "kind": "guidance",
            "commissioned_by": self.body, "summary": "A draft of guidance on food, weight and movement.",
            "opens_on": "2019-09-02", "closes_on": "2019-10-31",
            "round_ids": [self.round], "group_ids": [self.a, self.b, self.c],
            "channels": ["meeting_discussion", "champion", "survey_online", "survey_paper", "written"],
            "public": true,
            "documents": [{"title": "Draft guidance", "version": "0.3", "sections": [
                {"ref": "4.3", "title": "Admission, care and treatment"}, {"ref": "4.4", "title": "Food"}]}],
            "questions": [
                {"number": 1, "prompt": "What helps people keep a healthy weight here?", "kind": "open",
                    "section_refs": ["4.3"]},
                {"number": 2, "prompt": "Is the draft clear?", "kind": "single_choice",
                    "options": ["yes", "partly", "no"]},
                {"number": 3, "prompt": "Takeaways should be limited.", "kind": "agreement"},
                {"number": 4, "prompt": "What would you use?", "kind": "multiple_choice",
                    "options": ["gym", "garden", "kitchen"]}]})
    }

    /// Makes a consultation; it is a draft.
    pub async fn draft(&self, extra: Value) -> Answer {
        self.lead
            .post("/v1/consultations", merged(self.consultation_body(), extra))
            .await
            .expect(201)
    }

    /// Makes a consultation and opens it.
    pub async fn open(&self, extra: Value) -> String {
        let id = self.draft(extra).await.id();
        self.move_to(&id, "open").await.ok();
        id
    }

    /// Asks for a step in a consultation's life.
    pub async fn move_to(&self, consultation: &str, to: &str) -> Answer {
        self.lead
            .post(
                format!("/v1/consultations/{consultation}/status"),
                json!({"to": to}),
            )
            .await
    }

    /// A table of a meeting, with one point.
    pub fn discussion_body(&self, meeting: &str) -> Value {
        json!({"meeting_id": meeting, "table": "Table 1",
            "contributions": [{"question": 1, "text": "More walks in the grounds would help."}]})
    }

    /// Posts a table's notes as the lead.
    pub async fn discussion(&self, consultation: &str, meeting: &str, extra: Value) -> Answer {
        let body = merged(self.discussion_body(meeting), extra);
        self.lead
            .post(format!("/v1/consultations/{consultation}/discussions"), body)
            .await
            .expect(201)
    }

    /// A response with one point, of nobody's group.
    pub fn response_body(&self) -> Value {
        json!({"channel": "survey_online", "respondent_group": "service_user",
            "answers": [{"question": 1, "text": "Cook with us."}]})
    }

    /// Posts a response as the lead.
    pub async fn response(&self, consultation: &str, extra: Value) -> Answer {
        let body = merged(self.response_body(), extra);
        self.lead
            .post(format!("/v1/consultations/{consultation}/responses"), body)
            .await
            .expect(201)
    }

    /// Adds a theme to the codeframe.
    pub async fn theme(&self, consultation: &str, code: &str, extra: Value) -> String {
        let mut label: Vec<char> = code.chars().collect();
        label[0] = label[0].to_ascii_uppercase();
        let body = json!({"code": code, "label": label.into_iter().collect::<String>(), "status": "agreed"});
        self.lead
            .post(
                format!("/v1/consultations/{consultation}/themes"),
                merged(body, extra),
            )
            .await
            .expect(201)
            .id()
    }

    /// Codes a contribution as the lead.
    pub async fn code(&self, contribution: &str, themes: &[&str]) {
        let body = json!({"theme_ids": themes});
        self.lead
            .put(format!("/v1/contributions/{contribution}/coding"), body)
            .await
            .ok();
    }

    /// The collation as the lead sees it.
    pub async fn collation(&self, consultation: &str, query: &str) -> Value {
        let path = format!("/v1/consultations/{consultation}/collation{query}");
        self.lead.get(path).await.expect(200).json
    }

    /// Tables of three groups and a survey, coded: enough that some counts are shown, and few enough that most are not.
    pub async fn told(&self, extra: Value) -> (String, Vec<String>) {
        let consultation = self.open(merged(json!({"group_ids": []}), extra)).await;
        let food = self.theme(&consultation, "food", json!({})).await;
        let walks = self.theme(&consultation, "walks", json!({})).await;
        let mut said = Vec::new();
        for (at, meeting) in [&self.meeting_a, &self.meeting_a, &self.meeting_b, &self.meeting_c]
            .into_iter()
            .enumerate()
        {
            let points: Vec<_> = (0..6)
            .map(|point| {
                json!({"question": 1, "text": format!("Point {point} of table {at}."), "respondent_group":
                    if point < 4 { "service_user" } else { "staff" }, "stance": "suggests", "setting": "low_secure",
                    "quote_consent": if point == 0 { "quotable" } else { "not_quotable" }})
            })
            .collect();
            let extra = json!({"table": format!("Table {at}"), "contributions": points,
            "tallies": [{"question": 3, "counts": {"agree": 5, "disagree": 1, "unsure": 0}}],
            "participants": {"service_user": 6, "staff": 2}});
            said.extend(contribution_ids(
                &self.discussion(&consultation, meeting, extra).await,
            ));
        }
        for (at, group) in [&self.a, &self.b, &self.b].into_iter().enumerate() {
            let extra = json!({"group_id": group, "respondent_group": if at == 0 { "family_carer" } else { "service_user" }});
            said.extend(contribution_ids(&self.response(&consultation, extra).await));
        }
        for (at, id) in said.iter().enumerate() {
            let themes: &[&str] = if at % 3 == 0 { &[&food, &walks] } else { &[&food] };
            self.code(id, themes).await;
        }
        (consultation, said)
    }

    /// Somebody with one grant.
    pub async fn user(&self, grant: Value) -> Caller {
        self.service.user_by(&self.admin, json!([grant])).await
    }

    /// A facilitator of a group.
    pub async fn facilitator(&self, group: &str) -> Caller {
        self.user(json!({"role": "facilitator", "group_id": group})).await
    }
}

/// The ids of the contributions that an answer shows, in its order.
pub fn contribution_ids(answer: &Answer) -> Vec<String> {
    let list = ["contributions", "answers"]
        .iter()
        .find_map(|name| answer.json[*name].as_array());
    let list = list.unwrap_or_else(|| panic!("{}: no contributions in {}", answer.asked, answer.text()));
    list.iter()
        .filter_map(|one| one["id"].as_str().map(ToOwned::to_owned))
        .collect()
}
