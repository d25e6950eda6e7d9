//! The page of who has been heard, in a real Chromium: what a lead reads on it is what the API says.

use serde_json::json;
use tests::{
    Browser, Caller, World,
    browser::{axe, keys},
};

fn sign_in(browser: &Browser, who: &Caller) {
    browser.until("document.querySelector('#email')");
    browser.type_into("#email", who.name.rsplit(' ').next().unwrap());
    browser.type_into("#password", "another password for tests");
    browser.keys(keys::ENTER);
    browser.until("document.querySelector('#who').innerText.includes('Sign out')");
}

/// The rows of the table under this caption, as their cells read.
fn rows(browser: &Browser, caption: &str) -> serde_json::Value {
    let code = "const table = [...document.querySelectorAll('table')].find((one) => one.caption.innerText === arguments[0]);
        return [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.innerText));";
    browser.script(code, json!([caption]))
}

#[actix_web::test]
async fn a_lead_sees_whom_to_ring_up_before_closing() {
    let Some(browser) = Browser::start() else { return };
    let world = World::start().await;
    let consultation = world.draft(json!({"reference": "MHW 2019"})).await.id();
    world.move_to(&consultation, "open").await.ok();
    // London had three tables and sent one; North West has not met yet; Yorkshire sent a view of a service.
    let path = format!("/v1/meetings/{}", world.meeting_a);
    let attended = json!([{"respondent_group": "service_user", "people": 12, "service_id": world.a1}]);
    world
        .lead
        .patch(path, 1, json!({"tables": 3, "attendance": attended}))
        .await
        .ok();
    let path = format!("/v1/meetings/{}", world.meeting_b);
    world.lead.patch(path, 1, json!({"status": "planned"})).await.ok();
    let extra = json!({"not_discussed": [{"question": 3, "reason": "no_time"}]});
    world.discussion(&consultation, &world.meeting_a, extra).await;
    let sheet = json!({"channel": "champion", "service_id": world.c1, "setting": "high_secure"});
    world.response(&consultation, sheet).await;

    let address = format!("{}/coverage/MHW%202019", world.service.base());
    browser.open(&address);
    sign_in(&browser, &world.lead);
    browser.until_read("MHW 2019: Managing a Healthy Weight");
    browser.until_read("It is open. It was to close on Thursday 31 October 2019.");
    browser.until_read("1 group has said nothing yet: North West.");
    assert_eq!(
        browser.text(".figures").replace('\n', " "),
        "Groups heard 2 of 3 Tables 1 in, 3 expected Services heard 2 of 4 Kinds of people heard 1 of 4 \
         Kinds of service heard 1 of 3"
    );
    assert_eq!(
        rows(&browser, "Meetings with notes still to come"),
        json!([
            ["London, Thursday 3 October 2019", "Held", "1", "3"],
            [
                "North West, Thursday 3 October 2019",
                "Not held yet",
                "0",
                "Not said"
            ],
            ["Yorkshire, Thursday 3 October 2019", "Held", "0", "Not said"]
        ])
    );
    assert_eq!(
        rows(&browser, "Tables in and expected, by group"),
        json!([
            ["London", "1", "3"],
            ["North West", "0", "Not said"],
            ["Yorkshire", "0", "Not said"]
        ])
    );
    assert_eq!(
        rows(&browser, "2 services are silent"),
        json!([["Birch Unit", "London"], ["Cedar House", "North West"]])
    );
    assert_eq!(
        rows(&browser, "How many tables came to each question")[2],
        json!([
            "3. Takeaways should be limited.",
            "0",
            "1",
            "0",
            "London, North West, Yorkshire"
        ])
    );
    browser.until_read("People: Family and carers, Staff, Commissioners");
    if let Some(axe) = axe() {
        let barriers = browser.barriers(&axe);
        assert!(barriers.is_empty(), "{barriers:#?}");
    }

    // Another table comes in while the page is open.
    world
        .discussion(&consultation, &world.meeting_a, json!({"table": "Table 2"}))
        .await;
    browser.press("Look again");
    browser.until_read("2 in, 3 expected");

    browser.press("Sign out");
    let facilitator = world.facilitator(&world.a).await;
    sign_in(&browser, &facilitator);
    browser.until_read("You see London only.");
    assert!(
        !browser.on_screen().contains("Yorkshire"),
        "{}",
        browser.on_screen()
    );
    // Who has notes on this computer that were not sent is told so before signing out here, too.
    browser.open(&format!("{}/notes", world.service.base()));
    browser.press("London, Thursday 3 October 2019");
    browser.press("Add a table");
    browser.until("document.querySelector('textarea')");
    browser.type_into("textarea", "Not sent yet.");
    browser.until_read("1 not arrived yet");
    browser.open(&address);
    browser.press("Sign out");
    browser.until_read("1 table or view on this computer has not been sent.");
    browser.press("Sign out, and keep it here");
    browser.until_read("You have signed out.");
    browser.open(&address);
    let champion = world
        .user(json!({"role": "champion", "service_id": world.a1}))
        .await;
    sign_in(&browser, &champion);
    browser.until_read("This page is not for your role");
    browser.press("Sign out");
    browser.until("document.querySelector('#email')");
    if let Some(axe) = axe() {
        let barriers = browser.barriers(&axe);
        assert!(barriers.is_empty(), "{barriers:#?}");
    }
    browser.open(&format!("{}/coverage/NONE", world.service.base()));
    sign_in(&browser, &world.lead);
    browser.until_read("There is no such consultation");
}
