//! The other end of the channels: answers searches by a rule that a test can predict.

use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use refocus_engine::{
    AlbumRequest, AlbumShelf, COMMANDS_AHEAD, CleanUp, CleanUpGroup, CleanUpKind, CleanUpPhase, CleanUpPhoto,
    CleanUpRequest, Column, Command, DateSource, DeviceSummary, EVENTS_AHEAD, EngineLink, Event, Explain, Explanation,
    FOLDED, FileId, Folder, FolderId, Group, GroupKind, Heat, HeatMap, HitOrder, IndexPhase, LibraryMonths, MarkChange,
    Marks, MatchedFace, Noticing, PeopleRequest, PeopleState, PhotoRow, Progress, Reason, ReferenceSource, Rows,
    SearchRequest, SearchResults, SortKey, Timeline, Timings, ViewKind, Way, WrittenMatch, WrittenSource, WrittenText,
};

pub(super) struct FakeEngine {
    commands: Receiver<Command>,
    events: Sender<Event>,
    pub(super) rows: Rows,
    pub(super) folders: Vec<Folder>,
    /// Everything that was asked.
    pub(super) seen: Vec<Command>,
    /// Whether searches are answered.
    pub(super) answers: bool,
    /// The albums.
    pub(super) albums: AlbumShelf,
    albums_version: u64,
    /// What is known of people.
    pub(super) people: PeopleState,
    /// Whether an order of time comes with its months.
    pub(super) months: bool,
    /// Photos that are alike; those that are to stay are told no more.
    pub(super) alike: Vec<CleanUpGroup>,
    kept: Vec<CleanUpGroup>,
    look: u64,
}

/// A row with a shape that depends on its number.
pub(super) fn photo(number: i64, path: &Path) -> PhotoRow {
    let (width, height) = [(600, 400), (400, 600), (500, 500), (800, 450), (640, 480)][number as usize % 5];
    let mut hash = [0_u8; 32];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    PhotoRow {
        id: FileId(1000 + number),
        folder: FolderId(1),
        path: Arc::from(path),
        hash,
        width,
        height,
        bytes: 1_000_000 + number as u64,
        modified_ns: 0,
        taken: 1_700_000_000 - number * 3600,
        taken_source: DateSource::Exif,
        camera: Some("Fujifilm X-T4".into()),
        format: "JPEG",
        encoded: true,
        marks: Marks::default(),
        extras: Default::default(),
        gone: false,
    }
}

/// `count` rows named photo-0000.jpg and so on.
pub(super) fn photos(count: i64) -> Rows {
    let mut rows = Rows::default();
    for number in 0..count {
        rows.push(photo(
            number,
            Path::new(&format!("/photos/holiday/photo-{number:04}.jpg")),
        ));
    }
    rows
}

/// Four files in a folder, each with bytes of its own, and their rows.
pub(super) fn photo_files(folder: &Path) -> Rows {
    let mut rows = Rows::default();
    for number in 0..4 {
        let path = folder.join(format!("photo-{number:04}.jpg"));
        std::fs::write(&path, format!("photo {number}")).unwrap();
        rows.push(photo(number, &path));
    }
    rows
}

/// A third of many photos is encoded.
pub(super) fn encoding_progress() -> Progress {
    Progress {
        phase: IndexPhase::Encoding,
        found: 12_408,
        encoded: 4_120,
        photos_per_second: 31.0,
        seconds_left: Some(240.0),
        ..Progress::default()
    }
}

impl FakeEngine {
    pub(super) fn new() -> (Self, EngineLink) {
        let (command_sender, commands) = crossbeam_channel::bounded(COMMANDS_AHEAD);
        let (events, event_receiver) = crossbeam_channel::bounded(EVENTS_AHEAD);
        let engine = Self {
            commands,
            events,
            rows: Rows::default(),
            folders: Vec::new(),
            seen: Vec::new(),
            answers: true,
            albums: AlbumShelf::default(),
            albums_version: 0,
            people: PeopleState::default(),
            months: false,
            alike: Vec::new(),
            kept: Vec::new(),
            look: 0,
        };
        let link = EngineLink {
            commands: command_sender,
            events: event_receiver,
        };
        (engine, link)
    }

    pub(super) fn tell(&self, event: Event) {
        self.events.send(event).unwrap();
    }

    /// The engine is ready and the library holds these rows.
    pub(super) fn start(&mut self, rows: Rows) {
        self.tell(Event::Ready(DeviceSummary {
            can_rerank: true,
            device: "CPU (AVX-512), 2 threads".into(),
            model: "Refocus built-in".into(),
            warning: None,
        }));
        if !rows.is_empty() {
            self.folders = vec![Folder {
                id: FolderId(1),
                path: "/photos/holiday".into(),
                photos: rows.len(),
                online: true,
                noticing: Noticing::AtOnce,
                left_out: Arc::default(),
            }];
        }
        self.rows = rows;
        self.tell_library();
    }

    pub(super) fn tell_library(&self) {
        self.tell(Event::Library {
            rows: self.rows.clone(),
            folders: self.folders.clone(),
        });
    }

    /// Tells what is known of people, as something new.
    pub(super) fn tell_people(&mut self) {
        self.people.version += 1;
        self.tell(Event::People(Arc::new(self.people.clone())));
    }

    /// What was asked about people, in order.
    pub(super) fn asked_of_people(&self) -> Vec<&PeopleRequest> {
        let asked = self.seen.iter().filter_map(|command| match command {
            Command::People { request, .. } => Some(request),
            _ => None,
        });
        asked.collect()
    }

    /// Takes all commands and answers the newest search; returns how many commands there were.
    pub(super) fn serve(&mut self) -> usize {
        let commands: Vec<Command> = self.commands.try_iter().collect();
        let newest = commands.iter().rev().find_map(|command| match command {
            Command::Search { generation, request } => Some((*generation, (**request).clone())),
            _ => None,
        });
        let count = commands.len();
        let explain = commands.iter().rev().find_map(|command| match command {
            Command::Explain(explain) => Some(explain.clone()),
            _ => None,
        });
        let heat = commands.iter().rev().find_map(|command| match command {
            Command::Heat { id, generation } => Some((*id, *generation)),
            _ => None,
        });
        for command in &commands {
            if let Command::Mark { photos, change } = command {
                self.mark(photos, *change);
            }
            if let Command::Albums { id, request } = command {
                self.answer_about_albums(*id, request.clone());
            }
            if let Command::CleanUp(request) = command {
                self.clean_up(request);
            }
            if let Command::People { id, .. } = command {
                let (id, result) = (*id, Ok(serde_json::Value::Null));
                self.tell(Event::PeopleAnswered { id, result });
            }
        }
        self.seen.extend(commands);
        if self.answers {
            if let Some((generation, request)) = newest {
                self.tell(Event::Results(Arc::new(self.answer(generation, &request))));
            }
            if let Some(explain) = explain {
                self.explain(&explain);
            }
            if let Some((id, generation)) = heat {
                self.heat(id, generation);
            }
        }
        count
    }

    fn answer_about_albums(&mut self, id: u64, request: AlbumRequest) {
        let hash = |id: &FileId| self.rows.get((id.0 - 1000) as u32).map(|row| row.hash);
        let result = self
            .albums
            .apply(request, |photos| photos.iter().filter_map(hash).collect());
        self.albums_version += 1;
        self.tell(Event::Albums(Arc::new(self.albums.state(self.albums_version))));
        self.tell(Event::AlbumsAnswered { id, result });
    }

    /// Photos of these rows are alike.
    pub(super) fn group(&mut self, kind: CleanUpKind, rows: &[u32], best: usize, why: Vec<Reason>) {
        let photo = |number: &u32| {
            let row = self.rows.get(*number).unwrap();
            CleanUpPhoto {
                row: *number,
                id: row.id,
                path: Arc::clone(&row.path),
                hash: row.hash,
                bytes: row.bytes,
                files: 1,
                sharpness: (kind != CleanUpKind::Identical).then_some(if number.is_multiple_of(2) { 1.0 } else { 0.5 }),
            }
        };
        let group = CleanUpGroup {
            kind,
            photos: rows.iter().map(photo).collect(),
            best,
            why,
        };
        self.alike.push(group);
    }

    fn clean_up(&mut self, request: &CleanUpRequest) {
        match request {
            CleanUpRequest::Look { generation } => self.look = *generation,
            CleanUpRequest::KeepAll(contents) => {
                let (kept, alike) = std::mem::take(&mut self.alike)
                    .into_iter()
                    .partition(|group| group.contents() == *contents);
                self.alike = alike;
                self.kept.extend::<Vec<_>>(kept);
            }
            CleanUpRequest::AskAgain(contents) => {
                let (again, kept) = std::mem::take(&mut self.kept)
                    .into_iter()
                    .partition(|group| group.contents() == *contents);
                self.kept = kept;
                self.alike.extend::<Vec<_>>(again);
            }
            CleanUpRequest::Stop | CleanUpRequest::Close => return,
        }
        self.tell(Event::CleanUp(Arc::new(CleanUp {
            generation: self.look,
            phase: CleanUpPhase::Done,
            groups: self.alike.clone().into(),
            ..CleanUp::default()
        })));
    }

    fn mark(&mut self, photos: &[FileId], change: MarkChange) {
        for id in photos {
            self.rows.update((id.0 - 1000) as u32, |row| match change {
                MarkChange::Favourite(favourite) => row.marks.favourite = favourite,
                MarkChange::Rating(rating) => row.marks.rating = rating,
            });
        }
        self.tell_library();
    }

    fn compare(&self, generation: u64, request: &SearchRequest) -> SearchResults {
        let alone = |focus: &str| SearchRequest {
            focus: focus.to_owned(),
            view: ViewKind::Grid,
            ..request.clone()
        };
        let columns: Arc<[Column]> = request
            .compare
            .iter()
            .filter(|_| !request.references.is_empty())
            .map(|focus| Column {
                focus: focus.clone(),
                results: Arc::new(self.answer(generation, &alone(focus))),
            })
            .collect();
        SearchResults {
            columns,
            ..self.answer(generation, &alone(""))
        }
    }

    fn heat(&self, id: FileId, generation: u64) {
        self.tell(Event::Heat(Heat {
            id,
            generation,
            map: Ok(HeatMap {
                side: 3,
                weights: Arc::from([0.0, 0.2, 0.0, 0.1, 1.0, 0.3, 0.0, 0.2, 0.0]),
            }),
        }));
    }

    fn explain(&self, explain: &Explain) {
        self.tell(Event::Explanation(Explanation {
            id: explain.id,
            generation: explain.results.generation,
            failed: None,
            score: Some(0.812),
            plain_score: Some(0.644),
            rank: Some(4),
            plain_rank: Some(218),
            written: (explain.request.find == "norway").then(|| WrittenText {
                source: WrittenSource::Keyword,
                text: "Europe|Norway".into(),
                found: std::iter::once(7..13).collect(),
            }),
            value_words: vec![("teal".into(), 0.61), ("navy".into(), 0.22), ("grey".into(), 0.08)],
            faces: self.matched(explain.id),
        }));
    }

    /// The faces of a photo, as alike as two photos of one person.
    fn matched(&self, id: FileId) -> Vec<MatchedFace> {
        let photo = self.rows.get((id.0 - 1000) as u32).unwrap();
        let faces = self.people.faces_of(&photo.hash).iter();
        let named = faces.filter_map(|face| Some((face, self.people.name_of(face.person?.0)?)));
        named
            .map(|(face, name)| MatchedFace {
                face: face.id,
                bounds: face.bounds,
                name: Some(name.to_owned()),
                alike: 0.84,
            })
            .collect()
    }

    /// Whether the window has sent such a command.
    pub(super) fn was_sent(&self, is_it: impl FnMut(&Command) -> bool) -> bool {
        self.seen.iter().any(is_it)
    }

    /// The newest search that was asked.
    pub(super) fn newest_search(&self) -> Option<(u64, &SearchRequest)> {
        self.seen.iter().rev().find_map(|command| match command {
            Command::Search { generation, request } => Some((*generation, request.as_ref())),
            _ => None,
        })
    }

    /// The rule: sorted by number; with a reference, by distance of the numbers (a focus reverses it); groups by
    /// the number modulo 4.
    pub(super) fn answer(&self, generation: u64, request: &SearchRequest) -> SearchResults {
        if request.view == ViewKind::Compare {
            return self.compare(generation, request);
        }
        let mut passing = request.filter.passing(&self.rows).to_vec();
        if let Some(album) = request.filter.album {
            let albums = self.albums.state(0);
            for (passes, row) in passing.iter_mut().zip(self.rows.iter()) {
                *passes &= albums
                    .place_of(album)
                    .is_some_and(|place| albums.holding(&row.hash).contains(&place));
            }
        }
        let all = (0u32..).zip(passing.iter());
        let mut order: Vec<u32> = all.filter(|(_, passes)| **passes).map(|(number, _)| number).collect();
        let shows = |row: u32, person| {
            let photo = self.rows.get(row).unwrap();
            let faces = self.people.faces_of(&photo.hash).iter();
            faces.filter_map(|face| face.person).any(|(of, _)| of == person)
        };
        order.retain(|row| request.filter.people.iter().all(|person| shows(*row, *person)));
        let count = order.len() as u32;
        let reference = request.references.first().map(|reference| match reference.source {
            ReferenceSource::Library(id) => (id.0 - 1000) as u32,
            ReferenceSource::Outside(_) => 0,
        });
        let focused = !request.focus.is_empty();
        let mut plain_ranks = Vec::new();
        if let Some(reference) = reference {
            order.sort_by_key(|row| row.abs_diff(reference));
            if focused {
                plain_ranks = (0..count).rev().collect();
                order.reverse();
            } else {
                plain_ranks = (0..count).collect();
            }
        } else if !request.find.is_empty() {
            order.reverse();
        }
        let ranks = reference.is_some() || !request.find.is_empty();
        let (ready, waiting): (Vec<u32>, Vec<u32>) = order
            .iter()
            .partition(|row| self.rows.get(**row).is_some_and(|row| row.encoded));
        let ranked = ready.len();
        let order: Vec<u32> = if ranks {
            ready.into_iter().chain(waiting).collect()
        } else {
            order
        };
        let groups = (request.view == ViewKind::Groups).then(|| {
            let words = ["teal", "red", "white", "black"];
            (0..4)
                .map(|group| Group {
                    kind: GroupKind::Alike,
                    value_words: vec![words[group as usize].to_owned(), "cotton".to_owned()],
                    rows: order.iter().copied().filter(|row| row % 4 == group).collect(),
                })
                .collect()
        });
        // What is looked for is a keyword of those that have any.
        let written: Vec<Option<WrittenMatch>> = order
            .iter()
            .map(|row| {
                let keywords = self.rows.get(*row)?.extras.keywords.as_ref();
                keywords.filter(|_| !request.find.is_empty()).map(|_| WrittenMatch {
                    source: WrittenSource::Keyword,
                    whole: true,
                })
            })
            .collect();
        // Every second photo is like the one before it.
        let folds: Arc<[u32]> = if request.fold_duplicates {
            order.iter().map(|row| if row % 2 == 1 { FOLDED } else { 1 }).collect()
        } else {
            Arc::from([])
        };
        let condition_words: Vec<String> = if focused {
            ["teal", "navy", "red", "white", "black", "grey"]
                .map(String::from)
                .to_vec()
        } else {
            Vec::new()
        };
        let results = SearchResults {
            understood: Default::default(),
            provisional: false,
            generation,
            written: written.into(),
            ranked,
            scores: if ranks {
                (0..count).map(|rank| 1.0 - rank as f32 / count as f32).collect()
            } else {
                Arc::from([])
            },
            plain_scores: Arc::from([]),
            plain_ranks: plain_ranks.into(),
            order: order.into(),
            folds,
            strong: ranks.then_some((ranked as f32 * (1.0 - request.strong_share)) as usize),
            columns: Arc::from([]),
            reranked: request.rerank_first.min(ranked),
            groups,
            value_words: Arc::from([]),
            rows_in_use: Default::default(),
            condition_words: condition_words.into(),
            way: if ranks { Way::FocusEncoder } else { Way::Sorted },
            timings: Timings {
                text_ms: 4.0,
                score_ms: 3.0,
                sort_ms: 1.0,
                total_ms: 8.0,
            },
            find_notice: request
                .find
                .contains("xxxx")
                .then(|| "Nothing here matches these words well; these are the nearest.".to_owned()),
            notice: None,
            ranks: Arc::from([]),
            timeline: None,
        };
        self.in_time(results, request, ranks)
    }

    /// The rule of time: under a search the strong matches, in the library all photos; those of a file's time last. Only where a test
    /// asks for months: others look at the order of the numbers.
    fn in_time(&self, mut results: SearchResults, request: &SearchRequest, ranks: bool) -> SearchResults {
        let newest = match (ranks, request.order, request.sort) {
            (true, HitOrder::Newest, _) | (false, _, SortKey::DateTaken) => true,
            (true, HitOrder::Oldest, _) | (false, _, SortKey::OldestFirst) => false,
            _ => return results,
        };
        if !self.months || request.view != ViewKind::Grid {
            return results;
        }
        let end = results.strong.unwrap_or(results.order.len());
        let old = results.order.to_vec();
        let mut places: Vec<usize> = (0..old.len()).collect();
        places[..end].sort_by_key(|place| {
            let row = self.rows.get(old[*place]).unwrap();
            (!row.has_date(), if newest { -row.taken } else { row.taken }, *place)
        });
        results.order = places.iter().map(|place| old[*place]).collect();
        if ranks {
            results.ranks = places.iter().map(|place| *place as u32).collect();
        }
        let months = LibraryMonths::new(&self.rows);
        results.timeline = Some(Arc::new(Timeline::of(&months, &results.order, 0..end)));
        results
    }
}
