//! The figures of `refocus eval` as tables: aspects as rows, the ways side by side.

use crate::evaluation::aspect::Measures;
use crate::evaluation::colorshape::Retrieval;
use crate::evaluation::pointing::Metrics;
use crate::evaluation::report::AspectReport;
use crate::evaluation::ways::Contender;

use super::output;

/// A measure: its title, how it is read, and what an order that knows nothing reaches, where that is known.
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

/// What a guess among the labels reaches; also the mean over labels of their shares of the photos.
fn one_label(report: &AspectReport) -> Option<f64> {
    (report.labels > 0).then(|| 1.0 / report.labels as f64)
}

/// Prints one table a measure, in percent; measures that nobody has are left out.
pub(super) fn print_aspects(reports: &[AspectReport]) {
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

/// Prints the figures of pointing, in percent.
pub(super) fn print_pointing(metrics: &Metrics, ways: &[Contender]) {
    let get = |name: String| metrics.get(&name).copied();
    for (title, prefix) in [("\"the colour of the X\"", ""), ("\"the X\"", "object_")] {
        head(title);
        for (name, metric, chance) in [
            ("X's colour word is nearer", "binding", "chance_binding"),
            (
                "more than half of the cells' heat in X's box",
                "pointing",
                "even_map_pointing",
            ),
            ("the same on the map as shown", "map_pointing", "even_map_pointing"),
            (
                "mean share of the heat in X's box",
                "heat_inside",
                "even_map_heat_inside",
            ),
            (
                "denser in X's box than in the other",
                "named_over_other",
                "chance_named_over_other",
            ),
        ] {
            let of = |way: Contender| {
                ways.contains(&way)
                    .then(|| get(format!("{}_{prefix}{metric}", way.key())))
                    .flatten()
            };
            let values = Contender::ALL.map(of);
            if values.iter().any(Option::is_some) {
                row(name, get(chance.to_owned()), values);
            }
        }
    }
    if let Some(best) = get("best_cell_pointing".to_owned()) {
        output::print(&format!("\nall heat in the best cell would hit {:.1} %", best * 100.0));
    }
}

fn head(title: &str) {
    let ways = Contender::ALL.map(|way| format!("{:>15}", way.label()));
    output::print(&format!("\n{title:<44}{:>8}{}", "chance", ways.concat()));
}

fn row(name: &str, chance: Option<f64>, values: [Option<f64>; 3]) {
    let percent = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{:.1}", value * 100.0));
    let values = values.map(|value| format!("{:>15}", percent(value)));
    output::print(&format!("{name:<44}{:>8}{}", percent(chance), values.concat()));
}

/// Figures of a benchmark, a column a way.
pub(super) fn print_ways(ways: &serde_json::Map<String, serde_json::Value>) {
    let measures: std::collections::BTreeSet<&String> = ways
        .values()
        .filter_map(serde_json::Value::as_object)
        .flat_map(serde_json::Map::keys)
        .collect();
    let heads: String = ways
        .keys()
        .map(|way| format!("{:>16}", way.replace('_', " ")))
        .collect();
    output::print(&format!("{:<44}{heads}", ""));
    for measure in measures {
        let figures: String = ways
            .values()
            .map(|way| match way.get(measure).and_then(serde_json::Value::as_f64) {
                Some(value) => format!("{:>16.1}", 100.0 * value),
                None => format!("{:>16}", "–"),
            })
            .collect();
        output::print(&format!("{measure:<44}{figures}"));
    }
}

/// Retrieval by colour and by shape, a line a tower.
pub(super) fn print_colorshape(
    report: &std::collections::BTreeMap<&'static str, std::collections::BTreeMap<&'static str, Retrieval>>,
) {
    output::print(&format!(
        "{:<34}{:>8}{:>14}{:>8}   of every ten pictures one asks; mAP in %, over all and over unseen pairs; top-1 in %",
        "tower · asked for", "mAP", "unseen pairs", "top-1"
    ));
    for (tower, aspects) in report {
        let tower = match *tower {
            "plain" => "without a condition",
            "layer-0" => "condition at the first block",
            _ => "condition at the last block",
        };
        for (aspect, figures) in aspects {
            output::print(&format!(
                "{:<34}{:>8.1}{:>14.1}{:>8.1}",
                format!("{tower} · {aspect}"),
                100.0 * figures.map,
                100.0 * figures.map_unseen,
                100.0 * figures.top1
            ));
        }
    }
}
