//! The figures of pointing, of published benchmarks and of coloured shapes as tables.

use refocus::cli::eval_tables::{head, row};
use refocus::cli::output;
use refocus_training::evaluation::ways::Contender;

use crate::evaluation::colorshape::Retrieval;
use crate::evaluation::pointing::Metrics;

/// Prints the figures of pointing, in percent.
pub(crate) fn print_pointing(metrics: &Metrics, ways: &[Contender]) {
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

/// Where captions find their photos, a line a way.
pub(crate) fn print_found(ways: &serde_json::Map<String, serde_json::Value>) {
    output::print(&format!(
        "{:<16}{:>8}{:>8}{:>8}{:>14}",
        "", "R@1", "R@5", "R@10", "median place"
    ));
    for (way, found) in ways {
        let percent = |name: &str| found.get(name).and_then(serde_json::Value::as_f64).unwrap_or(0.0) * 100.0;
        let median = found
            .get("median_rank")
            .and_then(serde_json::Value::as_u64)
            .unwrap_or(0);
        output::print(&format!(
            "{:<16}{:>8.1}{:>8.1}{:>8.1}{median:>14}",
            way.replace('_', " "),
            percent("recall_at_1"),
            percent("recall_at_5"),
            percent("recall_at_10"),
        ));
    }
}

/// Figures of a benchmark, a column a way.
pub(crate) fn print_ways(ways: &serde_json::Map<String, serde_json::Value>) {
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
pub(crate) fn print_colorshape(
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

/// How many photos' words the reader of text finds, what its gate keeps, and times.
pub(crate) fn print_text(metrics: &serde_json::Value) {
    let percent = |value: &serde_json::Value| value.as_f64().unwrap_or_default() * 100.0;
    output::print(&format!(
        "{:<16}{:>18}{:>18}{:>18}",
        "words as", "first two found", "any two found", "false hits"
    ));
    for way in ["exact", "parts", "forgiving"] {
        let found = &metrics["found"][way];
        output::print(&format!(
            "{way:<16}{:>16.1} %{:>16.1} %{:>16.1} %",
            percent(&found["first_two"]),
            percent(&found["any_two"]),
            percent(&found["false_hits"])
        ));
    }
    let gate = &metrics["gate"];
    output::print(&format!(
        "gate: keeps {:.1} % of {} photos whose words are found, {:.1} % of those with text; passes {:.1} % of those without",
        percent(&gate["keeps_of_findable"]),
        gate["findable"],
        percent(&gate["keeps_of_labelled"]),
        percent(&gate["passes_of_without"])
    ));
    let ms = |value: &serde_json::Value| value.as_f64().unwrap_or_default();
    output::print(&format!(
        "ms a photo on one thread: gate {:.0}, reading with text {:.0}, without {:.0}",
        ms(&gate["ms"]),
        ms(&metrics["ms_with"]),
        ms(&metrics["ms_without"])
    ));
}

/// Characters of rendered pages that are right, by kind and language.
pub(crate) fn print_pages(metrics: &serde_json::Value) {
    let line = |name: &str, share: &serde_json::Value| {
        output::print(&format!(
            "{name:<16}{:>8.1} %",
            share.as_f64().unwrap_or_default() * 100.0
        ));
    };
    line("all", &metrics["right"]);
    for groups in ["kinds", "languages"] {
        for (name, share) in metrics[groups].as_object().into_iter().flatten() {
            line(name, share);
        }
    }
}
