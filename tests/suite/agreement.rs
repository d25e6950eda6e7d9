//! How far coders agree, asked over HTTP.

use serde_json::{Value, json};
use tests::{Caller, World, new_id, world::contribution_ids};

struct Coded {
    world: World,
    id: String,
    /// Points of twelve tables, one each.
    points: Vec<String>,
    coders: Vec<Caller>,
}

impl Coded {
    /// Twelve tables and three coders; nothing is coded yet.
    async fn new() -> Self {
        let world = World::start().await;
        let id = world.open(json!({})).await;
        let mut points = Vec::new();
        for table in 0..12 {
            let name = json!({"table": format!("Table {table}")});
            let notes = world.discussion(&id, &world.meeting_a, name).await;
            points.extend(contribution_ids(&notes));
        }
        let mut coders = Vec::new();
        for _ in 0..3 {
            coders.push(world.user(json!({"role": "coder", "consultation_id": id})).await);
        }
        Self {
            world,
            id,
            points,
            coders,
        }
    }

    async fn code(&self, coder: usize, point: usize, body: Value) {
        let path = format!("/v1/contributions/{}/coding", self.points[point]);
        self.coders[coder].put(path, body).await.expect(200);
    }

    async fn alone(&self, coder: usize, point: usize, themes: &[&str]) {
        self.code(coder, point, json!({"theme_ids": themes, "independent": true}))
            .await;
    }

    async fn agreement(&self, query: &str) -> Value {
        let path = format!("/v1/consultations/{}/agreement{query}", self.id);
        self.world.lead.get(path).await.expect(200).json
    }
}

fn on<'a>(agreement: &'a Value, code: &str) -> &'a Value {
    let themes = agreement["themes"].as_array().unwrap();
    themes.iter().find(|theme| theme["code"] == code).unwrap()
}

fn near(theme: &Value, figure: &str, expected: f64) {
    let found = theme[figure].as_f64().unwrap();
    assert!(
        (found - expected).abs() < 1e-9,
        "{figure}: {found} is not {expected}"
    );
}

#[actix_web::test]
async fn two_coders_agree_as_the_textbooks_count() {
    let coded = Coded::new().await;
    let world = &coded.world;
    let food = world.theme(&coded.id, "food", json!({})).await;
    let dinner = world.theme(&coded.id, "dinner", json!({"parent_id": food})).await;
    let walks = world.theme(&coded.id, "walks", json!({})).await;
    world.theme(&coded.id, "never", json!({})).await;
    // Dinner: both at four tables, each alone at one, neither at six; there both see walks, but at the last set it aside.
    for point in 0..11 {
        let (one, other) = match point {
            0..4 => (&dinner, &dinner),
            4 => (&dinner, &walks),
            5 => (&walks, &dinner),
            _ => (&walks, &walks),
        };
        coded.alone(0, point, &[one]).await;
        coded.alone(1, point, &[other]).await;
    }
    for coder in 0..2 {
        let aside =
            json!({"theme_ids": [], "set_aside": {"reason": "Of another matter."}, "independent": true});
        coded.code(coder, 11, aside).await;
    }
    // Who was shown what others saw is no second opinion.
    coded
        .code(2, 0, json!({"theme_ids": [walks], "independent": false}))
        .await;

    let found = coded.agreement("").await;
    assert_eq!((&found["double_coded"], &found["base"]), (&json!(12), &json!(12)));
    let mut coders = [coded.coders[0].id.clone(), coded.coders[1].id.clone()];
    coders.sort();
    assert_eq!(
        found["coders"],
        json!([{"id": coders[0], "n": 12}, {"id": coders[1], "n": 12}])
    );
    assert_eq!(
        found["bootstrap"],
        json!({"seed": 1, "resamples": 1000, "clusters": 12, "draws": 12})
    );
    let codes: Vec<_> = found["themes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|theme| &theme["code"])
        .collect();
    assert_eq!(codes, ["dinner", "food", "never", "walks"]);
    // The parent is wherever its sub-theme is.
    for code in ["dinner", "food"] {
        let theme = on(&found, code);
        near(theme, "kappa", (120.0 - 74.0) / (144.0 - 74.0));
        near(
            theme,
            "alpha",
            1.0 - 23.0 * 4.0 / (24.0 * 24.0 - 10.0 * 10.0 - 14.0 * 14.0),
        );
        near(theme, "percent", 10.0 / 12.0);
        near(theme, "both_positive", 0.8);
        near(theme, "prevalence", 10.0 / 24.0);
        assert_eq!((&theme["n"], theme.get("undefined")), (&json!(12), None));
        let [low, high] = [0, 1].map(|at| theme["interval"][at].as_f64().unwrap());
        let alpha = theme["alpha"].as_f64().unwrap();
        assert!(
            -1.0 <= low && low < alpha && alpha < high && high <= 1.0,
            "{low} {high}"
        );
    }
    let never = on(&found, "never");
    let no = "no-variation";
    assert_eq!(
        never["undefined"],
        json!({"alpha": no, "kappa": no, "interval": no, "both_positive": "never-used"})
    );
    assert_eq!(
        (&never["alpha"], &never["percent"], &never["prevalence"]),
        (&Value::Null, &json!(1.0), &json!(0.0))
    );

    // Drawn again from the seed that it names, it is the same.
    let again = coded.agreement("?seed=1").await;
    assert_eq!(again["themes"], found["themes"]);
    assert_eq!(
        coded.agreement("?seed=4294967295").await["bootstrap"]["seed"],
        u32::MAX
    );

    // One who takes their coding back has said nothing; a third opinion makes three pairs of it.
    coded.code(1, 0, json!({"theme_ids": []})).await;
    for point in 1..4 {
        coded.alone(2, point, &[&dinner]).await;
    }
    let found = coded.agreement("").await;
    assert_eq!(found["double_coded"], 11);
    let theme = on(&found, "dinner");
    // Seventeen pairs: nine of the three tables that three saw alike, two that differ, six without.
    near(theme, "percent", 15.0 / 17.0);
    near(theme, "both_positive", 18.0 / 20.0);
    near(theme, "prevalence", 11.0 / 25.0);
    // 25 values, 11 of them there; the pairs of three weigh half as much.
    near(
        theme,
        "alpha",
        1.0 - 24.0 * 4.0 / (25.0 * 25.0 - 11.0 * 11.0 - 14.0 * 14.0),
    );
}

#[actix_web::test]
async fn without_two_opinions_there_is_no_agreement_and_coders_are_not_told() {
    let coded = Coded::new().await;
    let walks = coded.world.theme(&coded.id, "walks", json!({})).await;
    let nothing = "nothing-double-coded";
    let found = coded.agreement("").await;
    assert_eq!((&found["double_coded"], &found["base"]), (&json!(0), &json!(12)));
    assert_eq!(
        on(&found, "walks")["undefined"],
        json!({"alpha": nothing, "kappa": nothing, "percent": nothing, "both_positive": nothing, "prevalence": nothing,
            "interval": nothing})
    );
    for point in 0..3 {
        coded.alone(0, point, &[&walks]).await;
        coded.alone(1, point, &[&walks]).await;
    }
    let found = coded.agreement("?question=1").await;
    let few = on(&found, "walks");
    assert_eq!((&few["percent"], &few["interval"]), (&json!(1.0), &Value::Null));
    let none = coded.agreement("?question=none").await;
    assert_eq!((&none["double_coded"], &none["base"]), (&json!(0), &json!(0)));
    assert_eq!(none["filters"], json!({"question": ["none"]}));

    let path = format!("/v1/consultations/{}/agreement", coded.id);
    coded.coders[2].get(&path).await.problem(403, "forbidden");
    let facilitator = coded.world.facilitator(&coded.world.a).await;
    facilitator.get(&path).await.problem(403, "forbidden");
    let lead = &coded.world.lead;
    lead.get(format!("/v1/consultations/{}/agreement", new_id()))
        .await
        .problem(404, "not-found");
    for query in [
        "?seed=-1",
        "?seed=x",
        "?question=99",
        "?shape=round",
        "?theme=walks",
    ] {
        lead.get(format!("{path}{query}")).await.expect(400);
    }
}

#[actix_web::test]
async fn where_coders_differ_a_lead_decides_and_says_why() {
    let coded = Coded::new().await;
    let world = &coded.world;
    let food = world.theme(&coded.id, "food", json!({})).await;
    let walks = world.theme(&coded.id, "walks", json!({})).await;
    let path = format!("/v1/contributions/{}/adjudication", coded.points[0]);
    let decision = json!({"theme_ids": [walks], "reason": "It speaks of the grounds."});
    world
        .lead
        .post(&path, decision.clone())
        .await
        .problem(409, "not-coded");
    coded.alone(0, 0, &[&food]).await;
    coded.alone(1, 0, &[&walks]).await;
    let counts = async || {
        let collation = world.collation(&coded.id, "").await;
        let question = &collation["questions"][0];
        let themes: Vec<_> = question["themes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|theme| theme["code"].clone())
            .collect();
        (
            question["unadjudicated"]["value"].clone(),
            themes,
            question["set_aside"]["value"].clone(),
        )
    };
    assert_eq!(counts().await, (json!(1), vec![json!("food")], json!(0)));

    let decided = world.lead.post(&path, decision.clone()).await.expect(200).json;
    assert_eq!(
        (
            &decided["adjudication"],
            &decided["theme_ids"],
            &decided["independent"]
        ),
        (
            &json!({"reason": "It speaks of the grounds."}),
            &json!([walks]),
            &json!(false)
        )
    );
    assert_eq!(counts().await, (json!(0), vec![json!("walks")], json!(0)));
    let before = coded.agreement("").await;
    assert_eq!(
        (&before["double_coded"], &on(&before, "food")["percent"]),
        (&json!(1), &json!(0.0))
    );

    // Every word of it is kept, for leads alone.
    let list = format!("/v1/contributions/{}/codings", coded.points[0]);
    let all = world.lead.get(&list).await.expect(200).json;
    let who: Vec<_> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["coder_id"], &one["adjudication"]["reason"]))
        .collect();
    let said = json!("It speaks of the grounds.");
    assert_eq!(
        who,
        [
            (&json!(coded.coders[0].id), &Value::Null),
            (&json!(coded.coders[1].id), &Value::Null),
            (&json!(world.lead.id), &said)
        ]
    );
    for caller in [&coded.coders[0], &world.facilitator(&world.a).await] {
        caller.get(&list).await.problem(403, "forbidden");
        caller
            .post(&path, decision.clone())
            .await
            .problem(403, "forbidden");
    }

    // Whoever decided is not independent of those they decided between.
    let own = format!("/v1/contributions/{}/coding", coded.points[0]);
    let alone = json!({"theme_ids": [walks], "independent": true});
    world.lead.put(&own, alone).await.faults(&["/independent"]);

    // A lead's own coding is no decision, and a later second thought wants another.
    world.code(&coded.points[0], &[&food]).await;
    assert_eq!(counts().await.1, [json!("walks")]);
    coded.alone(1, 0, &[&walks, &food]).await;
    assert_eq!(counts().await, (json!(1), vec![json!("walks")], json!(0)));
    let aside = json!({"theme_ids": [], "reason": "Of another matter."});
    world.lead.post(&path, aside).await.expect(200);
    assert_eq!(counts().await, (json!(0), vec![], json!(1)));

    let unknown = json!({"theme_ids": [new_id()], "reason": "It is so."});
    world.lead.post(&path, unknown).await.faults(&["/theme_ids/0"]);
    let mute = json!({"theme_ids": [walks], "reason": " "});
    world.lead.post(&path, mute).await.faults(&["/reason"]);
    for path in ["adjudication", "codings"] {
        let nowhere = format!("/v1/contributions/{}/{path}", new_id());
        match path {
            "codings" => world.lead.get(&nowhere).await,
            _ => world.lead.post(&nowhere, decision.clone()).await,
        }
        .problem(404, "not-found");
    }
}
