//! Every thread of the workspace is started by this crate: a bare one would end silently where it panics.
#![allow(clippy::unwrap_used, reason = "a test says what it needs by failing")]

use std::path::{Path, PathBuf};

/// How the standard library starts threads.
const BARE: [&str; 4] = [
    "thread::spawn",
    "thread::Builder",
    "thread::scope",
    "use std::thread::{",
];

fn source_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Whether the module above a file takes it in for tests alone.
fn is_test(file: &Path) -> bool {
    let name = file.file_stem().unwrap().to_str().unwrap();
    let declared = format!("#[cfg(test)]\nmod {name};");
    let folder = file.parent().unwrap();
    let above = ["mod.rs", "lib.rs", "main.rs"].map(|name| folder.join(name));
    above
        .into_iter()
        .chain([folder.with_extension("rs")])
        .any(|above| std::fs::read_to_string(above).is_ok_and(|text| text.contains(&declared)))
}

#[test]
fn threads_are_started_here_and_nowhere_else() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    source_files(&workspace.join("src"), &mut files);
    for entry in std::fs::read_dir(workspace.join("crates")).unwrap() {
        let of_crate = entry.unwrap().path();
        if of_crate.is_dir() && !of_crate.ends_with("refocus-workers") {
            source_files(&of_crate.join("src"), &mut files);
        }
    }
    assert!(files.len() > 100, "{} files", files.len());
    let mut bare = Vec::new();
    for file in files.iter().filter(|file| !is_test(file)) {
        let text = std::fs::read_to_string(file).unwrap();
        // Tests may start what they like.
        let product = text.split("#[cfg(test)]").next().unwrap();
        for (number, line) in product.lines().enumerate() {
            if BARE.iter().any(|way| line.contains(way)) {
                bare.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(bare.is_empty(), "{}", bare.join("\n"));
}
