//! Each kind of worker: what has it work, and how its panic is told.

use std::path::Path;

use refocus_engine::{
    CleanUpPhase, CleanUpRequest, Command, Event, Explain, Explanation, FileId, Lost, MarkChange, OutsideId,
    OutsideSource, RetryScope, SearchRequest,
};

use crate::common::Bench;

/// One kind of worker, what has it work, and how its panic is told.
pub(crate) struct Case {
    pub(crate) worker: &'static str,
    pub(crate) times: usize,
    pub(crate) ask: fn(&mut Bench),
    pub(crate) told: fn(&Event) -> bool,
    /// What is to be waited for before other work is tried.
    pub(crate) then: fn(&mut Bench),
    pub(crate) watch: bool,
}

const CASE: Case = Case {
    worker: "",
    times: 1,
    ask: |_| {},
    told: |_| false,
    then: |_| {},
    watch: false,
};

fn index_more(bench: &mut Bench) {
    bench.write(3);
    bench.send(Command::Rescan(None));
}

fn run_ends(bench: &mut Bench) {
    bench.run_ended();
}

fn first_photo(bench: &Bench) -> FileId {
    bench.rows.iter().find(|row| !row.gone).unwrap().id
}

fn explain_first_photo(bench: &Bench) -> Command {
    Command::Explain(Box::new(Explain {
        id: first_photo(bench),
        request: SearchRequest::default(),
        results: Default::default(),
    }))
}

/// A search, and the file with the vectors of its order.
fn save_vectors(bench: &mut Bench) {
    bench.search();
    bench.send(Command::SaveVectors(bench.photos.with_file_name("vectors.safetensors")));
}

fn failed_with(event: &Event, lost_by_it: Lost) -> bool {
    matches!(event, Event::WorkerFailed { lost, message } if *lost == lost_by_it && message.contains("a fault put into"))
}

pub(crate) fn says_internal(text: &str) -> bool {
    text.contains("an internal error") && text.contains("a fault put into")
}

fn outside(bench: &Bench, id: u64) {
    bench.send(Command::AddOutside {
        id: OutsideId(id),
        source: OutsideSource::File(bench.path(0)),
    });
}

pub(crate) fn import_tiny(bench: &mut Bench, name: &str) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/checkpoints/clip");
    let folder = bench.library.parent().unwrap().join(name);
    std::fs::create_dir(&folder).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    bench.send(Command::ImportModel(folder));
    let name = name.to_owned();
    bench.wait("the imported model", move |event| match event {
        Event::Models(state) => {
            assert!(state.error.is_none(), "{:?}", state.error);
            state.installed.iter().any(|model| model.name == name).then_some(())
        }
        _ => None,
    });
}

pub(crate) fn cases() -> Vec<Case> {
    let once = |event: &Event| failed_with(event, Lost::One);
    let requests = |event: &Event| failed_with(event, Lost::Requests);
    let unanswered = |event: &Event| matches!(event, Event::Results(results) if results.notice.as_deref().is_some_and(says_internal));
    let vectors_failed =
        |event: &Event| matches!(event, Event::VectorsSaved { saved: Err(why), .. } if says_internal(why));
    let run_failed = |event: &Event| matches!(event, Event::IndexingFailed(why) if says_internal(why));
    vec![
        Case {
            worker: "decode",
            ask: index_more,
            told: once,
            then: |bench| {
                let run = bench.run_ended();
                assert_eq!((run.encoded, run.failed), (2, 1), "it costs the one photo");
                bench.send(Command::Retry(RetryScope::All));
                bench.run_ended();
            },
            ..CASE
        },
        Case {
            worker: "encode",
            ask: index_more,
            told: once,
            then: |bench| assert_eq!(bench.run_ended().encoded, 3, "one by one all are encoded"),
            ..CASE
        },
        Case {
            // Whatever is encoded panics: that is not about a photo.
            worker: "encode",
            times: usize::MAX,
            ask: |bench| {
                bench.write(40);
                bench.send(Command::Rescan(None));
            },
            told: run_failed,
            then: |bench| {
                bench.run_ended();
                // Photos that came alone count as read and failed.
                bench.send(Command::Retry(RetryScope::All));
                bench.run_ended();
            },
            ..CASE
        },
        Case {
            worker: "scan",
            ask: index_more,
            told: run_failed,
            then: run_ends,
            ..CASE
        },
        Case {
            worker: "progress",
            ask: index_more,
            told: once,
            then: |bench| assert_eq!(bench.run_ended().encoded, 3),
            ..CASE
        },
        Case {
            worker: "writer",
            ask: |bench| {
                bench.send(Command::Mark {
                    photos: vec![first_photo(bench)],
                    change: MarkChange::Rating(2),
                });
            },
            told: requests,
            ..CASE
        },
        Case {
            // In the middle of a run, which ends with it.
            worker: "writer",
            ask: index_more,
            told: run_failed,
            then: run_ends,
            ..CASE
        },
        Case {
            worker: "ranking",
            ask: |bench| _ = bench.ask_for_an_order(),
            told: unanswered,
            ..CASE
        },
        Case {
            worker: "ranking part",
            ask: |bench| _ = bench.ask_for_an_order(),
            told: unanswered,
            ..CASE
        },
        Case {
            worker: "explain",
            ask: |bench| {
                bench.search();
                bench.send(explain_first_photo(bench));
            },
            told: once,
            then: |bench| {
                bench.wait("an answer", |event| {
                    matches!(event, Event::Explanation(Explanation { failed: Some(why), .. }) if says_internal(why))
                        .then_some(())
                });
                bench.send(explain_first_photo(bench));
                bench.wait("an explanation", |event| {
                    matches!(event, Event::Explanation(_)).then_some(())
                });
            },
            ..CASE
        },
        Case {
            worker: "heat",
            ask: |bench| {
                bench.search();
                bench.send(Command::Heat {
                    id: first_photo(bench),
                    generation: 1,
                });
            },
            told: |event| matches!(event, Event::Heat(heat) if heat.map.as_ref().is_err_and(|why| says_internal(why))),
            then: |bench| {
                bench.send(Command::Heat {
                    id: first_photo(bench),
                    generation: 1,
                });
                bench.wait("a heat map", |event| {
                    matches!(event, Event::Heat(heat) if heat.map.is_ok()).then_some(())
                });
            },
            ..CASE
        },
        // On the ranking thread, which gathers the vectors …
        Case {
            worker: "vectors",
            ask: save_vectors,
            told: vectors_failed,
            ..CASE
        },
        // … and on a thread of its own, which writes them.
        Case {
            worker: "vectors file",
            ask: save_vectors,
            told: vectors_failed,
            ..CASE
        },
        Case {
            worker: "clean up",
            ask: |bench| bench.send(Command::CleanUp(CleanUpRequest::Look { generation: 1 })),
            told: requests,
            then: |bench| {
                bench.send(Command::CleanUp(CleanUpRequest::Look { generation: 2 }));
                bench.wait("the groups", |event| match event {
                    Event::CleanUp(found) => (found.phase == CleanUpPhase::Done).then_some(()),
                    _ => None,
                });
            },
            ..CASE
        },
        Case {
            worker: "revalidation",
            ask: index_more,
            told: once,
            ..CASE
        },
        Case {
            worker: "watching",
            told: requests,
            then: |bench| {
                // Noticed by the watch alone.
                bench.write(1);
                let wanted = bench.written;
                bench.wait("the photo that nobody asked for", |event| match event {
                    Event::Library { rows, .. } => {
                        (rows.iter().filter(|row| !row.gone && row.encoded).count() == wanted).then_some(())
                    }
                    _ => None,
                });
            },
            watch: true,
            ..CASE
        },
        Case {
            worker: "trim",
            told: once,
            ask: |bench| {
                bench.send(Command::Tune(Box::new(refocus_engine::EngineTuning {
                    thumbnail_bytes: 123 << 20,
                    ..refocus_engine::EngineTuning::default()
                })));
            },
            watch: true,
            ..CASE
        },
        Case {
            worker: "control",
            ask: |bench| bench.send(Command::ListModels),
            told: requests,
            then: |bench| {
                bench.wait("the second start", |event| {
                    matches!(event, Event::Ready(_)).then_some(())
                });
            },
            ..CASE
        },
        Case {
            worker: "folders",
            ask: |bench| bench.send(Command::Rescan(None)),
            told: run_failed,
            then: run_ends,
            ..CASE
        },
        Case {
            worker: "outside",
            ask: |bench| outside(bench, 1),
            told: |event| matches!(event, Event::Outside { result: Err(why), .. } if says_internal(why)),
            then: |bench| {
                outside(bench, 2);
                bench.wait("the second picture", |event| {
                    matches!(event, Event::Outside { result: Ok(_), .. }).then_some(())
                });
            },
            ..CASE
        },
        Case {
            worker: "model download",
            ask: |bench| bench.send(Command::DownloadModel(refocus_engine::CATALOGUE[0].id.to_owned())),
            told: |event| matches!(event, Event::Models(state) if state.error.as_deref().is_some_and(says_internal)),
            then: |bench| import_tiny(bench, "tiny"),
            ..CASE
        },
        Case {
            worker: "re-embedding",
            times: usize::MAX,
            ask: |bench| {
                import_tiny(bench, "tiny");
                bench.send(Command::UseModel("tiny".to_owned()));
            },
            told: |event| matches!(event, Event::Models(state) if state.error.as_deref().is_some_and(says_internal)),
            ..CASE
        },
        Case {
            // A batch that panics once is encoded one by one, and the model takes over.
            worker: "re-embedding",
            ask: |bench| {
                import_tiny(bench, "tiny");
                bench.send(Command::UseModel("tiny".to_owned()));
            },
            told: |event| matches!(event, Event::Ready(device) if device.model != "Built-in"),
            ..CASE
        },
        Case {
            worker: "backup",
            ask: |bench| bench.send(Command::BackUp(bench.photos.with_file_name("copy.refocus"))),
            told: once,
            ..CASE
        },
        Case {
            worker: "demo",
            ask: |bench| bench.send(Command::Demo(Some(bench.photos.with_file_name("demo")))),
            told: |event| matches!(event, Event::Notice(why) if says_internal(why)),
            then: run_ends,
            ..CASE
        },
    ]
}
