//! The figures of evaluations as tables: aspects as rows, the ways side by side.

use refocus_training::evaluation::aspect::Measures;
use refocus_training::evaluation::report::AspectReport;
use refocus_training::evaluation::ways::Contender;

use super::output;

/// A measure: its title, how it is read from a report, and its value at chance, where that is known.
type Table = (
    &'static str,
    fn(&Measures) -> Option<f64>,
    fn(&AspectReport) -> Option<f64>,
);

const TABLES: [Table; 13] = [
    ("mAP, photo to photos", |m| m.map, |r| r.chance),
    ("mAP, combinations that training saw", |m| m.map_seen, |_| None),
    (
        "mAP, combinations that training never saw",
        |m| m.map_held_out,
        |_| None,
    ),
    ("R@1 of 15", |m| m.recall_at_1, |_| Some(1.0 / 15.0)),
    ("R@2 of 15", |m| m.recall_at_2, |_| Some(2.0 / 15.0)),
    ("R@3 of 15", |m| m.recall_at_3, |_| Some(3.0 / 15.0)),
    ("mAP, words to photos", |m| m.words_map, one_label),
    (
        "mAP, words to photos, match added",
        |m| m.words_and_match_map,
        one_label,
    ),
    ("top-1, nearest label words", |m| m.top1, one_label),
    ("clusters, accuracy", |m| m.cluster_accuracy, |_| None),
    ("clusters, NMI", |m| m.cluster_nmi, |_| None),
    ("groups as shown, purity", |m| m.groups_purity, |_| None),
    ("groups as shown, NMI", |m| m.groups_nmi, |_| None),
];

/// Chance: the mean over labels of their shares of the photos.
fn one_label(report: &AspectReport) -> Option<f64> {
    (report.labels > 0).then(|| 1.0 / report.labels as f64)
}

/// Prints one table a measure, in percent; measures that nobody has are left out.
pub fn print_aspects(reports: &[AspectReport]) {
    for report in reports {
        output::print(&format!(
            "{}: \"{}\", {} labels, {} photos, {} queries, {} templates",
            report.name,
            report.instruction,
            report.labels,
            report.ways.first().map_or(0, |(_, measures)| measures.n),
            report.queries,
            report.templates
        ));
    }
    for (title, measure, chance) in TABLES {
        let has_any = |report: &AspectReport| report.ways.iter().any(|(_, measures)| measure(measures).is_some());
        if !reports.iter().any(has_any) {
            continue;
        }
        head(title);
        for report in reports {
            let of = |way| report.way(way).and_then(measure);
            row(&report.name, chance(report), Contender::ALL.map(of));
        }
    }
    for report in reports {
        print_wordings(report);
    }
    output::print("");
}

fn print_wordings(report: &AspectReport) {
    let Some((_, first)) = report.wordings.first() else {
        return;
    };
    head(&format!("mAP of {}, other wordings", report.name));
    let given = |way| report.way(way).and_then(|measures| measures.map);
    row(&report.instruction, report.chance, Contender::ALL.map(given));
    let of = |way: Contender| {
        report
            .wordings
            .iter()
            .find(|(judged, _)| *judged == way)
            .map(|(_, m)| m)
    };
    for (place, wording) in first.wordings.iter().enumerate() {
        let map = |way| of(way).and_then(|measures| measures.wordings.get(place)?.map);
        row(&wording.instruction, None, Contender::ALL.map(map));
    }
    row("mean", None, Contender::ALL.map(|way| of(way).and_then(|m| m.mean)));
    let worst = Contender::ALL.map(|way| of(way).and_then(|m| m.worst_difference));
    row("worst difference", None, worst);
}

/// The head of a table.
pub fn head(title: &str) {
    let ways = Contender::ALL.map(|way| format!("{:>15}", way.label()));
    output::print(&format!("\n{title:<44}{:>8}{}", "chance", ways.concat()));
}

/// A row of a table; what nobody measured is a dash.
pub fn row(name: &str, chance: Option<f64>, values: [Option<f64>; 3]) {
    let percent = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{:.1}", value * 100.0));
    let values = values.map(|value| format!("{:>15}", percent(value)));
    output::print(&format!("{name:<44}{:>8}{}", percent(chance), values.concat()));
}
