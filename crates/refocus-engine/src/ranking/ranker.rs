//! The ranking thread: takes jobs, and tells the front end what came of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::OutsideId;
use crate::event::{Event, Heat, Lost};
use crate::filter::Filter;
use crate::outside::Outside;
use crate::people::{NewFace, People};
use crate::rows::FileId;
use crate::search::SearchResults;
use crate::shared::Shared;
use crate::texts::{PhotoTexts, ReadText};
use crate::timeline::LibraryMonths;
use refocus_model::PhotoModel;
use refocus_search::{ConditionCache, FocusError, TextQuery, Vocabulary, WordBank};
use refocus_workers::{Worker, WorkerPanic, attempt, fault};

use super::duplicates::NearDuplicates;
use super::explain::unexplained;
use super::file_readers::FileReaders;
use super::heat_worker::HeatWorker;
use super::job_queue::{Job, JobQueue, Search};
use super::languages::Languages;
use super::people_search::PeopleKey;
use super::rerank::Reranker;
use super::whose::Narrowed;

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
pub(super) type Versions = (u64, u64, u64);

/// Which rows take part, and the state of the library, the filter and the people for which that holds.
pub(super) struct Subset {
    pub(super) versions: Versions,
    pub(super) filter: Filter,
    pub(super) people: Option<PeopleKey>,
    /// Words that must or must not stand in the photos.
    pub(super) text: Option<TextQuery>,
    /// Version of the albums, where one of them narrows the search.
    pub(super) albums: Option<u64>,
    pub(super) subset: Arc<[bool]>,
}

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
    /// Words that a find text's match is measured by; made at the first find text.
    pub(super) vocabulary: Option<Arc<Vocabulary>>,
    /// Version of the library and which of its rows are encoded.
    pub(super) encoded: (u64, Arc<[bool]>),
    /// Versions of the library and of what is stated of photos, and the months of its rows.
    pub(super) months: ((u64, u64), LibraryMonths),
    /// Which rows took part in the last search.
    pub(super) subset: Option<Subset>,
    pub(super) people: Arc<People>,
    /// Faces of pictures from outside the library, where they were asked for.
    pub(super) outside_faces: HashMap<OutsideId, Arc<[NewFace]>>,
    pub(super) texts: Arc<PhotoTexts>,
    /// Text of pictures from outside the library, where it was asked for.
    pub(super) outside_texts: HashMap<OutsideId, Option<Arc<ReadText>>>,
    pub(super) duplicates: NearDuplicates,
    /// The library as the last search saw it that was about a respect of one person.
    pub(super) narrowed: Option<Narrowed>,
    pub(super) heat_worker: HeatWorker,
    pub(super) reranker: Reranker,
    pub(super) answered: Option<Answered>,
    pub(super) readers: FileReaders,
    pub(super) threads: usize,
    pub(super) languages: Languages,
}

impl Ranker {
    pub(crate) fn new(
        shared: Arc<Shared>,
        model: Arc<dyn PhotoModel>,
        outside: Arc<Outside>,
        people: Arc<People>,
        texts: Arc<PhotoTexts>,
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
            vocabulary: None,
            encoded: (u64::MAX, Arc::from([])),
            months: ((u64::MAX, u64::MAX), LibraryMonths::default()),
            subset: None,
            people,
            outside_faces: HashMap::new(),
            texts,
            outside_texts: HashMap::new(),
            duplicates: NearDuplicates::default(),
            narrowed: None,
            heat_worker,
            reranker: Reranker::default(),
            answered: None,
            readers: FileReaders::default(),
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            languages: Languages::default(),
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
                let search = self.read_focus_language((**search).clone());
                let search = self.read_for_people(search);
                let search = self.read_find_language(search);
                self.answer(search);
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
        self.months = ((u64::MAX, u64::MAX), LibraryMonths::default());
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

    /// Tells the order; where its first photos are to be reranked, once before and once after.
    fn give(&mut self, search: Search, results: SearchResults) {
        let reranks = self.is_to_be_reranked(&search.request);
        let mut results = Arc::new(SearchResults {
            provisional: reranks,
            ..results
        });
        if reranks {
            self.shared.tell(Event::Results(Arc::clone(&results)));
            results = match self.reranked(&search, &results) {
                Ok(mut reranked) => {
                    reranked.provisional = false;
                    reranked.timings.total_ms = milliseconds(search.arrived.elapsed());
                    Arc::new(reranked)
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
}

pub(super) fn milliseconds(time: Duration) -> f32 {
    time.as_secs_f32() * 1e3
}
