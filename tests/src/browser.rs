//! A real Chromium, driven as the people who use a page drive it: by pressing, typing and looking.
//!
//! It speaks WebDriver to a chromedriver of its own, by hand over a socket: a dozen calls, and nothing else is linked for
//! them. Refused: a client crate, each of which brings a second HTTP stack and most of them a second TLS.
//!
//! Where no chromedriver is installed, a test says so and passes, unless `COLLATE_REQUIRE_BROWSER=1` says that it must run.

use crate::database::say;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// Longer than anything may take: what does not come is a failure, no hang.
const PATIENCE: Duration = Duration::from_secs(30);
/// The name that WebDriver gives to a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

static NUMBER: AtomicU32 = AtomicU32::new(1);

/// Keys as WebDriver names them.
pub mod keys {
    pub const TAB: &str = "\u{e004}";
    pub const SHIFT_TAB: &str = "\u{e008}\u{e004}\u{e008}";
    pub const ENTER: &str = "\u{e007}";
    pub const CONTROL_ENTER: &str = "\u{e009}\u{e007}\u{e009}";
    pub const SPACE: &str = " ";
    pub const DOWN: &str = "\u{e015}";
    pub const RIGHT: &str = "\u{e014}";
    pub const SELECT_ALL: &str = "\u{e009}a\u{e009}";
}

/// Where a program is that is looked for on the `PATH`.
pub(crate) fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let all = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|file| file.is_file())
}

/// Whether whoever runs the tests wants these to run, whatever that needs.
fn required() -> bool {
    std::env::var("COLLATE_REQUIRE_BROWSER").is_ok_and(|required| required == "1")
}

/// The source of axe-core, which finds what bars people from a page. It is nobody's to commit here (MPL-2.0), so it is read
/// from the file that `COLLATE_AXE` names.
pub fn axe() -> Option<String> {
    let found = std::env::var_os("COLLATE_AXE").map(|file| std::fs::read_to_string(file).unwrap());
    assert!(
        found.is_some() || !required(),
        "COLLATE_REQUIRE_BROWSER is set, and COLLATE_AXE does not name axe.min.js of axe-core"
    );
    if found.is_none() {
        say("not looked at with axe-core: COLLATE_AXE names no file");
    }
    found
}

/// The body of an answer, when all of it is there.
fn whole(answer: &[u8]) -> Option<&[u8]> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))?;
    let body = &answer[end + 4..];
    let length: usize = length.trim().parse().ok()?;
    (body.len() >= length).then_some(body)
}

/// A driver and its port; nothing where it ended before it listened.
fn listening(program: &Path) -> Option<(Child, u16)> {
    let mut driver = Command::new(program)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = said.by_ref().find_map(|line| {
        let line = line.unwrap();
        let (_, port) = line.rsplit_once("successfully on port ")?;
        Some(port.trim_end_matches('.').parse().unwrap())
    });
    let Some(port) = port else {
        driver.wait().unwrap();
        return None;
    };
    // What it says later is read by nobody, and must not fill its pipe.
    std::thread::spawn(move || said.for_each(drop));
    Some((driver, port))
}

/// A browser with a profile of its own, gone with the test.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    process: u64,
    chromium: PathBuf,
    profile: PathBuf,
}

impl Browser {
    /// Starts one; nothing where none is installed, unless it is required.
    pub fn start() -> Option<Self> {
        let driver = on_path(&["chromedriver"]);
        let chromium = on_path(&["chromium", "chromium-browser", "google-chrome"]);
        let (Some(driver), Some(chromium)) = (driver, chromium) else {
            assert!(
                !required(),
                "COLLATE_REQUIRE_BROWSER is set, and there is no chromedriver with a Chromium on the PATH"
            );
            say("not run: no chromedriver with a Chromium");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let profile = std::env::temp_dir().join(format!("collate_browser_{}_{number}", std::process::id()));
        std::fs::create_dir(&profile).unwrap();
        // It takes a port that is free for one protocol and ends where that is taken for the other: another is found then.
        let (driver, port) = (0..10).find_map(|_| listening(&driver)).unwrap();
        let mut browser = Self {
            driver,
            port,
            session: String::new(),
            process: 0,
            chromium,
            profile,
        };
        browser.begin();
        Some(browser)
    }

    /// Ends it as a crash does, and starts it anew on what it left on the disk.
    pub fn crash_and_start_again(&mut self) {
        let ended = Command::new("kill")
            .args(["-KILL", &self.process.to_string()])
            .status();
        assert!(ended.unwrap().success(), "the browser could not be killed");
        // The driver is told, for it still counts on a browser that is not there.
        let _ = self.here("DELETE", "", json!({}));
        self.begin();
    }

    fn begin(&mut self) {
        let flags = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,900",
        ];
        let mut flags: Vec<_> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        flags.push(format!("--user-data-dir={}", self.profile.display()));
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "unhandledPromptBehavior": "accept",
            "timeouts": {"script": PATIENCE.as_millis() as u64, "pageLoad": PATIENCE.as_millis() as u64},
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"binary": self.chromium, "args": flags}}}});
        let session = self.ask("POST", "/session", &wanted).unwrap();
        self.session = session["sessionId"].as_str().unwrap().to_owned();
        self.process = session["capabilities"]["goog:processID"].as_u64().unwrap();
    }

    /// Asks chromedriver; what it refuses is an error with its words.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).map_err(|error| error.to_string())?;
        socket.set_read_timeout(Some(PATIENCE * 2)).unwrap();
        let body = match method {
            "POST" => body.to_string(),
            _ => String::new(),
        };
        let asked = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        );
        socket
            .write_all(asked.as_bytes())
            .map_err(|error| error.to_string())?;
        let mut answer = Vec::new();
        let mut chunk = [0; 64 * 1024];
        // It keeps the connection whatever it is told: an answer is whole when as many bytes came as it says.
        let body = loop {
            let read = socket.read(&mut chunk).map_err(|error| error.to_string())?;
            if read == 0 {
                return Err("chromedriver hung up".to_owned());
            }
            answer.extend_from_slice(&chunk[..read]);
            if let Some(body) = whole(&answer) {
                break body;
            }
        };
        let mut answer: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!(
                "{error}: {}",
                value["message"].as_str().unwrap_or_default()
            )),
            None => Ok(value),
        }
    }

    fn here(&self, method: &str, path: &str, body: Value) -> Result<Value, String> {
        self.ask(method, &format!("/session/{}{path}", self.session), &body)
    }

    #[track_caller]
    fn done(&self, method: &str, path: &str, body: Value) -> Value {
        match self.here(method, path, body) {
            Ok(value) => value,
            Err(error) => panic!("{method} {path}: {error}\n{}", self.on_screen()),
        }
    }

    /// What a reader sees, and what the browser complained of: for a failure.
    pub fn on_screen(&self) -> String {
        let script = json!({"script": "return location.href + '\\n' + document.body.innerText", "args": []});
        let seen = self.here("POST", "/execute/sync", script).unwrap_or_default();
        format!(
            "on the screen:\n{}\nin the console: {:?}",
            seen.as_str().unwrap_or_default(),
            self.complaints()
        )
    }

    /// What the browser wrote to its console since it was last asked.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.here("POST", "/se/log", json!({"type": "browser"}));
        let log = log.unwrap_or_default();
        let lines = log.as_array().cloned().unwrap_or_default();
        lines
            .iter()
            .filter_map(|line| {
                Some(format!(
                    "{}: {}",
                    line["level"].as_str()?,
                    line["message"].as_str()?
                ))
            })
            .collect()
    }

    /// Opens an address.
    #[track_caller]
    pub fn open(&self, address: &str) {
        self.done("POST", "/url", json!({ "url": address }));
    }

    /// Loads the page anew.
    #[track_caller]
    pub fn reload(&self) {
        self.done("POST", "/refresh", json!({}));
    }

    /// Runs the body of a function in the page, which may return a promise.
    #[track_caller]
    pub fn script(&self, code: &str, arguments: Value) -> Value {
        self.done(
            "POST",
            "/execute/sync",
            json!({"script": code, "args": arguments}),
        )
    }

    /// Waits until an expression is true in the page, whatever is loaded there meanwhile.
    #[track_caller]
    pub fn until(&self, expression: &str) {
        let since = Instant::now();
        let code = format!(
            "const done = arguments[0]; const look = () => {{ let is = false; try {{ is = Boolean({expression}); }} catch {{}} \
             if (is) done(true); else setTimeout(look, 20); }}; look();"
        );
        loop {
            // A page that is left takes its script along: the next one is asked.
            let found = self.here("POST", "/execute/async", json!({"script": code, "args": []}));
            if found.as_ref().is_ok_and(|found| found == true) {
                return;
            }
            assert!(
                since.elapsed() < PATIENCE,
                "never: {expression}\n{found:?}\n{}",
                self.on_screen()
            );
        }
    }

    /// Waits until these words are on the screen.
    #[track_caller]
    pub fn until_read(&self, words: &str) {
        self.until(&format!(
            "document.body.innerText.replaceAll('\\n', ' ').includes({})",
            json!(words)
        ));
    }

    /// What the first element of this kind says.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let code = "return document.querySelector(arguments[0])?.innerText ?? ''";
        self.script(code, json!([selector])).as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn element(&self, using: &str, value: &str) -> String {
        let found = self.done("POST", "/element", json!({"using": using, "value": value}));
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    /// Presses the first element of this kind.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let element = self.element("css selector", selector);
        self.done("POST", &format!("/element/{element}/click"), json!({}));
    }

    /// Presses the first button, link or summary whose words begin so, once it is there.
    #[track_caller]
    pub fn press(&self, words: &str) {
        let found = format!(
            "[...document.querySelectorAll('button, a, summary')].find((one) => one.innerText.trim().startsWith({}))",
            json!(words)
        );
        self.until(&found);
        let element = self.script(&format!("return {found}"), json!([]));
        let element = element[ELEMENT].as_str().unwrap();
        self.done("POST", &format!("/element/{element}/click"), json!({}));
    }

    /// Types into the first element of this kind, at its end.
    #[track_caller]
    pub fn type_into(&self, selector: &str, words: &str) {
        let element = self.element("css selector", selector);
        self.done(
            "POST",
            &format!("/element/{element}/value"),
            json!({ "text": words }),
        );
    }

    /// Presses keys, wherever the reader stands, as a keyboard does.
    #[track_caller]
    pub fn keys(&self, keys: &str) {
        let mut held = Vec::new();
        let mut actions = Vec::new();
        for key in keys.chars() {
            let is_modifier = matches!(key, '\u{e008}' | '\u{e009}');
            if is_modifier && !held.contains(&key) {
                held.push(key);
                actions.push(json!({"type": "keyDown", "value": key}));
            } else if is_modifier {
                held.retain(|other| *other != key);
                actions.push(json!({"type": "keyUp", "value": key}));
            } else {
                actions.push(json!({"type": "keyDown", "value": key}));
                actions.push(json!({"type": "keyUp", "value": key}));
            }
        }
        let keyboard = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.done("POST", "/actions", keyboard);
    }

    /// The window that is driven now.
    #[track_caller]
    pub fn window(&self) -> String {
        self.done("GET", "/window", json!({}))
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Opens another window of the same browser, and drives it.
    #[track_caller]
    pub fn another_window(&self) -> String {
        let made = self.done("POST", "/window/new", json!({"type": "tab"}));
        let handle = made["handle"].as_str().unwrap().to_owned();
        self.switch_to(&handle);
        handle
    }

    /// Drives another window.
    #[track_caller]
    pub fn switch_to(&self, window: &str) {
        self.done("POST", "/window", json!({ "handle": window }));
    }

    /// Asks the browser itself, in the protocol of its developer tools.
    #[track_caller]
    pub fn devtools(&self, command: &str, parameters: Value) -> Value {
        let asked = json!({"cmd": command, "params": parameters});
        self.done("POST", "/goog/cdp/execute", asked)
    }

    /// Shows what is opened from now on as a screen of so many pixels does; narrow ones are phones. No window can be made as narrow.
    #[track_caller]
    pub fn resize(&self, width: u32) {
        let phone = width < 600;
        let size = json!({"width": width, "height": if phone { 844 } else { 900 }, "deviceScaleFactor": 1, "mobile": phone});
        self.devtools("Emulation.setDeviceMetricsOverride", size);
    }

    /// Opens pages as whoever has this access token from now on; as nobody in particular without one.
    #[track_caller]
    pub fn bear(&self, token: Option<&str>) {
        let headers = match token {
            Some(token) => json!({"Authorization": format!("Bearer {token}")}),
            None => json!({}),
        };
        self.devtools("Network.enable", json!({}));
        self.devtools("Network.setExtraHTTPHeaders", json!({ "headers": headers }));
    }

    /// Whether scripts of pages run from now on. What a test asks of the page is answered either way.
    #[track_caller]
    pub fn scripts(&self, run: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !run }));
    }

    /// Lays the page out as for paper, or for a screen again.
    #[track_caller]
    pub fn lay_out_for(&self, medium: &str) {
        self.devtools("Emulation.setEmulatedMedia", json!({ "media": medium }));
    }

    /// What stands on the page from so many pixels below its top, and as many high: PNG.
    #[track_caller]
    pub fn picture(&self, top: u64, height: u64) -> Vec<u8> {
        let width = self.script("return innerWidth", json!([]));
        let shown = json!({"format": "png", "captureBeyondViewport": true,
            "clip": {"x": 0, "y": top, "width": width, "height": height, "scale": 1}});
        let taken = self.devtools("Page.captureScreenshot", shown);
        STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()
    }

    /// The page as it is printed on A4: PDF.
    #[track_caller]
    pub fn printed(&self) -> Vec<u8> {
        let paper = json!({"page": {"width": 21.0, "height": 29.7}});
        let printed = self.done("POST", "/print", paper);
        STANDARD.decode(printed.as_str().unwrap()).unwrap()
    }

    /// What axe-core finds wrong with the page as it stands, in words.
    #[track_caller]
    pub fn barriers(&self, axe: &str) -> Vec<String> {
        self.script(&format!("if (!window.axe) {{ {axe}\n; }} return true"), json!([]));
        let code = "const found = await axe.run(document, {resultTypes: ['violations'], \
                    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}); \
                    return found.violations.map((one) => one.id + ' (' + one.impact + '): ' + one.help + ': ' \
                    + one.nodes.map((node) => node.html).join(' '))";
        let found = self.script(&format!("return (async () => {{ {code} }})()"), json!([]));
        let found = found.as_array().cloned().unwrap();
        found.iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // With its session the browser ends, too; without, it would outlive its driver.
        if !self.session.is_empty() {
            let _ = self.here("DELETE", "", json!({}));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        // The last of its processes may write for a moment yet.
        let since = Instant::now();
        while std::fs::remove_dir_all(&self.profile).is_err() && since.elapsed() < Duration::from_secs(5) {
            std::thread::yield_now();
        }
    }
}
