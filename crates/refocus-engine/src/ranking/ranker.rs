//! The ranking thread: search → order, groups, value words.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::event::{Event, Heat, Lost};
use crate::filter::Filter;
use crate::outside::Outside;
use crate::rows::FileId;
use crate::search::{Column, MOST_COLUMNS, ReferenceSource, SearchRequest, SearchResults, Timings, ViewKind, Way};
use crate::shared::Shared;
use crate::snapshot::LibrarySnapshot;
use refocus_model::PhotoModel;
use refocus_search::{
    ConditionCache, Conditioned, FindQuery, FindVector, Focus, FocusError, FocusKey, Knowledge, Library, Query,
    ReferencePhoto, WordBank, Work, group_photos, rank,
};
use refocus_workers::{Worker, WorkerPanic, attempt, fault};

use super::duplicates::NearDuplicates;
use super::explain::unexplained;
use super::file_readers::FileReaders;
use super::heat_worker::HeatWorker;
use super::job_queue::{Job, JobQueue, Search};
use super::rerank::Reranker;
use super::results::{first_value_words, put_in_groups, results_of, sort_rows};

/// The thread.
const RANK: &str = "refocus-rank";

/// Value words that come with a photo.
pub(super) const VALUE_WORDS: usize = 6;

/// Why a search was not answered.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// A newer one came.
    Stale,
    /// A line for the person.
    Message(String),
}

impl From<FocusError> for Unanswered {
    fn from(error: FocusError) -> Self {
        Self::Message(error.to_string())
    }
}

/// Versions of the rows and of the marks.
type Versions = (u64, u64);

/// The newest answered search, for heat maps and vectors.
#[derive(Clone)]
pub(super) struct Answered {
    pub(super) search: Search,
    pub(super) results: Arc<SearchResults>,
}

/// The thread that ranks, and what it keeps between searches.
pub(crate) struct Ranker {
    pub(super) shared: Arc<Shared>,
    pub(super) model: Arc<dyn PhotoModel>,
    pub(super) outside: Arc<Outside>,
    pub(super) jobs: Arc<JobQueue>,
    pub(super) bank: Arc<WordBank>,
    pub(super) conditions: ConditionCache,
    /// Version of the library and which of its rows are encoded.
    encoded: (u64, Arc<[bool]>),
    /// Which rows take part, and the state of the library and the filter for which that holds.
    subset: Option<(Versions, Filter, Arc<[bool]>)>,
    duplicates: NearDuplicates,
    pub(super) heat_worker: HeatWorker,
    pub(super) reranker: Reranker,
    pub(super) answered: Option<Answered>,
    pub(super) readers: FileReaders,
    pub(super) threads: usize,
}

impl Ranker {
    pub(crate) fn new(
        shared: Arc<Shared>,
        model: Arc<dyn PhotoModel>,
        outside: Arc<Outside>,
        jobs: Arc<JobQueue>,
        bank: Arc<WordBank>,
    ) -> Self {
        let heat_worker = HeatWorker::start(Arc::clone(&shared), Arc::clone(&model));
        Self {
            shared,
            model,
            outside,
            jobs,
            bank,
            conditions: ConditionCache::default(),
            encoded: (u64::MAX, Arc::from([])),
            subset: None,
            duplicates: NearDuplicates::default(),
            heat_worker,
            reranker: Reranker::default(),
            answered: None,
            readers: FileReaders::default(),
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        }
    }

    /// Starts the thread. It ends when the job queue says stop. An internal error ends the job in which it is met, with an
    /// answer that says so, and not the thread.
    pub(crate) fn spawn(mut self) -> std::io::Result<Worker> {
        let shared = Arc::clone(&self.shared);
        let work = move || {
            loop {
                let job = self.jobs.next();
                if matches!(job, Job::Stop) {
                    return;
                }
                if let Err(panic) = attempt(RANK, || self.work_on(&job)) {
                    self.forget_what_may_be_half_done();
                    self.answer_with(&job, &panic);
                }
            }
        };
        Worker::start(RANK, work, move |panic| {
            let told = "Nothing can be searched any more: start Refocus again";
            shared.worker_failed(&panic, told, Lost::Worker);
        })
    }

    fn work_on(&mut self, job: &Job) {
        match job {
            Job::Stop => {}
            Job::Search(search) => {
                fault::point("ranking");
                self.answer((**search).clone());
            }
            Job::Heat { id, generation } => {
                fault::point("heat request");
                if let Err(reason) = self.heat(*id, *generation) {
                    self.no_heat(*id, *generation, reason);
                }
            }
            Job::SaveVectors(path) => {
                fault::point("vectors");
                self.save_vectors(path);
            }
            Job::Explain(explain) => {
                fault::point("explain");
                let explanation = self.explain(explain);
                self.shared.tell(Event::Explanation(explanation));
            }
        }
    }

    /// What is kept between searches is worked out again at the next one.
    fn forget_what_may_be_half_done(&mut self) {
        self.conditions = ConditionCache::default();
        self.encoded = (u64::MAX, Arc::from([]));
        self.subset = None;
        self.duplicates = NearDuplicates::default();
        self.reranker = Reranker::default();
    }

    /// The answer to a job that met an internal error: whoever asked waits no longer, and learns why.
    fn answer_with(&self, job: &Job, panic: &WorkerPanic) {
        match job {
            Job::Stop => {}
            Job::Search(search) => self.unanswered(search.generation, panic.to_string()),
            Job::Heat { id, generation } => self.no_heat(*id, *generation, panic.to_string()),
            Job::SaveVectors(path) => self.shared.tell(Event::VectorsSaved {
                path: path.clone(),
                saved: Err(format!("The vectors could not be written: {panic}")),
            }),
            Job::Explain(explain) => {
                let told = "The photo could not be explained";
                self.shared.worker_failed(panic, told, Lost::One);
                let failed = unexplained(explain, format!("{told}: {panic}"));
                self.shared.tell(Event::Explanation(failed));
            }
        }
    }

    /// The answer to a request for a heat map that cannot be made.
    fn no_heat(&self, id: FileId, generation: u64, reason: String) {
        self.shared.tell(Event::Heat(Heat {
            id,
            generation,
            map: Err(reason),
        }));
    }

    /// Answers a search with the order that is there and why there is no newer one.
    fn unanswered(&self, generation: u64, message: String) {
        let results = SearchResults {
            generation,
            notice: Some(message),
            ..self
                .answered
                .as_ref()
                .map(|answered| (*answered.results).clone())
                .unwrap_or_default()
        };
        self.shared.tell(Event::Results(Arc::new(results)));
    }

    fn answer(&mut self, search: Search) {
        match self.first_screen(&search) {
            Ok(Some(results)) => self.shared.tell(Event::Results(Arc::new(results))),
            Ok(None) => {}
            Err(Unanswered::Stale) => return,
            // The complete answer says what is wrong.
            Err(Unanswered::Message(_)) => {}
        }
        match self.search(&search) {
            Ok(results) => self.give(search, results),
            Err(Unanswered::Stale) => {}
            Err(Unanswered::Message(message)) => self.unanswered(search.generation, message),
        }
    }

    /// Tells the order; where its first photos are to be checked, once before and once after.
    fn give(&mut self, search: Search, results: SearchResults) {
        let check = self.is_to_be_reranked(&search.request);
        let mut results = Arc::new(SearchResults {
            provisional: check,
            ..results
        });
        if check {
            self.shared.tell(Event::Results(Arc::clone(&results)));
            results = match self.reranked(&search, &results) {
                Ok(mut checked) => {
                    checked.provisional = false;
                    checked.timings.total_ms = milliseconds(search.arrived.elapsed());
                    Arc::new(checked)
                }
                Err(Unanswered::Stale) => return,
                Err(Unanswered::Message(message)) => Arc::new(SearchResults {
                    provisional: false,
                    notice: Some(message),
                    ..(*results).clone()
                }),
            };
        }
        self.answered = Some(Answered {
            search,
            results: Arc::clone(&results),
        });
        self.shared.tell(Event::Results(results));
    }

    /// Answers one search.
    pub(super) fn search(&mut self, search: &Search) -> Result<SearchResults, Unanswered> {
        let request = &search.request;
        let outside = self.outside_encodings(search)?;
        let held = self.shared.snapshot();
        let compares = request.view == ViewKind::Compare;
        self.conditions.compared = if compares {
            request.compare.len().min(MOST_COLUMNS)
        } else {
            1
        };
        let mut results = if compares {
            self.compared(search, &held, &outside)?
        } else {
            self.answered_alone(search, &held, &outside)?
        };
        results.generation = search.generation;
        results.rows_in_use = held.rows.in_use();
        results.timings.total_ms = milliseconds(search.arrived.elapsed());
        Ok(results)
    }

    fn answered_alone(
        &mut self,
        search: &Search,
        held: &LibrarySnapshot,
        outside: &[Option<Vec<u8>>],
    ) -> Result<SearchResults, Unanswered> {
        let mut results = if asks_for_ranking(&search.request) {
            self.ranked(search, held, outside)?
        } else {
            self.sorted(&search.request, held)
        };
        if search.request.fold_duplicates {
            results.folds = self.folds(search, held, &results.order)?;
        }
        Ok(results)
    }

    /// Which entries of an order are folded into others, as [`SearchResults::folds`].
    pub(super) fn folds(
        &mut self,
        search: &Search,
        held: &LibrarySnapshot,
        order: &[u32],
    ) -> Result<Arc<[u32]>, Unanswered> {
        let model = Arc::clone(&self.model);
        let encoded = self.encoded(held);
        let library = held.library(model.layout(), &encoded)?;
        let stale = || self.jobs.is_stale(search.generation);
        let near = self.duplicates.of(&library, &held.rows, held.version, &stale);
        Ok(near.ok_or(Unanswered::Stale)?.fold(order))
    }

    /// The same references under several focuses. Without anything to compare with there are no columns.
    fn compared(
        &mut self,
        search: &Search,
        held: &LibrarySnapshot,
        outside: &[Option<Vec<u8>>],
    ) -> Result<SearchResults, Unanswered> {
        let request = &search.request;
        let nothing = request.references.is_empty() && request.find.trim().is_empty();
        let mut columns = Vec::new();
        for focus in request.compare.iter().take(MOST_COLUMNS).filter(|_| !nothing) {
            let alone = Search {
                request: SearchRequest {
                    focus: focus.clone(),
                    view: ViewKind::Grid,
                    compare: Vec::new(),
                    ..request.clone()
                },
                ..search.clone()
            };
            let results = SearchResults {
                generation: search.generation,
                ..self.answered_alone(&alone, held, outside)?
            };
            columns.push(Column {
                focus: focus.clone(),
                results: Arc::new(results),
            });
        }
        let first = match columns.first() {
            Some(column) => (*column.results).clone(),
            None => self.sorted(request, held),
        };
        Ok(SearchResults {
            columns: columns.into(),
            ..first
        })
    }

    /// The library's own order.
    fn sorted(&mut self, request: &SearchRequest, held: &LibrarySnapshot) -> SearchResults {
        let start = Instant::now();
        let subset = self.subset(request, held);
        let mut order: Vec<u32> = (0u32..)
            .zip(subset.iter())
            .filter(|(_, take)| **take)
            .map(|(n, _)| n)
            .collect();
        sort_rows(&mut order, &held.rows, request.sort);
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
        held: &LibrarySnapshot,
        outside: &[Option<Vec<u8>>],
    ) -> Result<SearchResults, Unanswered> {
        let request = &search.request;
        let jobs = Arc::clone(&self.jobs);
        let stale = || jobs.is_stale(search.generation);
        let work = Work {
            threads: self.threads,
            stale: &stale,
        };
        let encoded = self.encoded(held);
        let subset = self.subset(request, held);
        let model = Arc::clone(&self.model);
        let layout = model.layout();
        let library = held.library(layout, &encoded)?;

        let start = Instant::now();
        let find = FindQuery::parse(&request.find);
        let find = if find.is_empty() {
            None
        } else {
            let vectors = refocus_search::TextEmbedder::embed(&model, &find.texts())?;
            Some(FindVector::new(&find, &vectors, layout)?)
        };
        // The instruction's vectors stay in the text tower's own memory, so that this is counted as text time.
        let instruction = refocus_search::Instruction::parse(&request.focus);
        if !instruction.is_empty() {
            refocus_search::TextEmbedder::embed(&model, &instruction.texts())?;
        }
        let text_ms = milliseconds(start.elapsed());

        let start = Instant::now();
        let conditioned = match condition_key(request) {
            Some(key) => {
                let applied = self.under(&key, &library, held.version, work)?;
                Some(applied.ok_or(Unanswered::Stale)?)
            }
            None => None,
        };
        let condition_ms = milliseconds(start.elapsed());

        let references = references(request, held, outside);
        let mut results = match &conditioned {
            Some(conditioned) => {
                let Conditioned { condition, gallery, .. } = conditioned;
                let embedder = conditioned.embedder(Knowledge::of_model(&self.bank, &model))?;
                let focus = Focus {
                    embedder: embedder.as_ref(),
                    gallery,
                };
                let query = query(request, &references, Some(focus), find.as_ref(), &subset);
                let ranking = rank(&library, &query, work)?.ok_or(Unanswered::Stale)?;
                let mut results = results_of(&ranking, request, held);
                let reader = conditioned.reader()?;
                let groups_only = references.is_empty() && find.is_none();
                if groups_only || request.view == ViewKind::Groups {
                    let groups = group_photos(&reader, gallery, Some(&subset), work)?.ok_or(Unanswered::Stale)?;
                    put_in_groups(&mut results, groups, groups_only, gallery.way());
                }
                results.value_words = first_value_words(&results, request.explain_first, |photo| {
                    reader.value_words(gallery, photo, VALUE_WORDS)
                });
                results.condition_words = condition.words.iter().map(|word| word.text.clone()).collect();
                results.notice = condition.notice.map(|notice| notice.to_string());
                results
            }
            None => {
                let query = query(request, &references, None, find.as_ref(), &subset);
                let ranking = rank(&library, &query, work)?.ok_or(Unanswered::Stale)?;
                results_of(&ranking, request, held)
            }
        };
        results.timings.text_ms = text_ms;
        results.timings.score_ms += condition_ms;
        Ok(results)
    }

    /// Encodings of the references that the library does not hold, in the order of the request's references.
    pub(super) fn outside_encodings(&self, search: &Search) -> Result<Vec<Option<Vec<u8>>>, Unanswered> {
        let request = &search.request;
        let mut encodings = Vec::with_capacity(request.references.len());
        for reference in &request.references {
            encodings.push(match reference.source {
                ReferenceSource::Outside(id) => {
                    let waiting = || Unanswered::Message("The reference picture is still being read.".to_owned());
                    Some(self.outside.encoding(id).ok_or_else(waiting)?)
                }
                ReferenceSource::Library(id) => {
                    let path = {
                        let held = self.shared.snapshot();
                        let gone = || Unanswered::Message("The reference photo is not there any more.".to_owned());
                        let row = held.row_of(id).ok_or_else(gone)?;
                        (!row.encoded).then(|| Arc::clone(&row.path))
                    };
                    // A photo that waits for the indexer is encoded on the spot.
                    path.map(|path| self.encoded_now(&path, search)).transpose()?
                }
            });
        }
        Ok(encodings)
    }

    /// The encoding of a file that nobody has encoded yet.
    fn encoded_now(&self, path: &Arc<Path>, search: &Search) -> Result<Vec<u8>, Unanswered> {
        let (outside, file) = (Arc::clone(&self.outside), Arc::clone(path));
        let stale = || self.jobs.is_stale(search.generation);
        let encode = move |_| outside.encode_file(&file);
        let mut read = self.readers.each(1, 1, encode, &stale).ok_or(Unanswered::Stale)?;
        let hangs = || Err(format!("The reference photo does not answer: {}", path.display()));
        read.pop().flatten().unwrap_or_else(hangs).map_err(Unanswered::Message)
    }

    /// A focus on the library in this version. `Ok(None)` if the job became stale.
    pub(super) fn under(
        &mut self,
        key: &FocusKey,
        library: &Library<'_>,
        version: u64,
        work: Work<'_>,
    ) -> Result<Option<Conditioned>, FocusError> {
        let known = Knowledge::of_model(&self.bank, &self.model);
        self.conditions.apply(key, known, library, version, work)
    }

    pub(super) fn encoded(&mut self, held: &LibrarySnapshot) -> Arc<[bool]> {
        if self.encoded.0 != held.version || self.encoded.1.len() != held.rows.len() {
            self.encoded = (
                held.version,
                held.rows.iter().map(|row| row.encoded && !row.gone).collect(),
            );
        }
        Arc::clone(&self.encoded.1)
    }

    pub(super) fn subset(&mut self, request: &SearchRequest, held: &LibrarySnapshot) -> Arc<[bool]> {
        let versions = (held.version, held.marks_version);
        match &self.subset {
            Some((of, filter, subset)) if *of == versions && *filter == request.filter => Arc::clone(subset),
            _ => {
                let rows = (0u32..).zip(held.rows.iter());
                let subset: Arc<[bool]> = rows.map(|(number, row)| request.filter.passes(number, row)).collect();
                self.subset = Some((versions, request.filter.clone(), Arc::clone(&subset)));
                subset
            }
        }
    }
}

fn asks_for_ranking(request: &SearchRequest) -> bool {
    !request.references.is_empty() || !request.focus.trim().is_empty() || !request.find.trim().is_empty()
}

/// The condition that a request needs; none without a focus.
pub(super) fn condition_key(request: &SearchRequest) -> Option<FocusKey> {
    let focus = request.focus.trim();
    (!focus.is_empty()).then(|| FocusKey {
        instruction: focus.to_owned(),
        value_words: request.value_words.clone().filter(|words| !words.is_empty()),
    })
}

pub(super) fn references<'a>(
    request: &SearchRequest,
    held: &LibrarySnapshot,
    outside: &'a [Option<Vec<u8>>],
) -> Vec<refocus_search::Reference<ReferencePhoto<'a>>> {
    let known = request
        .references
        .iter()
        .zip(outside)
        .filter_map(|(reference, encoding)| {
            let source = match (encoding, reference.source) {
                (Some(encoding), _) => ReferencePhoto::Outside(encoding),
                (None, ReferenceSource::Library(id)) => ReferencePhoto::Photo(held.number_of(id)?),
                (None, ReferenceSource::Outside(_)) => return None,
            };
            Some(refocus_search::Reference {
                source,
                positive: reference.positive,
            })
        });
    known.collect()
}

fn query<'a>(
    request: &SearchRequest,
    references: &'a [refocus_search::Reference<ReferencePhoto<'a>>],
    focus: Option<Focus<'a>>,
    find: Option<&'a FindVector>,
    subset: &'a [bool],
) -> Query<'a> {
    Query {
        references,
        focus,
        find,
        strength: request.strength.clamp(0.0, 1.0),
        find_weight: request.find_weight,
        subset: Some(subset),
    }
}

pub(super) fn milliseconds(time: Duration) -> f32 {
    time.as_secs_f32() * 1e3
}
