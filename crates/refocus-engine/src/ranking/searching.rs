//! One search → its order, its columns, its groups.

use std::sync::Arc;
use std::time::Instant;

use crate::albums::{AlbumId, AlbumsState};
use crate::rows::{PhotoRow, Rows};
use crate::search::{Column, HitOrder, MOST_COLUMNS, SearchRequest, SearchResults, Timings, ViewKind, Way};
use crate::snapshot::LibrarySnapshot;
use crate::timeline::{LibraryMonths, Timeline};
use refocus_model::PhotoModel;
use refocus_search::{
    Conditioned, FindQuery, FindVector, Focus, FocusError, FocusKey, Gallery, Instruction, Knowledge, Query, SHOWS,
    Work, group_photos, rank,
};

use super::in_time::{newest_first, put_in_time};
use super::job_queue::Search;
use super::people_count::{asks_how_many, with_faces_counted};
use super::ranker::{Ranker, Subset, Unanswered, VALUE_WORDS, milliseconds};
use super::references::references;
use super::results::{
    first_value_words, put_in_groups, put_to_others, references_in_front, results_of, sort_rows, weak_matches, without,
};
use super::text_search::TextSearch;
use super::told::{answered_by, counting, first_numbers, no_yes_or_no};
use super::written_first::{put_first, written};

impl Ranker {
    /// Answers one search.
    pub(super) fn search(&mut self, search: &Search) -> Result<SearchResults, Unanswered> {
        let request = &search.request;
        let outside = self.outside_encodings(search)?;
        let snapshot = self.shared.snapshot();
        let compares = request.view == ViewKind::Compare;
        let focuses = if compares {
            request.compare.len().min(MOST_COLUMNS)
        } else {
            1
        };
        self.conditions.compared = focuses + usize::from(shows_key(&search.find, &self.model).is_some());
        let mut results = if compares {
            self.compared(search, &snapshot, &outside)?
        } else {
            self.answered_alone(search, &snapshot, &outside)?
        };
        results.generation = search.generation;
        results.rows_in_use = snapshot.rows.in_use();
        results.understood = (!search.understood.is_empty()).then(|| search.understood.join(" "));
        results.timings.total_ms = milliseconds(search.arrived.elapsed());
        Ok(results)
    }

    fn answered_alone(
        &mut self,
        search: &Search,
        snapshot: &Arc<LibrarySnapshot>,
        outside: &[Option<Vec<u8>>],
    ) -> Result<SearchResults, Unanswered> {
        let mut results = if asks_for_ranking(&search.request) {
            let ranks = self.about_somebody(search, snapshot);
            let mut ranked = self.ranked(search, &ranks, outside)?;
            self.put_people_first(search, snapshot, &mut ranked);
            self.put_text_first(search, snapshot, &mut ranked);
            ranked
        } else {
            self.sorted(search, snapshot)
        };
        let in_time = if asks_for_ranking(&search.request) {
            let references = references_in_front(&results.order, &search.request, snapshot);
            put_in_time(&mut results, references, hit_order(&search.request), &snapshot.rows)
        } else {
            newest_first(search.request.sort).map(|_| 0..results.order.len())
        };
        if let Some(in_time) = in_time {
            let months = self.months(snapshot);
            results.timeline = Some(Arc::new(Timeline::of(months, &results.order, in_time)));
        }
        if let Some(text) = &search.text {
            text.tell(&mut results, snapshot);
        }
        if search.request.fold_duplicates {
            results.folds = self.folds(search, snapshot, &results.order)?;
        }
        Ok(results)
    }

    /// Which entries of an order are folded into others, as [`SearchResults::folds`].
    pub(super) fn folds(
        &mut self,
        search: &Search,
        snapshot: &LibrarySnapshot,
        order: &[u32],
    ) -> Result<Arc<[u32]>, Unanswered> {
        let model = Arc::clone(&self.model);
        let encoded = self.encoded(snapshot);
        let gallery = snapshot.gallery(model.layout(), &encoded)?;
        let stale = || self.jobs.is_stale(search.generation);
        let near = self.duplicates.of(&gallery, &snapshot.rows, snapshot.version, &stale);
        Ok(near.ok_or(Unanswered::Stale)?.fold(order))
    }

    /// The same references under several focuses. Without anything to compare with there are no columns.
    fn compared(
        &mut self,
        search: &Search,
        snapshot: &Arc<LibrarySnapshot>,
        outside: &[Option<Vec<u8>>],
    ) -> Result<SearchResults, Unanswered> {
        let request = &search.request;
        let nothing = request.references.is_empty() && request.find.trim().is_empty();
        let mut columns = Vec::new();
        for focus in request.compare.iter().take(MOST_COLUMNS).filter(|_| !nothing) {
            let alone = Search {
                request: SearchRequest {
                    focus: self.focus_in_english(focus).unwrap_or_else(|| focus.clone()),
                    view: ViewKind::Grid,
                    // What a focus changes is seen in the order by match alone.
                    order: HitOrder::Best,
                    compare: Vec::new(),
                    ..request.clone()
                },
                ..search.clone()
            };
            let alone = Search {
                text: TextSearch::of(search.text.as_ref().map(|text| text.key()).unwrap_or_default(), focus),
                ..alone
            };
            let alone = self.read_focus_for_people(alone);
            let results = SearchResults {
                generation: search.generation,
                ..self.answered_alone(&alone, snapshot, outside)?
            };
            columns.push(Column {
                focus: focus.clone(),
                results: Arc::new(results),
            });
        }
        let first = match columns.first() {
            Some(column) => (*column.results).clone(),
            None => self.sorted(search, snapshot),
        };
        Ok(SearchResults {
            columns: columns.into(),
            ..first
        })
    }

    /// The library's own order.
    fn sorted(&mut self, search: &Search, snapshot: &LibrarySnapshot) -> SearchResults {
        let start = Instant::now();
        let request = &search.request;
        let subset = self.subset(search, snapshot);
        let mut order: Vec<u32> = (0u32..)
            .zip(subset.iter())
            .filter(|(_, take)| **take)
            .map(|(n, _)| n)
            .collect();
        sort_rows(&mut order, &snapshot.rows, request.sort);
        SearchResults {
            ranked: order.len(),
            order: order.into(),
            way: Way::Sorted,
            timings: Timings {
                sort_ms: milliseconds(start.elapsed()),
                ..Timings::default()
            },
            ..SearchResults::default()
        }
    }

    fn ranked(
        &mut self,
        search: &Search,
        snapshot: &LibrarySnapshot,
        outside: &[Option<Vec<u8>>],
    ) -> Result<SearchResults, Unanswered> {
        let request = &search.request;
        let jobs = Arc::clone(&self.jobs);
        let stale = || jobs.is_stale(search.generation);
        let work = Work {
            threads: self.threads,
            stale: &stale,
        };
        let encoded = self.encoded(snapshot);
        let subset = self.subset(search, snapshot);
        let model = Arc::clone(&self.model);
        let layout = model.layout();
        let gallery = snapshot.gallery(layout, &encoded)?;
        let bank = Arc::clone(&self.bank);
        let known = Knowledge::of_model(&bank, &model);

        let start = Instant::now();
        let find = FindVector::of_query(&search.find, &model, layout)?;
        // The instruction's vectors stay in the text tower's own memory, so that this is counted as text time.
        let instruction = Instruction::parse(&request.focus);
        if !instruction.is_empty() {
            refocus_search::TextEmbedder::embed(&model, &instruction.texts())?;
        }
        let text_ms = milliseconds(start.elapsed());

        let start = Instant::now();
        // Before the focus, which counts as used last.
        let [shown, conditioned] = {
            let mut under = |key: Option<FocusKey>| match key {
                Some(key) => {
                    let applied = self.under(&key, &gallery, snapshot.version, work)?;
                    applied.ok_or(Unanswered::Stale).map(Some)
                }
                None => Ok(None),
            };
            [under(shows_key(&search.find, &model))?, under(condition_key(request))?]
        };
        let condition_ms = milliseconds(start.elapsed());

        let references = references(request, snapshot, outside);
        let shown = match &shown {
            Some(shown) => Some((shown.embedder(known)?, &shown.gallery)),
            None => None,
        };
        let shows = shown.as_ref().map(|(embedder, gallery)| Focus {
            embedder: embedder.as_ref(),
            gallery,
        });
        let alone = Query {
            references: &references,
            focus: None,
            find: find.as_ref(),
            shows,
            strength: request.strength.clamp(0.0, 1.0),
            find_weight: request.find_weight,
            answered: answered_by(conditioned.as_ref(), known, find.as_ref())?,
            subset: Some(&subset),
        };
        let (mut results, found) = match &conditioned {
            Some(conditioned) => {
                let Conditioned {
                    condition,
                    gallery: embedded,
                    ..
                } = conditioned;
                let embedder = conditioned.embedder(known)?;
                let focus = Focus {
                    embedder: embedder.as_ref(),
                    gallery: embedded,
                };
                let query = Query {
                    focus: Some(focus),
                    ..alone
                };
                let ranking = rank(&gallery, &query, work)?.ok_or(Unanswered::Stale)?;
                let mut results = results_of(&ranking, request, snapshot);
                self.put_written_first(search, snapshot, &subset, &mut results);
                let reader = conditioned.reader()?;
                let counting = counting(request, layout);
                let groups_only = references.is_empty() && find.is_none();
                if groups_only || request.view == ViewKind::Groups {
                    let by_person = search.people.as_ref().filter(|people| people.is_focus);
                    let counted = counting.and_then(|of| of.groups(&gallery, Some(&subset)));
                    let by_text = search.text.as_ref().filter(|text| text.is_focus());
                    let (groups, way) = match (by_person, by_text, counted) {
                        (Some(people), ..) => (people.groups(&subset, &encoded, snapshot), Way::People),
                        (None, Some(text), _) => (text.groups(&subset, &encoded, snapshot), Way::WrittenText),
                        (None, None, Some(counted)) => (counted, embedded.way()),
                        (None, None, None) => {
                            // The words say which photos are meant; of the others no group should stand before those.
                            let weak = weak_matches(&results).filter(|_| references.is_empty() && find.is_some());
                            let among = weak.map_or_else(|| Arc::clone(&subset), |weak| without(&subset, weak));
                            let groups = group_photos(&reader, embedded, Some(&among), work)?;
                            let mut groups = groups.ok_or(Unanswered::Stale)?;
                            if let Some(weak) = weak {
                                put_to_others(&mut groups, weak);
                            }
                            let people = self.people.state();
                            if people.on && asks_how_many(&request.focus) {
                                groups = with_faces_counted(groups, &people, snapshot);
                            }
                            (groups, embedded.way())
                        }
                    };
                    put_in_groups(&mut results, groups, groups_only, way);
                }
                results.value_words = first_value_words(&results, request.explain_first, |photo| {
                    reader.value_words(embedded, photo, VALUE_WORDS)
                });
                results.condition_words = condition.words.iter().map(|word| word.text.clone()).collect();
                results.notice = condition.notice.map(|notice| notice.to_string());
                if let Some(counting) = counting {
                    results.value_words = first_numbers(&results, request.explain_first, counting, &gallery);
                    results.condition_words = counting.answers().into();
                } else if results.notice.is_none() && !self.is_known_instruction(&instruction) {
                    results.notice = instruction.asked_yes_or_no().map(|asked| no_yes_or_no(&asked));
                }
                let is_about_text = search.text.as_ref().is_some_and(|text| text.is_focus());
                if is_about_text || search.people.as_ref().is_some_and(|people| people.is_focus) {
                    results.condition_words = Arc::default();
                    results.notice = None;
                }
                (results, ranking.find_score)
            }
            None => {
                let ranking = rank(&gallery, &alone, work)?.ok_or(Unanswered::Stale)?;
                let mut results = results_of(&ranking, request, snapshot);
                self.put_written_first(search, snapshot, &subset, &mut results);
                (results, ranking.find_score)
            }
        };
        if let (Some(find), Some(found)) = (&find, found) {
            let shows = shows.as_ref().map(|shows| shows.gallery);
            results.find_notice = self.find_notice(search, find, &found, &results, &gallery, shows)?;
        }
        results.timings.text_ms = text_ms;
        results.timings.score_ms += condition_ms;
        Ok(results)
    }

    /// Puts photos of which the words to be found are written before those that only look alike, where these words count.
    pub(super) fn put_written_first(
        &self,
        search: &Search,
        snapshot: &LibrarySnapshot,
        subset: &[bool],
        results: &mut SearchResults,
    ) {
        let request = &search.request;
        // Beside references the words may weigh nothing.
        if search.find.wanted.is_empty() || request.find_weight == 0.0 && !request.references.is_empty() {
            return;
        }
        let typed = search.typed.as_ref().unwrap_or(&search.find);
        let written = written(typed, &snapshot.rows, &self.bank, subset);
        put_first(
            results,
            &written,
            references_in_front(&results.order, request, snapshot),
        );
    }

    /// A focus on the library in this version. `Ok(None)` if the job became stale.
    pub(super) fn under(
        &mut self,
        key: &FocusKey,
        gallery: &Gallery<'_>,
        version: u64,
        work: Work<'_>,
    ) -> Result<Option<Conditioned>, FocusError> {
        let known = Knowledge::of_model(&self.bank, &self.model);
        self.conditions.apply(key, known, gallery, version, work)
    }

    pub(super) fn encoded(&mut self, snapshot: &LibrarySnapshot) -> Arc<[bool]> {
        if self.encoded.0 != snapshot.version || self.encoded.1.len() != snapshot.rows.len() {
            self.encoded = (
                snapshot.version,
                snapshot.rows.iter().map(|row| row.encoded && !row.gone).collect(),
            );
        }
        Arc::clone(&self.encoded.1)
    }

    fn months(&mut self, snapshot: &LibrarySnapshot) -> &LibraryMonths {
        // A sidecar that comes states another date of a photo that was there.
        let versions = (snapshot.version, snapshot.stated_version);
        if self.months.0 != versions {
            self.months = (versions, LibraryMonths::new(&snapshot.rows));
        }
        &self.months.1
    }

    /// Which photos take part in a search.
    pub(super) fn subset(&mut self, search: &Search, snapshot: &LibrarySnapshot) -> Arc<[bool]> {
        let filter = &search.request.filter;
        let versions = (snapshot.version, snapshot.marks_version, snapshot.stated_version);
        let people = search.people.as_ref().map(|people| people.key());
        let text = search.text.as_ref().map(|text| text.key());
        let album = filter.album.map(|album| (album, self.shared.albums()));
        let albums = album.as_ref().map(|(_, albums)| albums.version);
        match &self.subset {
            Some(kept)
                if kept.versions == versions
                    && kept.filter == *filter
                    && kept.people == people
                    && kept.text == text
                    && kept.albums == albums =>
            {
                Arc::clone(&kept.subset)
            }
            _ => {
                let mut passing = filter.passing(&snapshot.rows);
                if let Some((album, albums)) = album {
                    passing = in_album(&passing, &albums, album, &snapshot.rows);
                }
                let subset = Self::narrowed_by_people(search, &passing, snapshot);
                let subset = self.narrowed_by_text(search, subset, &snapshot.rows);
                self.subset = Some(Subset {
                    versions,
                    filter: filter.clone(),
                    people,
                    text,
                    albums,
                    subset: Arc::clone(&subset),
                });
                subset
            }
        }
    }
}

/// Those of the photos that pass which an album holds; none where it is not there any more.
fn in_album(passing: &[bool], albums: &AlbumsState, album: AlbumId, rows: &Rows) -> Arc<[bool]> {
    let place = albums.place_of(album);
    let holds = |row: &PhotoRow| place.is_some_and(|place| albums.holding(&row.hash).contains(&place));
    passing
        .iter()
        .zip(rows.iter())
        .map(|(passes, row)| *passes && holds(row))
        .collect()
}

fn asks_for_ranking(request: &SearchRequest) -> bool {
    !request.references.is_empty() || !request.focus.trim().is_empty() || !request.find.trim().is_empty()
}

/// The order that the photos which a request brings up are to have: groups have one of their own.
fn hit_order(request: &SearchRequest) -> HitOrder {
    match request.view {
        ViewKind::Grid => request.order,
        ViewKind::Groups | ViewKind::Compare => HitOrder::Best,
    }
}

/// The condition that a request needs; none without a focus.
pub(super) fn condition_key(request: &SearchRequest) -> Option<FocusKey> {
    let focus = request.focus.trim();
    (!focus.is_empty()).then(|| FocusKey {
        instruction: focus.to_owned(),
        value_words: request.value_words.clone().filter(|words| !words.is_empty()),
    })
}

/// The condition that a find text is matched under beside the photos' own text vectors, for a model with a focus encoder.
pub(super) fn shows_key(find: &FindQuery, model: &Arc<dyn PhotoModel>) -> Option<FocusKey> {
    (!find.is_empty() && model.focus_encoder().is_some()).then(|| FocusKey::new(SHOWS))
}
