//! What must be absent, looked for in the source: the invariants that no type can hold.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Every Rust source below a folder of the workspace, by its path from the workspace's root.
fn sources(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let name = path
                    .strip_prefix(&root)
                    .unwrap()
                    .to_string_lossy()
                    .replace('\\', "/");
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

/// Files of `folder` that hold one of `words`, but for `allowed`.
fn that_hold(folder: &str, words: &[&str], allowed: &[&str]) -> Vec<String> {
    let offenders = sources(folder).into_iter().filter(|(name, text)| {
        !allowed.iter().any(|allowed| name.contains(allowed)) && words.iter().any(|word| text.contains(word))
    });
    offenders.map(|(name, _)| name).collect()
}

#[test]
fn only_the_store_runs_queries() {
    let queries = [
        "::find()",
        "find_by_id(",
        "Statement::from",
        ".exec(",
        "query_one",
        "query_all",
        "execute_unprepared",
    ];
    assert_eq!(
        that_hold("api/src", &queries, &["api/src/store"]),
        Vec::<String>::new()
    );
}

#[test]
fn rows_are_written_by_the_few_functions_that_note_them_for_the_log() {
    let writes = [
        ".exec(",
        "exec_without_returning",
        "exec_with_returning",
        ".insert(&",
        ".update(&",
        ".delete(&",
        ".save(&",
    ];
    assert_eq!(
        that_hold(
            "api/src",
            &writes,
            // Answers that are kept for repeats are no act of anybody's.
            &[
                "api/src/store.rs",
                "api/src/store/audit.rs",
                "api/src/store/repeats.rs"
            ]
        ),
        Vec::<String>::new()
    );
}

#[test]
fn only_the_guard_opens_the_store() {
    assert_eq!(
        that_hold(
            "api/src",
            &["Store::open(", "store.open(", ".open(&"],
            &["http/access.rs"]
        ),
        Vec::<String>::new()
    );
    let nobody = [
        "api/src/store",
        "api/src/auth/sessions.rs",
        "api/src/auth/sign_in.rs",
        "api/src/collecting/imports.rs",
        "api/src/collecting/retention.rs",
        "api/src/collecting/withdrawals.rs",
        "api/src/server.rs",
        "api/src/commands.rs",
        "api/src/demo.rs",
        "api/src/http/access.rs",
    ];
    assert_eq!(
        that_hold("api/src", &["open_for_nobody"], &nobody),
        Vec::<String>::new()
    );
}

#[test]
fn only_the_clock_reads_time_and_makes_ids() {
    let words = [
        "now_utc",
        "SystemTime::now",
        "Utc::now",
        "now_v7",
        "new_v4",
        "getrandom::",
    ];
    assert_eq!(
        that_hold("api/src", &words, &["api/src/clock.rs"]),
        Vec::<String>::new()
    );
    assert_eq!(
        that_hold("api/domain/src", &[&words[..], &["Instant::now"]].concat(), &[]),
        Vec::<String>::new()
    );
}

#[test]
fn no_row_can_be_an_answer() {
    let entities =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../entity/src/lib.rs")).unwrap();
    assert!(
        !entities.contains("Serialize"),
        "an entity that is Serialize could become an answer unseen"
    );
}

#[test]
fn no_log_line_holds_words() {
    // What is logged is named field by field; a whole input, view or row would bring somebody's words along.
    let logged = sources("api/src").into_iter().flat_map(|(name, text)| {
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("tracing::"))
            .map(ToOwned::to_owned);
        lines.map(move |line| (name.clone(), line)).collect::<Vec<_>>()
    });
    for (name, line) in logged {
        for word in ["input", "view", "row", "body", "text", "?"] {
            assert!(
                !line.contains(&format!("{word}=")) && !line.contains(&format!("?{word}")),
                "{name}: {line}"
            );
        }
    }
}
