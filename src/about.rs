//! What the program says of itself: version, commit, licences, and what it is made from.
//!
//! The notices and the bill of materials are gathered at build by `packaging/build.rs`, from the packages that are compiled in.

pub use refocus_model::assets::model_card;

/// Application id: desktop entry, icon, window.
pub const ID: &str = "io.github.refocus.Refocus";

/// Version of this package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that the program was built from, where the build says so (`REFOCUS_COMMIT`); else `unknown`.
pub const COMMIT: &str = match option_env!("REFOCUS_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};

/// Refocus's own licence.
pub const LICENCE: &str = env!("CARGO_PKG_LICENSE");

/// Text of the MIT licence, as Refocus uses it.
pub const LICENCE_MIT: &str = include_str!("../LICENSE-MIT");

/// Text of the Apache licence 2.0.
pub const LICENCE_APACHE: &str = include_str!("../LICENSE-APACHE");

/// What others made, with the texts of their licences.
pub const NOTICES: &str = include_str!(concat!(env!("OUT_DIR"), "/third-party-notices.txt"));

/// Everything that is in the program, as CycloneDX 1.5 JSON.
pub const BILL_OF_MATERIALS: &str = include_str!(concat!(env!("OUT_DIR"), "/refocus.cdx.json"));

/// A part of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Name of the package or of the model's part.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SPDX expression.
    pub licence: String,
}

/// The parts that [`BILL_OF_MATERIALS`] lists, in its order.
#[must_use]
pub fn parts() -> Vec<Part> {
    let bill: serde_json::Value = serde_json::from_str(BILL_OF_MATERIALS).unwrap_or_default();
    let text = |value: Option<&serde_json::Value>| value.and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    let components = bill.get("components").and_then(|list| list.as_array());
    components
        .into_iter()
        .flatten()
        .map(|part| Part {
            name: text(part.get("name")),
            version: text(part.get("version")),
            licence: text(
                part.pointer("/licenses/0/expression")
                    .or_else(|| part.pointer("/licenses/0/license/name")),
            ),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bill_names_the_parts_that_matter_each_with_a_licence() {
        let parts = parts();
        for name in ["egui", "candle-core", "rusqlite", "tokenizers", "EfficientNet-Lite2"] {
            assert!(parts.iter().any(|part| part.name == name), "{name} is missing");
        }
        // Tests alone use the first: it is in no program that a person gets. The crates of this workspace are the program itself.
        for name in ["criterion", "refocus", "refocus-engine", "refocus-lab"] {
            assert!(parts.iter().all(|part| part.name != name), "{name} is listed");
        }
        for part in &parts {
            assert!(!part.licence.is_empty(), "{} has no licence", part.name);
        }
    }

    #[test]
    fn the_notices_hold_the_texts_and_not_only_the_names() {
        assert!(NOTICES.contains("Permission is hereby granted, free of charge"));
        assert!(NOTICES.contains("SIL OPEN FONT LICENSE"), "the fonts' licence");
        assert!(NOTICES.contains("The Inter Project Authors"), "the typeface");
        assert!(NOTICES.contains("all-MiniLM-L6-v2"), "the model's parts");
        assert!(NOTICES.len() > 100_000, "{} bytes", NOTICES.len());
    }

    #[test]
    fn the_bill_is_cyclonedx_and_every_dependency_it_names_is_listed() {
        let bill: serde_json::Value = serde_json::from_str(BILL_OF_MATERIALS).unwrap();
        assert_eq!(bill["bomFormat"], "CycloneDX");
        let listed: std::collections::HashSet<&str> = bill["components"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part["bom-ref"].as_str().unwrap())
            .collect();
        assert_eq!(listed.len(), parts().len(), "a reference is used twice");
        let needs = bill["dependencies"][0]["dependsOn"].as_array().unwrap();
        assert!(
            needs
                .iter()
                .any(|need| need.as_str().unwrap().starts_with("pkg:cargo/rusqlite@")),
            "what the crates of the workspace need, the program needs"
        );
        for node in bill["dependencies"].as_array().unwrap() {
            for on in node["dependsOn"].as_array().unwrap() {
                assert!(listed.contains(on.as_str().unwrap()), "{on} is not listed");
            }
        }
    }
}
