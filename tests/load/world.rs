//! A network, a consultation and its codeframe, made over HTTP, and what is done with each row.

use crate::{
    ADMIN,
    measure::{Http, Times, Wrong},
    rows::{GROUPS, QUESTIONS, Row, SEED, THEMES},
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::{cell::Cell, time::Instant};

/// What the commands that send every row over HTTP take.
pub struct Options {
    pub contributions: usize,
    pub callers: usize,
    pub seed: u64,
    pub database: Option<String>,
}

impl Options {
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Wrong> {
        let mut options = Self {
            contributions: 100_000,
            callers: 32,
            seed: SEED,
            database: None,
        };
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| format!("{word} wants a value"))?;
            match word.as_str() {
                "--contributions" => options.contributions = value.parse()?,
                "--callers" => options.callers = value.parse()?,
                "--seed" => options.seed = value.parse()?,
                "--database" => options.database = Some(value),
                _ => {
                    return Err(
                        format!("{word} is not known: --contributions --callers --seed --database").into(),
                    );
                }
            }
        }
        Ok(options)
    }
}

/// The network, the consultation and its codeframe.
pub struct World {
    pub lead: Http,
    /// A coder of the consultation, beside the lead.
    pub coder: Http,
    /// One of the steering group, who gets released figures only.
    pub steering: Http,
    pub consultation: String,
    /// By region.
    pub groups: Vec<String>,
    pub meetings: Vec<String>,
    pub themes: Vec<String>,
}

impl World {
    /// With so many themes that each are part of another, beside those of the rows.
    pub async fn new(base: &str, parts: usize) -> Result<Self, Wrong> {
        let admin = Http::sign_in(base, ADMIN).await?;
        let lead = ("lead@load.test", "another password for the load");
        let user = json!({"email": lead.0, "name": "Lead", "password": lead.1, "grants": [{"role": "national_lead"}]});
        admin.made("/v1/users", &user).await?;
        let lead = Http::sign_in(base, lead).await?;
        let steering = ("steering@load.test", "a third password for the load");
        let user = json!({"email": steering.0, "name": "Steering", "password": steering.1, "grants": [{"role": "steering_group"}]});
        admin.made("/v1/users", &user).await?;
        let steering = Http::sign_in(base, steering).await?;

        let body = json!({"kind": "commissioner", "name": "A commissioner"});
        let body = admin.made("/v1/bodies", &body).await?;
        let mut groups = Vec::new();
        for name in GROUPS {
            let group = json!({"kind": "regional", "name": name, "valid_from": "2010-01-01"});
            groups.push(admin.made("/v1/groups", &group).await?);
        }
        let round = json!({"title": "Spring 2026", "starts_on": "2026-01-01", "ends_on": "2026-04-30", "group_ids": groups});
        let round = lead.made("/v1/rounds", &round).await?;
        let mut meetings = Vec::new();
        for group in &groups {
            let meeting = json!({"group_id": group, "round_id": round, "starts_at": "2026-01-01T09:00:00Z",
                "ends_at": "2026-04-30T19:00:00Z", "venue": {"kind": "community", "name": "Hall"}, "status": "held"});
            meetings.push(lead.made("/v1/meetings", &meeting).await?);
        }
        let questions: Vec<_> = (1..=QUESTIONS)
            .map(|number| json!({"number": number, "prompt": format!("Question {number}?"), "kind": "open"}))
            .collect();
        let consultation = json!({"reference": "LOAD", "title": "A load", "kind": "plan", "commissioned_by": body,
            "summary": "Made rows.", "round_ids": [round], "group_ids": groups, "channels": ["meeting_discussion"],
            "questions": questions, "public": true});
        let consultation = lead.made("/v1/consultations", &consultation).await?;
        let open = json!({"to": "open"});
        lead.post(&format!("/v1/consultations/{consultation}/status"), &open)
            .await?
            .is(&[200, 201])?;
        let mut themes: Vec<String> = Vec::new();
        let at = format!("/v1/consultations/{consultation}/themes");
        for code in THEMES {
            let theme = json!({"code": code, "label": code, "status": "agreed"});
            themes.push(lead.made(&at, &theme).await?);
        }
        for (code, parent) in THEMES.iter().zip(themes.clone()).take(parts) {
            let (code, label) = (format!("{code}.nearby"), format!("{code} close to home"));
            let theme = json!({"code": code, "label": label, "status": "agreed", "parent_id": parent});
            themes.push(lead.made(&at, &theme).await?);
        }
        let coder = ("coder@load.test", "a fourth password for the load");
        let grant = json!({"role": "coder", "consultation_id": consultation});
        let user = json!({"email": coder.0, "name": "Coder", "password": coder.1, "grants": [grant]});
        admin.made("/v1/users", &user).await?;
        let coder = Http::sign_in(base, coder).await?;
        Ok(Self {
            lead,
            coder,
            steering,
            consultation,
            groups,
            meetings,
            themes,
        })
    }

    /// The same on a service that was started again on the same database.
    pub fn at_base(self, base: &str) -> Self {
        Self {
            lead: self.lead.at_base(base),
            coder: self.coder.at_base(base),
            steering: self.steering.at_base(base),
            ..self
        }
    }

    pub fn at(&self, rest: &str) -> String {
        format!("/v1/consultations/{}{rest}", self.consultation)
    }

    /// A row is one discussion of one contribution, which has the row's id.
    pub fn discussion(&self, row: &Row) -> Value {
        json!({
            "meeting_id": self.meetings[row.region], "recorded_at": row.recorded_at,
            "contributions": [{
                "id": row.id, "question": row.question, "text": row.text, "respondent_group": row.respondent_group(),
                "setting": row.setting(), "stance": row.stance(),
                "hands": {"agree": row.agree, "disagree": row.disagree, "unsure": row.unsure},
            }],
        })
    }

    pub async fn submit(&self, row: &Row) -> Result<(), Wrong> {
        self.lead
            .post(&self.at("/discussions"), &self.discussion(row))
            .await?
            .is(&[201])
    }

    pub async fn code(&self, coder: &Http, row: &Row, themes: &[usize]) -> Result<(), Wrong> {
        let themes: Vec<_> = themes.iter().map(|theme| &self.themes[*theme]).collect();
        let path = format!("/v1/contributions/{}/coding", row.id);
        coder
            .put(&path, &json!({"theme_ids": themes, "independent": true}))
            .await?
            .is(&[200, 201])
    }

    pub async fn look_at(&self, row: &Row) -> Result<(), Wrong> {
        let path = format!("/v1/contributions/{}", row.id);
        self.lead.get(&path, None).await?.is(&[200])
    }

    /// Does something with each of the first `rows`, `callers` at once.
    pub async fn all(
        &self,
        options: &Options,
        rows: usize,
        what: &str,
        act: impl AsyncFn(&Row) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        let next = Cell::new(0);
        let began = Instant::now();
        let callers = (0..options.callers).map(async |_| {
            let mut times = Vec::new();
            loop {
                let at = next.replace(next.get() + 1);
                if at >= rows {
                    return Ok::<_, Wrong>(times);
                }
                let row = Row::new(options.seed, at as u64);
                let began = Instant::now();
                act(&row).await?;
                times.push(began.elapsed());
            }
        });
        let mut times = Vec::new();
        for of_caller in join_all(callers).await {
            times.extend(of_caller?);
        }
        let rate = rows as f64 / began.elapsed().as_secs_f64();
        println!("{what:<52} {rate:>9.0} a second   {}", Times(times));
        Ok(())
    }
}
