//! Which crate may use which: each is one station of a photo's way, and knows only stations before it.

use std::collections::BTreeSet;
use std::path::Path;

/// What a crate is allowed and what is kept from it. Tests and benchmarks of a crate may use more.
struct Rule {
    name: &'static str,
    /// Crates of this workspace that it may use.
    may_use: &'static [&'static str],
    /// Packages of others that it must not know.
    must_not_know: &'static [&'static str],
}

const SQLITE: &str = "rusqlite";
const CANDLE: &str = "candle";
const WINDOW: &str = "eframe";
const TOOLKIT: &str = "egui";
const COMMAND_LINE: &str = "clap";

const RULES: [Rule; 11] = [
    Rule {
        name: "refocus-workers",
        may_use: &[],
        must_not_know: &[SQLITE, CANDLE, WINDOW, TOOLKIT, COMMAND_LINE],
    },
    Rule {
        name: "refocus-resize",
        may_use: &[],
        must_not_know: &[SQLITE, CANDLE, WINDOW, TOOLKIT, COMMAND_LINE],
    },
    Rule {
        name: "refocus-scenes",
        // Its pictures are drawn on threads, and every thread is started by one module.
        may_use: &["refocus-workers"],
        must_not_know: &[SQLITE, CANDLE, WINDOW, TOOLKIT, COMMAND_LINE],
    },
    Rule {
        name: "refocus-media",
        may_use: &["refocus-resize", "refocus-workers"],
        must_not_know: &[SQLITE, CANDLE, WINDOW, TOOLKIT, COMMAND_LINE],
    },
    Rule {
        name: "refocus-model",
        may_use: &["refocus-resize", "refocus-workers"],
        must_not_know: &[SQLITE, WINDOW, TOOLKIT, COMMAND_LINE],
    },
    Rule {
        name: "refocus-store",
        may_use: &["refocus-workers"],
        must_not_know: &[CANDLE, WINDOW, TOOLKIT, COMMAND_LINE],
    },
    Rule {
        name: "refocus-search",
        may_use: &["refocus-model", "refocus-workers"],
        must_not_know: &[SQLITE, WINDOW, TOOLKIT, COMMAND_LINE],
    },
    Rule {
        name: "refocus-training",
        may_use: &[
            "refocus-media",
            "refocus-model",
            "refocus-scenes",
            "refocus-search",
            "refocus-workers",
        ],
        must_not_know: &[SQLITE, WINDOW, TOOLKIT, COMMAND_LINE],
    },
    Rule {
        name: "refocus-engine",
        may_use: &[
            "refocus-media",
            "refocus-model",
            "refocus-scenes",
            "refocus-search",
            "refocus-store",
            "refocus-workers",
        ],
        must_not_know: &[WINDOW, TOOLKIT, COMMAND_LINE],
    },
    Rule {
        name: "refocus",
        may_use: &[
            "refocus-engine",
            "refocus-media",
            "refocus-model",
            "refocus-scenes",
            "refocus-search",
            "refocus-training",
            "refocus-workers",
        ],
        must_not_know: &[SQLITE, CANDLE],
    },
    Rule {
        name: "refocus-lab",
        may_use: &[
            "refocus",
            "refocus-engine",
            "refocus-media",
            "refocus-model",
            "refocus-scenes",
            "refocus-search",
            "refocus-store",
            "refocus-training",
            "refocus-workers",
        ],
        must_not_know: &[SQLITE],
    },
];

/// The packages in a manifest's sections of dependencies that the crate itself is compiled with.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut within = false;
    let mut found = BTreeSet::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            let of_tests = section.contains("dev-dependencies") || section.contains("build-dependencies");
            let of_workspace = section.starts_with("workspace");
            // One package of its own section: [dependencies.NAME].
            let (before, named) = section.split_once("dependencies.").unwrap_or((section, ""));
            if !named.is_empty() && !of_tests && !of_workspace && !before.contains("metadata") {
                found.insert(named.to_owned());
            }
            within = section.ends_with("dependencies") && !of_tests && !of_workspace;
        } else if within && !line.is_empty() && !line.starts_with('#') {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            found.insert(name.trim_matches('"').to_owned());
        }
    }
    found
}

fn manifest_of(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = if name == "refocus" {
        root.to_path_buf()
    } else {
        root.join("crates").join(name)
    };
    std::fs::read_to_string(folder.join("Cargo.toml")).unwrap()
}

/// Whether a package is the named one or one of its family, as `candle-core` is of candle.
fn is_of(package: &str, family: &str) -> bool {
    package
        .strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

#[test]
fn each_crate_uses_only_what_its_station_may() {
    for rule in RULES {
        let used = dependencies(&manifest_of(rule.name));
        assert!(!used.is_empty() || rule.name == "refocus-workers", "{}", rule.name);
        for package in &used {
            let own = is_of(package, "refocus");
            assert!(
                !own || rule.may_use.contains(&package.as_str()),
                "{} must not use {package}",
                rule.name
            );
            let forbidden = rule.must_not_know.iter().find(|family| is_of(package, family));
            assert!(forbidden.is_none(), "{} must not know {package}", rule.name);
        }
    }
}

#[test]
fn every_crate_has_a_rule() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
    for entry in std::fs::read_dir(crates).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(RULES.iter().any(|rule| rule.name == name), "{name} has no rule");
    }
}

#[test]
fn a_dependency_is_found_however_it_is_written() {
    let manifest = "
[package]
name = \"x\"
[dependencies]
a.workspace = true
# b.workspace = true
c = { path = \"..\" }
\"d\" = \"1\"
[target.'cfg(unix)'.dependencies]
e = \"1\"
[dependencies.f]
version = \"1\"
[dev-dependencies]
g = \"1\"
[build-dependencies]
h = \"1\"
[dev-dependencies.i]
version = \"1\"
[lints]
workspace = true
";
    let found: Vec<String> = dependencies(manifest).into_iter().collect();
    assert_eq!(found, ["a", "c", "d", "e", "f"]);
    assert!(is_of("candle-core", CANDLE) && is_of("egui", TOOLKIT) && !is_of("refocused", "refocus"));
}
