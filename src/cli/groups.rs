//! `refocus groups`: photos that are alike under a focus, together.

use serde_json::json;

use refocus_engine::{GroupKind, LibraryPaths, SearchRequest, ViewKind};

use super::arguments::Groups;
use super::output;
use super::session::Session;

/// Paths printed a group where JSON is not asked for.
const SHOWN: usize = 5;

pub(super) fn run(paths: &LibraryPaths, arguments: &Groups) -> anyhow::Result<()> {
    let mut session = Session::start(paths)?;
    let scope = session.filter_of(&arguments.scope)?;
    let request = SearchRequest {
        focus: arguments.focus.clone(),
        view: ViewKind::Groups,
        filter: scope,
        ..SearchRequest::default()
    };
    let results = session.search(request)?;
    if let Some(notice) = &results.notice {
        output::say(&format!("refocus: {notice}"));
    }
    let groups = results.groups.clone().unwrap_or_default();
    if arguments.json {
        let groups: Vec<_> = groups
            .iter()
            .map(|group| {
                let paths: Vec<_> = group
                    .rows
                    .iter()
                    .filter_map(|&number| session.rows.get(number))
                    .map(|row| output::path_text(&row.path).0)
                    .collect();
                json!({
                    "value_words": group.value_words,
                    "kind": match group.kind {
                        GroupKind::Alike => "alike",
                        GroupKind::Other => "other",
                        GroupKind::Unclear => "unclear",
                    },
                    "count": group.rows.len(),
                    "paths": paths,
                })
            })
            .collect();
        return output::print_json(&json!({
            "model": session.device.model,
            "focus": arguments.focus,
            "photos": results.ranked,
            "groups": groups,
        }));
    }
    for group in groups.iter() {
        let head = match group.kind {
            GroupKind::Alike => group.value_words.join(", "),
            GroupKind::Other => "Other".to_owned(),
            GroupKind::Unclear => "Unclear".to_owned(),
        };
        output::print(&format!("{head} ({})", group.rows.len()));
        for row in group
            .rows
            .iter()
            .take(SHOWN)
            .filter_map(|&number| session.rows.get(number))
        {
            output::print(&format!("    {}", row.path.display()));
        }
    }
    Ok(())
}
