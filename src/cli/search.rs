//! `refocus search`: an order of the library's photos.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use refocus_engine::PhotoRow;
use refocus_engine::{
    Filter, LibraryPaths, Near, PeopleState, Place, Rejected, SearchRequest, SearchResults, with_facts,
};

use super::arguments::{RejectedChoice, Search};
use super::output;
use super::session::{Session, folder_within};

/// Photos printed where neither `--top` nor `--json` is given.
const TOP: usize = 20;

pub(super) fn run(paths: &LibraryPaths, arguments: &Search) -> anyhow::Result<()> {
    let within = folder_within(arguments.within.as_deref())?;
    let mut session = Session::start(paths)?;
    if arguments.check_first > 0 && !session.device.can_rerank {
        bail!(
            "{} has no condition adapter; `refocus train --checkpoint NAME` makes one",
            session.device.model
        );
    }
    let mut references = Vec::new();
    for (files, positive) in [(&arguments.like, true), (&arguments.unlike, false)] {
        for file in files {
            references.push(session.reference(file, positive)?);
        }
    }
    let near = match &arguments.near {
        Some(near) => Some(Near {
            place: place_of(&session, near)?,
            radius_m: arguments.radius * 1000.0,
        }),
        None => None,
    };
    let top = arguments.top.unwrap_or(if arguments.json { usize::MAX } else { TOP });
    let request = SearchRequest {
        references,
        focus: arguments.focus.clone(),
        find: arguments.find.clone(),
        strength: arguments.strength,
        filter: Filter {
            within,
            keywords: arguments.keywords.clone(),
            stars: arguments.stars,
            rejected: match arguments.rejected {
                RejectedChoice::Show => Rejected::Shown,
                RejectedChoice::Hide => Rejected::Hidden,
                RejectedChoice::Only => Rejected::Only,
            },
            near,
            ..Filter::default()
        },
        rerank_first: arguments.check_first,
        explain_first: if arguments.json || arguments.why { top } else { 0 },
        ..SearchRequest::default()
    };
    let results = session.search(request)?;
    if let Some(notice) = &results.notice {
        output::say(&format!("refocus: {notice}"));
    }
    if let Some(notice) = &results.find_notice {
        output::say(&format!("refocus: {notice}"));
    }
    if results.scores.is_empty() {
        output::say(&format!("refocus: {}", without_scores(&arguments.focus)));
    }
    let ranked = ranked_rows(&session, &results);
    if arguments.json {
        let entries: Vec<Value> = ranked
            .take(top)
            .map(|(place, row)| entry(&session.people, &results, place, row))
            .collect();
        let not_encoded: Vec<Value> = not_ranked(&session, &results)
            .map(|row| with_facts(row, &session.people, json!({})))
            .collect();
        return output::print_json(&json!({
            "model": session.device.model,
            "focus": arguments.focus,
            "find": arguments.find,
            "photos": results.order.len(),
            "ms": results.timings.total_ms,
            "checked": results.reranked,
            "way": format!("{:?}", results.way),
            "understood_as": results.condition_words.iter().collect::<Vec<_>>(),
            "find_notice": results.find_notice,
            "results": entries,
            "not_encoded": not_encoded,
        }));
    }
    for (place, row) in ranked.take(top) {
        let score = results.scores.get(place).filter(|score| score.is_finite());
        let score = score.map_or_else(String::new, |score| format!("{score:>7.3}  "));
        let words = results.value_words.get(place).map_or_else(String::new, |words| {
            let words: Vec<String> = words
                .iter()
                .map(|(word, weight)| format!("{word} {weight:.2}"))
                .collect();
            format!("  ({})", words.join(", "))
        });
        let words = if arguments.why { words } else { String::new() };
        let written = results.written_source(place);
        let written = written.map_or_else(String::new, |source| format!("  [{source}]"));
        output::print(&format!(
            "{:>5}  {score}{}{written}{words}",
            place + 1,
            row.path.display()
        ));
    }
    Ok(())
}

/// The place that `--near` names: two numbers, or a photo of the library.
fn place_of(session: &Session, near: &str) -> anyhow::Result<Place> {
    let numbers = near.split_once(',').and_then(|(latitude, longitude)| {
        Some((
            latitude.trim().parse::<f64>().ok()?,
            longitude.trim().parse::<f64>().ok()?,
        ))
    });
    if let Some((latitude, longitude)) = numbers {
        return Place::new(latitude, longitude, None)
            .with_context(|| format!("there is no place with these degrees north and east: {near}"));
    }
    let path = std::path::absolute(near)?;
    let row = session.rows.iter().find(|row| !row.gone && *row.path == *path);
    let row = row.with_context(|| format!("neither two numbers of degrees nor a photo of the library: {near}"))?;
    row.gps()
        .with_context(|| format!("it is not known where this photo was taken: {near}"))
}

/// Says what the order is where nothing is ranked and there are no scores.
fn without_scores(focus: &str) -> String {
    let order = match focus.trim() {
        "" => "the newest photos are first".to_owned(),
        focus => format!("photos alike in {focus} stand together, the largest group first"),
    };
    format!("without --like, --unlike or --find there is no order by likeness and no score; {order}")
}

fn ranked_rows<'a>(
    session: &'a Session,
    results: &'a SearchResults,
) -> impl Iterator<Item = (usize, &'a PhotoRow)> + 'a {
    let ranked = results.order.iter().take(results.ranked).enumerate();
    ranked.filter_map(|(place, &number)| session.rows.get(number).map(|row| (place, row)))
}

fn not_ranked<'a>(session: &'a Session, results: &'a SearchResults) -> impl Iterator<Item = &'a PhotoRow> + 'a {
    results
        .order
        .iter()
        .skip(results.ranked)
        .filter_map(|&number| session.rows.get(number))
}

fn entry(people: &PeopleState, results: &SearchResults, place: usize, row: &PhotoRow) -> Value {
    let finite = |scores: &[f32]| scores.get(place).copied().filter(|score| score.is_finite());
    let words = results.value_words.get(place).map(Vec::as_slice).unwrap_or_default();
    with_facts(
        row,
        people,
        json!({
            "rank": place + 1,
            "score": finite(&results.scores),
            "plain_rank": results.plain_ranks.get(place).map(|rank| rank + 1),
            "plain_score": finite(&results.plain_scores),
            "value_words": words,
            "written": results.written_source(place),
        }),
    )
}
