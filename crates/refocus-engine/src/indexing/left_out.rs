//! What the table of what systems and programs keep for themselves left out of a folder, for those who ask about the folder; and
//! photos that were listed before the table (or a row of it) left them out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use refocus_media::{LeftOut, LeftOutRule, ScanSummary, left_out_rules};

use crate::event::LeftOutHere;

/// Most paths of each row that are told.
const EXAMPLES: usize = 12;

/// Most rows of the table that a line for the person names.
const MOST_NAMED: usize = 3;

/// What a scan left out, a row of the table each.
pub(super) fn left_out_here(summary: &ScanSummary) -> Arc<[LeftOutHere]> {
    let mut examples: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
    for LeftOut { path, rule, .. } in &summary.left_out {
        examples.entry(rule).or_default().push(path.clone());
    }
    let here = left_out_rules().iter().filter_map(|rule| {
        let count = *summary.left_out_by_rule.get(rule.id)?;
        let mut examples = examples.remove(rule.id).unwrap_or_default();
        // The file system's order may be another one at the next look, which is no news.
        examples.sort();
        examples.truncate(EXAMPLES);
        Some(LeftOutHere {
            rule: rule.id,
            count,
            examples,
        })
    });
    here.collect()
}

/// Photos that were listed and are left out from now on.
#[derive(Debug, Default)]
pub(super) struct TakenAway {
    photos: usize,
    /// How many by each row, the row's id first.
    by_rule: BTreeMap<&'static str, (&'static LeftOutRule, usize)>,
}

impl TakenAway {
    /// A photo is left out by this row.
    pub(super) fn note(&mut self, rule: &'static LeftOutRule) {
        self.photos += 1;
        self.by_rule.entry(rule.id).or_insert((rule, 0)).1 += 1;
    }

    /// A line for the person; `None` where there was nothing.
    pub(super) fn line(&self, folder: &Path) -> Option<String> {
        let mut rules: Vec<_> = self.by_rule.values().collect();
        rules.sort_by_key(|(_, photos)| std::cmp::Reverse(*photos));
        let named: Vec<&str> = rules.iter().map(|(rule, _)| rule.name).take(MOST_NAMED).collect();
        let more = if rules.len() > named.len() { " and others" } else { "" };
        let (is, it) = if self.photos == 1 {
            ("photo is", "it")
        } else {
            ("photos are", "them")
        };
        (self.photos > 0).then(|| {
            format!(
                "{} {is} left out from now on ({}{more}); a switch in the settings takes {it} in again: {}",
                self.photos,
                named.join("; "),
                folder.display()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_media::{LeftOutCount, left_out_rule};

    #[test]
    fn what_was_left_out_is_told_by_rows_in_the_order_of_the_table_with_some_examples() {
        let mut summary = ScanSummary::default();
        for number in (0..20).rev() {
            summary.left_out.push(LeftOut {
                path: format!("/p/{number:02}/@eaDir").into(),
                rule: "synology-eadir",
                is_folder: true,
            });
        }
        let count = |folders, files| LeftOutCount { folders, files };
        summary.left_out_by_rule.insert("nomedia", count(1, 0));
        summary.left_out_by_rule.insert("synology-eadir", count(20, 0));
        let here = left_out_here(&summary);
        let told: Vec<_> = here.iter().map(|here| (here.rule, here.count)).collect();
        assert_eq!(told, [("synology-eadir", count(20, 0)), ("nomedia", count(1, 0))]);
        assert_eq!(here[0].examples.len(), EXAMPLES);
        assert_eq!(here[0].examples[0], Path::new("/p/00/@eaDir"));
        assert!(here[1].examples.is_empty());
    }

    #[test]
    fn photos_that_are_taken_away_are_told_with_the_rows_that_did_it() {
        let mut taken_away = TakenAway::default();
        assert_eq!(taken_away.line(Path::new("/p")), None);
        taken_away.note(left_out_rule("nomedia").unwrap());
        assert_eq!(
            taken_away.line(Path::new("/p")).unwrap(),
            "1 photo is left out from now on (.nomedia); a switch in the settings takes it in again: /p"
        );
        for rule in ["synology-eadir", "synology-eadir", "noimage", "hash-recycle"] {
            taken_away.note(left_out_rule(rule).unwrap());
        }
        let line = taken_away.line(Path::new("/p")).unwrap();
        assert!(
            line.starts_with("5 photos are left out from now on (@eaDir …; "),
            "{line}"
        );
        assert!(
            line.contains(" and others); a switch in the settings takes them in again"),
            "{line}"
        );
    }
}
