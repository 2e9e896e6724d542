//! Why a photo stands where it stands.

use std::ops::Range;
use std::sync::Arc;

use crate::command::Explain;
use crate::event::Explanation;
use crate::rows::PhotoRow;
use crate::written::{Term, WrittenSource, WrittenText, texts_of};
use refocus_media::tags::search_form;
use refocus_search::{FindQuery, FocusKey, Work};

use super::job_queue::Search;
use super::ranker::{Ranker, VALUE_WORDS};
use super::searching::condition_key;
use super::told::counting;

/// The focus by which a photo is described where none was typed: what it shows.
pub(super) const WITHOUT_FOCUS: &str = "the main subject";

/// The answer where nothing can be said, and why.
pub(super) fn unexplained(explain: &Explain, reason: String) -> Explanation {
    Explanation {
        id: explain.id,
        generation: explain.results.generation,
        failed: Some(reason),
        score: None,
        plain_score: None,
        rank: None,
        plain_rank: None,
        written: None,
        value_words: Vec::new(),
        faces: Vec::new(),
    }
}

/// The first text of this kind in which something is written of what was to be found.
fn text_with(row: &PhotoRow, source: WrittenSource, find: &str) -> Option<WrittenText> {
    let query = FindQuery::parse(find);
    let terms: Vec<Term> = query.wanted_as_written().filter_map(Term::new).collect();
    let mut texts = texts_of(row).filter(|(of, _)| *of == source);
    texts.find_map(|(_, text)| {
        let form = search_form(text);
        let mut found: Vec<Range<usize>> = terms
            .iter()
            .filter_map(|term| term.range_in(&form))
            .map(|range| as_written(text, range.start)..as_written(text, range.end))
            .collect();
        found.sort_by_key(|range| range.start);
        (!found.is_empty()).then(|| WrittenText {
            source,
            text: text.to_owned(),
            found,
        })
    })
}

/// The byte of a text that a byte of its search form comes from.
fn as_written(text: &str, at: usize) -> usize {
    if text.is_ascii() {
        return at;
    }
    // What a beginning of a text becomes is (but for an accent that is cut off) a beginning of what the text becomes: so halves of
    // the text tell which of them the byte is in.
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let middle = text.ceil_char_boundary(low.midpoint(high).max(low + 1));
        let before = text.get(..middle).unwrap_or_default();
        if search_form(before).len() <= at {
            low = middle;
        } else {
            high = text.floor_char_boundary(middle - 1);
        }
    }
    low
}

impl Ranker {
    /// Scores, ranks and value words of a photo in the order that the person sees.
    pub(super) fn explain(&mut self, explain: &Explain) -> Explanation {
        let snapshot = self.shared.snapshot();
        let Some(number) = snapshot.number_of(explain.id) else {
            return unexplained(explain, "The photo is not there any more".to_owned());
        };
        let results = &explain.results;
        let place = results
            .order
            .iter()
            .position(|&other| other == number)
            .filter(|&place| place < results.ranked);
        let score = |scores: &[f32]| {
            place
                .and_then(|at| scores.get(at).copied())
                .filter(|score| score.is_finite())
        };
        let mut explanation = Explanation {
            id: explain.id,
            generation: results.generation,
            failed: None,
            score: score(&results.scores),
            plain_score: score(&results.plain_scores),
            rank: place.map(|place| results.rank_of(place)),
            plain_rank: place.and_then(|at| results.plain_ranks.get(at).copied()),
            written: place
                .and_then(|at| results.written.get(at).copied().flatten())
                .and_then(|found| text_with(snapshot.rows.get(number)?, found.source, &explain.request.find)),
            value_words: Vec::new(),
            faces: Vec::new(),
        };
        let search = self.read_focus_language(Search::new(results.generation, explain.request.clone()));
        let search = self.read_for_people(search);
        let search = self.read_find_language(search);
        if let Some(row) = snapshot.rows.get(number) {
            explanation.faces = self.matched_faces(&search, row, &snapshot);
        }
        let about_text = search.text.as_deref().filter(|text| text.is_focus());
        if let Some((text, row)) = about_text.zip(snapshot.rows.get(number)) {
            explanation.value_words = text.words_of(row);
            return explanation;
        }
        let about_people = search.people.as_deref().filter(|people| people.is_focus);
        if let Some((people, row)) = about_people.zip(snapshot.rows.get(number)) {
            explanation.value_words = people.words_of(row);
            return explanation;
        }
        let snapshot = self.about_somebody(&search, &snapshot);
        let encoded = self.encoded(&snapshot);
        let model = Arc::clone(&self.model);
        let key = condition_key(&search.request).unwrap_or_else(|| FocusKey::new(WITHOUT_FOCUS));
        let words = snapshot.gallery(model.layout(), &encoded).and_then(|gallery| {
            let Some(conditioned) = self.under(&key, &gallery, snapshot.version, Work::default())? else {
                return Ok(Vec::new());
            };
            if let Some(counting) = counting(&explain.request, model.layout()) {
                let encoding = gallery.encoding(number as usize);
                let counted = encoding.and_then(|encoding| counting.of_photo(model.layout(), encoding));
                return Ok(counted.map(|number| (number, 1.0)).into_iter().collect());
            }
            let reader = conditioned.reader()?;
            let words = reader.value_words(&conditioned.gallery, number as usize, VALUE_WORDS);
            Ok(words
                .into_iter()
                .map(|(word, weight)| (word.to_owned(), weight))
                .collect())
        });
        match words {
            Ok(words) => explanation.value_words = words,
            Err(error) => explanation.failed = Some(format!("No words could be found for it: {error}")),
        }
        explanation
    }
}

#[cfg(test)]
mod tests {

    use crossbeam_channel::{Receiver, bounded};
    use refocus_model::{ModelChoice, PhotoModel};
    use refocus_search::WordBank;

    use super::super::job_queue::JobQueue;
    use super::super::probe::{fill, random_encodings};
    use super::*;
    use crate::event::Event;
    use crate::outside::Outside;
    use crate::people::People;
    use crate::rows::FileId;
    use crate::search::{Reference, ReferenceSource, SearchRequest, SearchResults};
    use crate::shared::Shared;
    use crate::texts::PhotoTexts;

    /// A ranking thread over so many photos, and what it tells.
    fn working(photos: usize) -> (Arc<JobQueue>, Receiver<Event>) {
        let (events, told) = bounded(64);
        let shared = Arc::new(Shared::new(events, Arc::new(|| {})));
        let (model, _) = refocus_model::device::load_on_best_device(&ModelChoice::default()).unwrap();
        fill(&shared, &model, random_encodings(&model).take(photos));
        let model: Arc<dyn PhotoModel> = Arc::new(model);
        let outside = Arc::new(Outside::new(Arc::clone(&shared), Arc::clone(&model)));
        let (jobs, bank) = (Arc::new(JobQueue::default()), Arc::new(WordBank::shipped().unwrap()));
        let ranker = Ranker::new(
            Arc::clone(&shared),
            model,
            outside,
            People::nobody(&shared),
            PhotoTexts::none(&shared),
            Arc::clone(&jobs),
            bank,
        );
        drop(ranker.spawn().unwrap());
        (jobs, told)
    }

    fn like(reference: i64, generation: u64) -> Search {
        let request = SearchRequest {
            references: vec![Reference {
                source: ReferenceSource::Library(FileId(reference)),
                positive: true,
            }],
            ..SearchRequest::default()
        };
        Search::new(generation, request)
    }

    fn next<T>(told: &Receiver<Event>, take: impl Fn(Event) -> Option<T>) -> T {
        let patience = std::time::Duration::from_secs(60);
        loop {
            if let Some(found) = take(told.recv_timeout(patience).expect("no answer")) {
                return found;
            }
        }
    }

    fn answer(jobs: &JobQueue, told: &Receiver<Event>, search: &Search) -> Arc<SearchResults> {
        jobs.search(search.generation, search.request.clone());
        next(told, |event| match event {
            Event::Results(results) if !results.provisional => Some(results),
            _ => None,
        })
    }

    fn explained(jobs: &JobQueue, told: &Receiver<Event>, explain: Explain) -> Explanation {
        jobs.explain(Box::new(explain));
        next(told, |event| match event {
            Event::Explanation(explanation) => Some(explanation),
            _ => None,
        })
    }

    #[test]
    fn the_text_that_holds_the_words_is_told() {
        let mut row = PhotoRow::of_nothing();
        row.extras.keywords = Some(Arc::from(["sea".to_owned(), "Europe|Norway".to_owned()]));
        let text = |find| text_with(&row, WrittenSource::Keyword, find);
        assert_eq!(text("norway fjord").unwrap().text, "Europe|Norway");
        assert_eq!(text("fjord"), None);
        assert_eq!(text_with(&row, WrittenSource::Caption, "sea"), None);
    }

    #[test]
    fn the_words_are_told_where_they_stand_as_written() {
        let mut row = PhotoRow::of_nothing();
        // Letters that become longer ("ß", "ŉ"), shorter (an accent apart) and end the text.
        let caption = "Die Stra\u{df}e, E\u{301}te\u{301} \u{149} \u{2014} am FLU\u{df}";
        row.extras.written = Some(Arc::new(crate::rows::Written {
            caption: Some(caption.to_owned()),
            ..Default::default()
        }));
        let words = |find| -> Vec<String> {
            let found = text_with(&row, WrittenSource::Caption, find).unwrap().found;
            found.into_iter().map(|range| caption[range].to_owned()).collect()
        };
        assert_eq!(words("fluss am strasse"), ["Stra\u{df}e", "am", "FLU\u{df}"]);
        assert_eq!(words("\u{e9}t\u{e9} nowhere"), ["E\u{301}te\u{301}"]);
        assert_eq!(words("\"am flu\u{df}\""), ["am FLU\u{df}"]);
    }

    /// Whatever the window shows, and whatever was answered since, it is answered under that order.
    #[test]
    fn every_request_is_answered_under_the_order_that_is_on_screen() {
        let (jobs, told) = working(50);
        let searches = [like(7, 1), like(30, 2)];
        let shown = answer(&jobs, &told, &searches[0]);
        let newer = answer(&jobs, &told, &searches[1]);
        for (search, results) in searches.iter().zip([&shown, &newer]) {
            let photo = results.order[0];
            let explanation = explained(
                &jobs,
                &told,
                Explain {
                    id: FileId(i64::from(photo)),
                    request: search.request.clone(),
                    results: Arc::clone(results),
                },
            );
            assert_eq!(
                (explanation.generation, explanation.rank),
                (results.generation, Some(0))
            );
            assert!(explanation.failed.is_none() && !explanation.value_words.is_empty());
        }

        // Also where a search could not be answered, and for a photo that is not there.
        let refused = answer(&jobs, &told, &like(999, 3));
        assert!(refused.notice.is_some());
        for (id, there) in [(7, true), (999, false)] {
            let explanation = explained(
                &jobs,
                &told,
                Explain {
                    id: FileId(id),
                    request: searches[1].request.clone(),
                    results: Arc::clone(&refused),
                },
            );
            assert_eq!(
                (explanation.generation, explanation.failed.is_none()),
                (refused.generation, there)
            );
        }
        jobs.stop();
    }

    #[test]
    fn a_heat_map_that_cannot_be_made_is_answered_with_the_reason() {
        let (jobs, told) = working(10);
        for (answered, id) in [(false, 3), (true, 999)] {
            if answered {
                answer(&jobs, &told, &like(7, 1));
            }
            jobs.heat(FileId(id), 5);
            let heat = next(&told, |event| match event {
                Event::Heat(heat) => Some(heat),
                _ => None,
            });
            assert_eq!((heat.id, heat.generation), (FileId(id), 5));
            assert!(heat.map.is_err());
        }
        jobs.stop();
    }
}
