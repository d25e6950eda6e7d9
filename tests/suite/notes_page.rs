//! The notes page in a real Chromium: what somebody types arrives, once, whatever becomes of network, service and sign-in.

use serde_json::{Value, json};
use tests::{
    Browser, Caller, Network, Process, Relay, World,
    browser::{axe, keys},
    world::contribution_ids,
};

/// What every user of a test signs in with.
const PASSWORD: &str = "another password for tests";
/// Where the page sends a table.
const SENDING: &str = "POST /v1/consultations/";

/// A network with a consultation that is open, a browser, and the ward's network between it and the service.
struct Ward {
    // Dropped in this order: the browser hangs up, then the network goes, then the service.
    browser: Browser,
    relay: Relay,
    world: World,
    consultation: String,
    facilitator: Caller,
}

impl Ward {
    /// Nothing where there is no browser.
    async fn open() -> Option<Self> {
        let browser = Browser::start()?;
        let world = World::start().await;
        let consultation = world.open(json!({})).await;
        let facilitator = world.facilitator(&world.a).await;
        let relay = Relay::to(world.service.address);
        let ward = Self {
            browser,
            relay,
            world,
            consultation,
            facilitator,
        };
        ward.visit();
        Some(ward)
    }

    /// Opens the page, and waits until it is kept for when there is no network.
    fn visit(&self) {
        self.browser.open(&format!("{}/notes", self.relay.base()));
        self.browser.until_read("This page is kept on this computer");
    }

    fn sign_in(&self, who: &Caller) {
        self.browser.until("document.querySelector('#email')");
        self.browser
            .script("document.querySelector('#email').value = ''", json!([]));
        self.browser.type_into("#email", email(who));
        self.browser.type_into("#password", PASSWORD);
        self.browser.press("Sign in");
        self.browser
            .until("document.querySelector('#who').innerText.includes('Sign out')");
    }

    /// From the list of meetings to a table that nobody has written in.
    fn add_table(&self) {
        self.browser.press("London, Thursday 3 October 2019");
        self.browser.press("Add a table");
        self.browser.until("document.querySelector('textarea')");
    }

    /// Sends a table on which only some questions have something.
    fn finish(&self) {
        self.browser.press("This table is finished");
        self.browser.press("Send it as it is");
    }

    /// The tables that are in, whoever sent them.
    async fn tables(&self) -> Vec<Value> {
        let path = format!("/v1/consultations/{}/discussions", self.consultation);
        self.world.lead.all(&path).await
    }

    /// Everything that the page keeps: records, caches, storage.
    fn kept(&self) -> Value {
        let code = "
            const database = await new Promise((give, fail) => { const opening = indexedDB.open('collate-notes'); opening.onsuccess = () => give(opening.result); opening.onerror = fail; });
            const kept = { caches: [], local: localStorage.length, within: sessionStorage.length, databases: (await indexedDB.databases()).map((one) => one.name) };
            for (const name of database.objectStoreNames) {
              kept[name] = await new Promise((give) => { database.transaction(name).objectStore(name).getAll().onsuccess = (event) => give(event.target.result); });
            }
            database.close();
            for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) kept.caches.push(new URL(request.url).pathname);
            return kept;";
        self.browser
            .script(&format!("return (async () => {{ {code} }})()"), json!([]))
    }
}

/// The address with which somebody of the harness signs in.
fn email(who: &Caller) -> &str {
    who.name.rsplit(' ').next().unwrap()
}

/// The field of a point, by its place among the points on the screen.
fn field(browser: &Browser, point: usize, name: &str) -> String {
    let code = "return [...document.querySelectorAll('textarea')][arguments[0]].id";
    let text = browser.script(code, json!([point]));
    format!("#{}{name}", text.as_str().unwrap().strip_suffix("text").unwrap())
}

/// Puts an access token that ran out in place of the page's own: it is the service's, signed with its key, and past its end.
fn let_access_run_out(browser: &Browser, key: &[u8]) {
    use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
    let code = |change: &str| {
        format!(
            "return new Promise((give, fail) => {{ const opening = indexedDB.open('collate-notes'); opening.onerror = fail;
               opening.onsuccess = () => {{ const within = opening.result.transaction('session', 'readwrite'); const records = within.objectStore('session');
                 let access; records.get('now').onsuccess = (event) => {{ const now = event.target.result; access = now.access; {change} }};
                 within.oncomplete = () => {{ opening.result.close(); give(access); }}; }}; }})"
        )
    };
    let token = browser.script(&code(""), json!([]));
    let token = token.as_str().unwrap();
    let header: Header = jsonwebtoken::decode_header(token).unwrap();
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_audience(&["collate-api"]);
    let read = jsonwebtoken::decode::<Value>(token, &DecodingKey::from_secret(key), &rules);
    let mut claims = read.unwrap().claims;
    for instant in ["iat", "nbf", "exp"] {
        claims[instant] = json!(claims[instant].as_i64().unwrap() - 3600);
    }
    let ran_out = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(key)).unwrap();
    browser.script(
        &code("now.access = given; records.put(now, 'now');").replace(
            "return new Promise",
            "const given = arguments[0]; return new Promise",
        ),
        json!([ran_out]),
    );
}

#[actix_web::test]
async fn what_is_typed_without_a_network_is_in_the_collation_exactly_once() {
    let Some(ward) = Ward::open().await else { return };
    let (browser, relay, world) = (&ward.browser, &ward.relay, &ward.world);
    // A process of its own, that can be killed, with a key that we know, so that a token can be one that ran out.
    let key = [7u8; 32];
    let keys_of_service = format!("ward:{}", "07".repeat(32));
    let serve = || {
        Process::start(
            env!("CARGO_BIN_EXE_served"),
            &world.service.database.url,
            Some(&keys_of_service),
        )
    };
    let service = serve();
    relay.leads_to(service.address);
    ward.sign_in(&ward.facilitator);
    ward.add_table();

    relay.becomes(Network::Cut);
    let said: Vec<_> = (1..=8)
        .map(|number| format!("Point number {number}: a walk every morning."))
        .collect();
    browser.type_into("#field-people-service_user", "5");
    browser.type_into("#field-people-staff", "3");
    for (at, text) in said.iter().enumerate() {
        if at > 0 {
            browser.keys(keys::CONTROL_ENTER);
        }
        browser.type_into(&field(browser, at, "text"), text);
    }
    // At once, while the last words are still on their way to the disk.
    browser.reload();
    browser.until("document.querySelectorAll('textarea').length === 8");
    let shown = browser.script(
        "return [...document.querySelectorAll('textarea')].map((one) => one.value)",
        json!([]),
    );
    assert_eq!(shown, json!(said), "a reload without a network lost something");
    browser.until_read("Saved on this computer only. Not sent yet.");
    ward.finish();
    browser.until_read("not sent: there is no network");

    relay.becomes(Network::CutWithin(SENDING));
    relay.until_cut();
    service.kill();
    assert_eq!(ward.tables().await.len(), 0);
    let service = serve();
    relay.leads_to(service.address);
    relay.becomes(Network::CutBeforeAnswer(SENDING));
    relay.until_cut();
    service.kill();
    assert_eq!(
        ward.tables().await.len(),
        1,
        "the service had it, and nobody heard"
    );
    let service = serve();
    relay.leads_to(service.address);
    let_access_run_out(browser, &key);
    browser.until_read("1 not arrived yet");
    relay.becomes(Network::Whole);
    browser.until_read("This table has arrived: 8 points");
    browser.until_read("Nothing waits to be sent");

    let tables = ward.tables().await;
    assert_eq!(tables.len(), 1);
    assert_eq!(tables[0]["version"], 1);
    assert_eq!(tables[0]["participants"], json!({"service_user": 5, "staff": 3}));
    let stored: Vec<_> = tables[0]["contributions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["text"].clone())
        .collect();
    assert_eq!(json!(stored), json!(said));
    let collation = world.collation(&ward.consultation, "").await;
    assert_eq!(collation["heard"]["discussions"], 1);
    assert_eq!(collation["questions"][0]["contributions"]["value"], 8);
    drop(service);
}

#[actix_web::test]
async fn a_crash_of_the_browser_loses_no_word() {
    let Some(mut ward) = Ward::open().await else {
        return;
    };
    ward.sign_in(&ward.facilitator);
    ward.add_table();
    ward.relay.becomes(Network::Cut);
    let words = "Everything that was typed before the battery was empty.";
    let text = field(&ward.browser, 0, "text");
    ward.browser.type_into(&text, words);
    ward.browser.type_into("#field-minutes", "35");
    // What it says is saved must be; what is typed in the moment of the crash nobody can promise.
    ward.browser
        .until("document.getElementById('saved').innerText.startsWith('Saved')");
    ward.browser.crash_and_start_again();
    let browser = &ward.browser;
    browser.open(&format!("{}/notes", ward.relay.base()));
    browser.press("Table 1");
    browser.until(&format!(
        "document.querySelector('textarea')?.value === {}",
        json!(words)
    ));
    browser.until("document.querySelector('#field-minutes').value === '35'");
    ward.relay.becomes(Network::Whole);
    ward.finish();
    browser.until_read("This table has arrived: 1 point,");
    let tables = ward.tables().await;
    assert_eq!((tables.len(), &tables[0]["minutes_given"]), (1, &json!(35)));
}

#[actix_web::test]
async fn what_cannot_be_saved_is_said_at_once_and_saved_as_soon_as_it_can_be() {
    let Some(ward) = Ward::open().await else { return };
    let browser = &ward.browser;
    ward.sign_in(&ward.facilitator);
    ward.add_table();
    // As where the disk is full.
    let full = "const put = IDBObjectStore.prototype.put; let full = true; addEventListener('room', () => { full = false; }); \
                IDBObjectStore.prototype.put = function (...one) { if (full) throw new DOMException('full', 'QuotaExceededError'); return put.apply(this, one); };";
    browser.script(full, json!([]));
    browser.type_into(&field(browser, 0, "text"), "Is there room for this?");
    browser.until_read("NOT SAVED.");
    browser.script("dispatchEvent(new Event('room'))", json!([]));
    browser.until("!document.body.innerText.includes('NOT SAVED.')");
    browser.reload();
    browser.until("document.querySelector('textarea')?.value === 'Is there room for this?'");
}

#[actix_web::test]
async fn a_whole_table_is_typed_up_by_keyboard_alone() {
    let Some(ward) = Ward::open().await else { return };
    let browser = &ward.browser;
    // Whose name a screen reader says where the reader stands.
    let named = "(() => { const one = document.activeElement; const by = one.labels?.[0]; return (by ?? one).innerText.trim() })()";
    let walk_to = |words: &str| {
        for _ in 0..200 {
            browser.keys(keys::TAB);
            let here = browser.script(&format!("return {named}"), json!([]));
            if here.as_str().unwrap().starts_with(words) {
                return;
            }
        }
        panic!("the keyboard does not come to {words}\n{}", browser.on_screen());
    };
    browser.until("document.querySelector('#email')");
    walk_to("E-mail address");
    browser.keys(email(&ward.facilitator));
    browser.keys(keys::TAB);
    browser.keys(PASSWORD);
    browser.keys(keys::ENTER);
    browser.until_read("Which meeting was it?");
    walk_to("London, Thursday 3 October 2019");
    browser.keys(keys::ENTER);
    browser.until_read("No table yet.");
    walk_to("Add a table");
    browser.keys(keys::ENTER);
    browser.until("document.querySelector('textarea')");
    walk_to("Minutes they talked");
    browser.keys("40");
    walk_to("People who live in services");
    browser.keys("6");
    browser.keys(keys::TAB);
    browser.keys("2");
    walk_to("Point 1: what was said");
    browser.keys("A walk before breakfast.");
    walk_to("Who said it");
    browser.keys("s");
    walk_to("Agree");
    browser.keys("5");
    browser.keys(keys::TAB);
    browser.keys("1");
    walk_to("They said we may quote");
    browser.keys(keys::SPACE);
    walk_to("More about point 1");
    browser.keys(keys::ENTER);
    walk_to("How they see the draft");
    browser.keys(keys::DOWN);
    walk_to("Add another point to question 1");
    browser.keys(keys::ENTER);
    browser.keys("Cook together.");
    browser.keys(keys::CONTROL_ENTER);
    browser.keys("Too long a wait for leave.");
    walk_to("Yes");
    browser.keys("4");
    browser.keys(keys::TAB);
    browser.keys("3");
    // They came to no other question: one key each.
    for _ in 0..2 {
        walk_to("Ran out of time");
        browser.keys(keys::ENTER);
    }
    walk_to("Add a point that fits no question");
    browser.keys(keys::ENTER);
    browser.keys("Thank you for asking us.");
    walk_to("This table is finished, send it");
    browser.keys(keys::ENTER);
    browser.until_read("This table has arrived: 4 points");

    let tables = ward.tables().await;
    let table = &tables[0];
    assert_eq!(
        (&table["minutes_given"], &table["participants"], &table["tallies"]),
        (
            &json!(40),
            &json!({"service_user": 6, "staff": 2}),
            &json!([{"question": 2, "counts": {"yes": 4, "partly": 3}}])
        )
    );
    assert_eq!(
        table["not_discussed"],
        json!([{"question": 3, "reason": "no_time"}, {"question": 4, "reason": "no_time"}])
    );
    let first = &table["contributions"][0];
    assert_eq!(
        (
            &first["text"],
            &first["respondent_group"],
            &first["hands"],
            &first["quote_consent"],
            &first["stance"]
        ),
        (
            &json!("A walk before breakfast."),
            &json!("staff"),
            &json!({"agree": 5, "disagree": 1, "unsure": 0}),
            &json!("quotable"),
            &json!("supports")
        )
    );
    assert_eq!(table["contributions"][3]["question"], Value::Null);
}

#[actix_web::test]
async fn after_sign_out_nothing_is_kept_that_was_sent_and_what_was_not_waits_for_its_own() {
    let Some(ward) = Ward::open().await else { return };
    let (browser, relay) = (&ward.browser, &ward.relay);
    ward.sign_in(&ward.facilitator);
    ward.add_table();
    browser.type_into(&field(browser, 0, "text"), "These words have arrived.");
    ward.finish();
    browser.until_read("This table has arrived: 1 point,");
    browser.press("Back to the meeting");
    browser.press("Add a table");
    browser.until("document.querySelector('textarea')?.value === ''");
    browser.type_into(&field(browser, 0, "text"), "These words wait.");
    browser.until_read("1 not arrived yet");

    browser.press("Sign out");
    browser.until_read("1 table or view on this computer has not been sent.");
    browser.press("Sign out, and keep it here");
    browser.until_read("You have signed out. Nothing that you sent is kept on this computer.");
    browser.until_read("What was not sent is still here");
    let kept = ward.kept();
    assert_eq!((&kept["session"], &kept["lists"]), (&json!([]), &json!([])));
    assert_eq!(
        (&kept["local"], &kept["within"], &kept["databases"]),
        (&json!(0), &json!(0), &json!(["collate-notes"]))
    );
    let files = kept["caches"].as_array().unwrap();
    let of_page = |path: &Value| {
        let path = path.as_str().unwrap();
        path == "/notes" || path.starts_with("/pages/")
    };
    assert!(!files.is_empty() && files.iter().all(of_page), "{files:?}");
    let text = kept.to_string();
    assert!(
        text.contains("These words wait.") && !text.contains("These words have arrived."),
        "{text}"
    );
    assert!(!text.contains("access") && !text.contains("refresh"), "{text}");

    // Somebody else of the same group, at the same machine.
    let other = ward.world.facilitator(&ward.world.a).await;
    ward.sign_in(&other);
    browser.until_read("Which meeting was it?");
    assert!(
        !browser.on_screen().contains("Not sent yet"),
        "{}",
        browser.on_screen()
    );
    browser.press("London, Thursday 3 October 2019");
    browser.until_read("1 table has arrived.");
    assert!(!browser.on_screen().contains("Only on this computer"));
    browser.press("Sign out");
    browser.until_read("You have signed out.");

    ward.sign_in(&ward.facilitator);
    browser.press("Table 2");
    browser.until("document.querySelector('textarea')?.value === 'These words wait.'");
    // Signing out needs no network.
    relay.becomes(Network::Cut);
    browser.press("Sign out");
    browser.press("Sign out, and keep it here");
    browser.until_read("You have signed out.");
    assert_eq!(ward.kept()["session"], json!([]));
    relay.becomes(Network::Whole);
    ward.sign_in(&ward.facilitator);
    browser.press("Table 2");
    browser.until("document.querySelector('textarea')");
    ward.finish();
    browser.until_read("This table has arrived: 1 point,");
    browser.press("Sign out");
    browser.until_read("You have signed out.");
    assert_eq!(ward.kept()["drafts"], json!([]));
    assert_eq!(ward.tables().await.len(), 2);
}

#[actix_web::test]
async fn two_windows_neither_send_twice_nor_write_over_each_other() {
    let Some(ward) = Ward::open().await else { return };
    let (browser, relay) = (&ward.browser, &ward.relay);
    ward.sign_in(&ward.facilitator);
    ward.add_table();
    let first = browser.window();
    let address = browser.script("return location.href", json!([]));
    browser.type_into(&field(browser, 0, "text"), "Typed in the first window.");

    let second = browser.another_window();
    browser.open(address.as_str().unwrap());
    browser.until_read("This is open in another window");
    browser.switch_to(&first);
    browser.type_into(&field(browser, 0, "text"), " And a little more.");
    browser.switch_to(&second);
    browser.press("Work on it here instead");
    browser.until(
        "document.querySelector('textarea')?.value === 'Typed in the first window. And a little more.'",
    );
    browser.type_into(&field(browser, 0, "text"), " Then in the second.");
    browser.switch_to(&first);
    browser.until_read("This is open in another window");
    browser.switch_to(&second);
    relay.becomes(Network::Cut);
    ward.finish();
    browser.until_read("not sent: there is no network");
    browser.switch_to(&first);
    browser.until_read("1 not arrived yet");
    relay.becomes(Network::Whole);
    // Both find out at once, and both would send.
    for window in [&first, &second] {
        browser.switch_to(window);
        browser.script("dispatchEvent(new Event('online'))", json!([]));
    }
    browser.until_read("This table has arrived: 1 point,");
    browser.switch_to(&first);
    browser.until_read("Nothing waits to be sent. 1 has arrived.");
    let tables = ward.tables().await;
    assert_eq!((tables.len(), &tables[0]["version"]), (1, &json!(1)));
    assert_eq!(
        tables[0]["contributions"][0]["text"],
        "Typed in the first window. And a little more. Then in the second."
    );
}

#[actix_web::test]
async fn what_the_screen_saw_is_shown_beside_the_point_and_mended_at_once() {
    let Some(ward) = Ward::open().await else { return };
    let browser = &ward.browser;
    ward.sign_in(&ward.facilitator);
    ward.add_table();
    browser.type_into(&field(browser, 0, "text"), "Ring Dr Helen Brown on 07700 900123.");
    browser.click(&field(browser, 0, "quote"));
    browser.click(&field(browser, 0, "concern"));
    browser.until_read("Follow your local safeguarding procedure today.");
    ward.finish();
    browser.until_read("Please look: this may say who somebody is");
    browser.until_read("looks like a phone number");
    browser.until_read(
        "Somebody may be at risk. Follow your local safeguarding procedure today; nobody does it for you.",
    );
    browser.press("Change the words of this point");
    browser.until("document.activeElement.matches('textarea')");
    browser.keys(keys::SELECT_ALL);
    browser.keys("Ring the ward’s doctor.");
    browser.until_read("Your changes are saved on this computer only.");
    browser.press("Send the changes");
    browser.until_read("This table has arrived: 1 point,");
    browser.until_read("the leave to quote them is gone");
    assert!(
        !browser.on_screen().contains("Please look"),
        "{}",
        browser.on_screen()
    );
    let tables = ward.tables().await;
    let point = &tables[0]["contributions"][0];
    assert_eq!(
        (
            &tables[0]["version"],
            &point["text"],
            &point["flags"],
            &point["quote_consent"]
        ),
        (
            &json!(2),
            &json!("Ring the ward’s doctor."),
            &json!([]),
            &json!("not_quotable")
        )
    );
    assert!(point["concern"]["raised_on"].is_string());
}

#[actix_web::test]
async fn what_is_refused_is_shown_where_it_is_mended_and_nothing_is_lost() {
    let Some(ward) = Ward::open().await else { return };
    let (browser, world) = (&ward.browser, &ward.world);
    ward.sign_in(&ward.facilitator);
    ward.add_table();
    // What can be told here is told before anything is sent.
    browser.press("This table is finished");
    browser.until_read("Nothing is written yet.");
    browser.type_into("#field-people-staff", "2");
    browser.type_into(&field(browser, 0, "text"), "Longer visits.");
    browser.type_into(&field(browser, 0, "agree"), "5");
    browser.press("This table is finished");
    browser.press("5 hands went up at a table of 2.");
    let at = browser.script("return '#' + document.activeElement.id", json!([]));
    assert_eq!(at, json!(field(browser, 0, "agree")));
    browser.keys("\u{e003}");
    browser.keys("2");

    // What only the service knows: there is no such slip.
    browser.press("More about point 1 of question 1");
    browser.type_into(&field(browser, 0, "slip"), "0000-0000-0000-0000");
    ward.finish();
    browser.until_read("It was not taken. Please mend this:");
    browser.until("document.activeElement.id === 'wrong'");
    browser.click("#wrong a");
    let at = browser.script("return '#' + document.activeElement.id", json!([]));
    assert_eq!(at, json!(field(browser, 0, "slip")));
    browser.until_read("Refused: ");
    browser.keys(keys::SELECT_ALL);
    browser.keys("\u{e003}");
    browser.until("document.activeElement.value === ''");

    // The consultation is suspended meanwhile: that is nothing to mend here, and nothing is lost.
    world.move_to(&ward.consultation, "suspended").await.ok();
    browser.press("This table is finished");
    browser.until_read("The consultation does not take feedback now.");
    browser.reload();
    browser.until_read("The consultation does not take feedback now.");
    browser.until("document.querySelector('textarea').value === 'Longer visits.'");
    world.move_to(&ward.consultation, "open").await.ok();
    ward.finish();
    browser.until_read("This table has arrived: 1 point,");
    assert_eq!(ward.tables().await[0]["contributions"][0]["hands"]["agree"], 2);
}

#[actix_web::test]
async fn a_sign_in_that_ended_asks_for_another_and_loses_nothing() {
    let Some(ward) = Ward::open().await else { return };
    let (browser, world) = (&ward.browser, &ward.world);
    let key = [9u8; 32];
    let service = Process::start(
        env!("CARGO_BIN_EXE_served"),
        &world.service.database.url,
        Some(&format!("ward:{}", "09".repeat(32))),
    );
    ward.relay.leads_to(service.address);
    ward.sign_in(&ward.facilitator);
    ward.add_table();
    browser.type_into(&field(browser, 0, "text"), "Before the sign-in ended.");
    // Every sign-in of this person is ended elsewhere, and the access token runs out.
    let out = tests::Ask::of("POST", "/v1/auth/sign-out");
    ward.facilitator.send(out).await.expect(204);
    let_access_run_out(browser, &key);
    ward.finish();
    browser.until_read("Saved on this computer, not sent. Sign in again, and it is sent.");
    browser.type_into(&field(browser, 0, "text"), " And after.");
    browser.press("Your sign-in has ended: sign in again");
    browser.until_read("everything you typed is still here");
    ward.sign_in(&ward.facilitator);
    browser.press("Table 1");
    browser.until("document.querySelector('textarea')?.value === 'Before the sign-in ended. And after.'");
    // What was sent before has arrived by itself; what was typed since is sent as a change when somebody says so.
    browser.press("Send the changes");
    browser.until_read("This table has arrived: 1 point,");
    let tables = ward.tables().await;
    assert_eq!(tables.len(), 1);
    assert_eq!(
        tables[0]["contributions"][0]["text"],
        "Before the sign-in ended. And after."
    );
}

#[actix_web::test]
async fn a_table_is_corrected_tomorrow_also_where_somebody_else_corrected_it_meanwhile() {
    let Some(ward) = Ward::open().await else { return };
    let (browser, world) = (&ward.browser, &ward.world);
    let extra = json!({"table": "Table 7", "contributions": [
        {"question": 1, "text": "More walks.", "section_ref": "4.3", "setting": "low_secure", "verbatim": true},
        {"question": 1, "text": "A garden."}]});
    let sent = world
        .discussion(&ward.consultation, &world.meeting_a, extra)
        .await;
    let points = contribution_ids(&sent);
    ward.sign_in(&ward.facilitator);
    browser.press("London, Thursday 3 October 2019");
    browser.press("Open Table 7");
    browser.until("document.querySelectorAll('textarea').length === 2");
    browser.type_into(&field(browser, 0, "text"), " Every day.");
    browser.until_read("Your changes are saved on this computer only.");

    let elsewhere = json!({"text": "A garden with a greenhouse."});
    let path = format!("/v1/contributions/{}", points[1]);
    world.lead.patch(path, 1, elsewhere).await.ok();
    browser.press("Send the changes");
    browser.until_read("Somebody changed this table meanwhile");
    browser.press("Put both together");
    browser.until("document.querySelectorAll('textarea')[1].value === 'A garden with a greenhouse.'");
    browser.press("Send the changes");
    browser.until_read("This table has arrived: 2 points");
    let table = &ward.tables().await[0];
    let texts: Vec<_> = table["contributions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["text"].clone())
        .collect();
    assert_eq!(
        json!(texts),
        json!(["More walks. Every day.", "A garden with a greenhouse."])
    );
    let first = &table["contributions"][0];
    assert_eq!(
        (
            &first["id"],
            &first["section_ref"],
            &first["setting"],
            &first["verbatim"]
        ),
        (
            &json!(points[0]),
            &json!("4.3"),
            &json!("low_secure"),
            &json!(true)
        )
    );

    // One of them is taken back for whoever said it.
    browser.press("Take back point 2 of question 1");
    browser.script(
        "const who = document.getElementById('asked-' + arguments[0]); who.value = 'speaker'; who.dispatchEvent(new Event('change'))",
        json!([points[1]]),
    );
    browser.press("Take it back");
    browser.until("document.querySelectorAll('textarea').length === 1");
    let collation = world.collation(&ward.consultation, "").await;
    assert_eq!(collation["questions"][0]["contributions"]["value"], 1);
}

#[actix_web::test]
async fn what_arrived_otherwise_under_the_same_number_is_put_right_as_a_correction() {
    let Some(ward) = Ward::open().await else { return };
    let (browser, world) = (&ward.browser, &ward.world);
    ward.sign_in(&ward.facilitator);
    ward.add_table();
    browser.type_into(&field(browser, 0, "text"), "As it stands here.");
    browser.until_read("1 not arrived yet");
    // A copy of this browser's profile sent an earlier state of the same table.
    let here = browser.script("return location.hash.split('/')[1]", json!([]));
    let point = field(browser, 0, "");
    let point = point.trim_start_matches("#field-point-").trim_end_matches('-');
    let earlier =
        json!({"id": here, "contributions": [{"id": point, "question": 1, "text": "As it stood."}]});
    world
        .discussion(&ward.consultation, &world.meeting_a, earlier)
        .await;
    ward.finish();
    browser.until_read("What arrived differs from what is here");
    browser.press("Send the difference as a correction");
    browser.press("Send the changes");
    browser.until_read("This table has arrived: 1 point,");
    let tables = ward.tables().await;
    assert_eq!((tables.len(), &tables[0]["version"]), (1, &json!(2)));
    assert_eq!(tables[0]["contributions"][0]["text"], "As it stands here.");
}

#[actix_web::test]
async fn a_champion_types_up_a_view_and_hands_out_its_receipt() {
    let Some(ward) = Ward::open().await else { return };
    let (browser, world) = (&ward.browser, &ward.world);
    let champion = world
        .user(json!({"role": "champion", "service_id": world.a1}))
        .await;
    ward.sign_in(&champion);
    browser.press("Type up people’s views for");
    browser.press("Add a person’s view");
    browser.until("document.querySelector('textarea')");
    browser.type_into(&field(browser, 0, "text"), "Let us cook for ourselves.");
    browser.script(
        "document.querySelector('#field-questions-2-chosen-1').click()",
        json!([]),
    );
    browser.script(
        "document.querySelector('#field-questions-4-chosen-0').click()",
        json!([]),
    );
    browser.script(
        "document.querySelector('#field-questions-4-chosen-2').click()",
        json!([]),
    );
    ward.relay.becomes(Network::CutBeforeAnswer(SENDING));
    browser.press("This view is finished, send it");
    ward.relay.until_cut();
    ward.relay.becomes(Network::Whole);
    browser.until_read("This view has arrived: 1 point,");
    let receipt = browser.text(".receipt strong");
    let path = format!("/v1/consultations/{}/responses", ward.consultation);
    let responses = world.lead.all(&path).await;
    assert_eq!(responses.len(), 1);
    let response = &responses[0];
    assert_eq!(
        (
            &response["service_id"],
            &response["channel"],
            &response["setting"]
        ),
        (&json!(world.a1), &json!("champion"), &json!("low_secure"))
    );
    let answers: Vec<_> = response["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["question"].clone(),
                one["choice"].clone(),
                one["choices"].clone(),
            )
        })
        .collect();
    assert_eq!(
        answers,
        [
            (json!(1), Value::Null, Value::Null),
            (json!(2), json!("partly"), Value::Null),
            (json!(4), Value::Null, json!(["gym", "kitchen"]))
        ]
    );
    let back = json!({"receipt": receipt, "scope": "all"});
    world
        .service
        .stranger()
        .post("/v1/withdrawals", back)
        .await
        .expect(200);

    browser.press("Sign out");
    browser.until_read("You have signed out.");
    let coder = world
        .user(json!({"role": "coder", "consultation_id": ward.consultation}))
        .await;
    ward.sign_in(&coder);
    browser.until_read("This page is not for your role");
}

#[actix_web::test]
async fn no_state_of_the_page_bars_anybody() {
    let Some(axe) = axe() else { return };
    let Some(ward) = Ward::open().await else { return };
    let (browser, relay, world) = (&ward.browser, &ward.relay, &ward.world);
    let look = |state: &str| {
        let barriers = browser.barriers(&axe);
        assert!(barriers.is_empty(), "{state}: {barriers:#?}");
    };
    look("sign-in");
    browser.press("Sign in");
    look("a sign-in that is not filled in");
    ward.sign_in(&ward.facilitator);
    browser.until_read("Which meeting was it?");
    look("the list of meetings");
    browser.press("London, Thursday 3 October 2019");
    browser.until_read("No table yet.");
    look("a meeting without a table");
    browser.press("Add a table");
    browser.until("document.querySelector('textarea')");
    look("an empty table");
    browser.press("This table is finished");
    browser.until_read("Please mend this first");
    look("a table that is not ready");
    browser.type_into(&field(browser, 0, "text"), "Ask Dr Helen Brown.");
    browser.click(&field(browser, 0, "concern"));
    browser.press("More about point 1 of question 1");
    look("a point with everything about it");
    browser.press("This table is finished");
    browser.until_read("Nothing is written for questions");
    look("questions without a word");
    browser.press("They ran out of time");
    browser.until_read("This table has arrived.");
    browser.until_read("Not discussed: ran out of time.");
    look("a table that arrived, with a flag and a reminder");
    let first = browser.window();
    let address = browser.script("return location.href", json!([]));
    browser.another_window();
    browser.open(address.as_str().unwrap());
    browser.until_read("This is open in another window");
    look("a table that is open elsewhere");
    browser.switch_to(&first);
    browser.type_into(&field(browser, 0, "text"), " Or somebody.");
    browser.until_read("Your changes are saved on this computer only.");
    let table = ward.tables().await[0].clone();
    let path = format!(
        "/v1/contributions/{}",
        table["contributions"][0]["id"].as_str().unwrap()
    );
    world
        .lead
        .patch(path, 1, json!({"text": "Ask the doctor."}))
        .await
        .ok();
    browser.press("Send the changes");
    browser.until_read("Somebody changed this table meanwhile");
    look("a table that somebody changed meanwhile");
    browser.press("Put both together");
    browser.until_read("Somebody else wrote:");
    look("two versions put together");
    relay.becomes(Network::Cut);
    browser.press("Send the changes");
    browser.until_read("there is no network");
    look("a table that waits for the network");
    browser.press("Sign out");
    browser.until_read("Before you sign out");
    look("before signing out");
    browser.press("Your notes");
    browser.until_read("Not sent yet");
    look("what is not sent yet");
    relay.becomes(Network::Whole);
    world.move_to(&ward.consultation, "suspended").await.ok();
    browser.script("dispatchEvent(new Event('online'))", json!([]));
    browser.press("Table 1");
    browser.until_read("The consultation does not take feedback now.");
    look("a refusal");
    world.move_to(&ward.consultation, "open").await.ok();
    browser.press("Send the changes");
    browser.until_read("This table has arrived");
    browser.press("Your notes");
    browser.press("Type up people’s views for");
    browser.until_read("No view yet.");
    browser.press("Add a person’s view");
    browser.until("document.querySelector('textarea')");
    look("an empty view");
    browser.type_into(&field(browser, 0, "text"), "Let us cook.");
    browser.script(
        "const one = document.querySelector('#field-service'); one.value = arguments[0]; one.dispatchEvent(new Event('input', { bubbles: true }))",
        json!([world.a1]),
    );
    browser.press("This view is finished, send it");
    browser.until_read("Receipt for whoever said this");
    look("a view that arrived");
    browser.press("Sign out");
    browser.until_read("You have signed out.");
    look("signed out");
    let coder = world
        .user(json!({"role": "coder", "consultation_id": ward.consultation}))
        .await;
    ward.sign_in(&coder);
    browser.until_read("This page is not for your role");
    look("another role");
}

#[actix_web::test]
async fn the_page_is_served_by_itself_alone_and_asked_for_again_only_when_it_changed() {
    let world = World::start().await;
    let stranger = world.service.stranger();
    let page = stranger.get("/notes").await.expect(200);
    let text = page.text();
    let named = text
        .split("\"/pages/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let mut files: Vec<_> = named.map(|name| format!("/pages/{name}")).collect();
    files.extend(["/notes".into(), "/pages/worker.mjs".into()]);
    assert!(files.len() > 4, "{files:?}");
    for path in files {
        let file = stranger.get(&path).await.expect(200);
        let policy = file.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
                && policy.contains("frame-ancestors 'none'")
                && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(file.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(file.header("cache-control"), Some("no-cache"));
        let ask = tests::Ask::of("GET", &path).header("if-none-match", file.etag());
        assert!(stranger.send(ask).await.expect(304).bytes.is_empty());
    }
    let worker = stranger.get("/pages/worker.mjs").await.expect(200);
    assert_eq!(worker.header("service-worker-allowed"), Some("/notes"));
    assert!(
        worker.text().contains(&json!(page.etag()).to_string()),
        "the worker names the page as it is"
    );
    stranger.get("/pages/none.mjs").await.problem(404, "not-found");
    stranger
        .get("/pages/..%2fCargo.toml")
        .await
        .problem(404, "not-found");
}
