//! `refocus search`: an order of the library's photos.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use refocus_engine::PhotoRow;
use refocus_engine::{
    Filter, HitOrder, LibraryPaths, Near, PeopleState, Place, Rejected, STRONG_SHARE, SearchRequest, SearchResults,
    SortKey, Today, taken_text, with_facts,
};

use super::arguments::{OrderChoice, RejectedChoice, Search};
use super::output;
use super::session::Session;

/// Photos printed where neither `--top` nor `--json` is given.
const TOP: usize = 20;

pub(super) fn run(paths: &LibraryPaths, arguments: &Search) -> anyhow::Result<()> {
    let mut session = Session::start(paths)?;
    let scope = session.filter_of(&arguments.scope)?;
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
    let order = match arguments.order {
        OrderChoice::Best => HitOrder::Best,
        OrderChoice::Newest => HitOrder::Newest,
        OrderChoice::Oldest => HitOrder::Oldest,
    };
    let request = SearchRequest {
        references,
        focus: arguments.focus.clone(),
        find: arguments.find.clone(),
        strength: arguments.strength,
        filter: Filter {
            keywords: arguments.keywords.clone(),
            stars: arguments.stars,
            rejected: match arguments.rejected {
                RejectedChoice::Show => Rejected::Shown,
                RejectedChoice::Hide => Rejected::Hidden,
                RejectedChoice::Only => Rejected::Only,
            },
            near,
            added_since: arguments
                .recently_added
                .map(|days| Today::now().days_ago(i64::from(days))),
            on_day: arguments.on_this_day,
            unrated: arguments.unrated,
            without_date: arguments.without_date,
            without_place: arguments.without_place,
            ..scope
        },
        sort: match arguments.order {
            OrderChoice::Oldest => SortKey::OldestFirst,
            OrderChoice::Best | OrderChoice::Newest => SortKey::DateTaken,
        },
        order,
        strong_share: arguments.strong.unwrap_or(STRONG_SHARE),
        rerank_first: arguments.check_first,
        explain_first: match (arguments.json || arguments.why, order) {
            (false, _) => 0,
            (true, HitOrder::Best) => top,
            // The first by date may be any of those that match.
            (true, HitOrder::Newest | HitOrder::Oldest) => usize::MAX,
        },
        ..SearchRequest::default()
    };
    let results = session.search(request)?;
    if let Some(understood) = &results.understood {
        output::say(&format!("refocus: {understood}"));
    }
    if let Some(notice) = &results.notice {
        output::say(&format!("refocus: {notice}"));
    }
    if let Some(notice) = &results.find_notice {
        output::say(&format!("refocus: {notice}"));
    }
    // Whoever looks for names alone has the photos of these.
    if results.scores.is_empty() && arguments.find.trim().is_empty() {
        output::say(&format!(
            "refocus: {}",
            without_scores(&arguments.focus, arguments.order)
        ));
    }
    let only_strong = arguments.strong.is_some() || order != HitOrder::Best;
    let shown = results.strong.filter(|_| only_strong).unwrap_or(results.ranked);
    let ranked = ranked_rows(&session, &results).take(shown);
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
            "order": arguments.order.name(),
            "strong": results.strong,
            "way": format!("{:?}", results.way),
            "understood_as": results.condition_words.iter().collect::<Vec<_>>(),
            "find_notice": results.find_notice,
            "in_english": results.understood,
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
        let day = if order == HitOrder::Best {
            String::new()
        } else {
            day_text(row)
        };
        output::print(&format!(
            "{:>5}  {score}{day}{}{written}{words}",
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
fn without_scores(focus: &str, order: OrderChoice) -> String {
    let order = match (order, focus.trim()) {
        (OrderChoice::Oldest, _) => "the oldest photos are first".to_owned(),
        (OrderChoice::Newest, _) | (OrderChoice::Best, "") => "the newest photos are first".to_owned(),
        (OrderChoice::Best, focus) => format!("photos alike in {focus} stand together, the largest group first"),
    };
    format!("without --like, --unlike or --find there is no order by likeness and no score; {order}")
}

/// The day on which a photo was taken, before its path; blank where it has no date.
fn day_text(row: &PhotoRow) -> String {
    let taken = if row.has_date() { taken_text(row) } else { String::new() };
    let day = taken.split('T').next().unwrap_or_default();
    format!("{day:<10}  ")
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
            "rank": results.rank_of(place) + 1,
            "score": finite(&results.scores),
            "plain_rank": results.plain_ranks.get(place).map(|rank| rank + 1),
            "plain_score": finite(&results.plain_scores),
            "value_words": words,
            "written": results.written_source(place),
        }),
    )
}
