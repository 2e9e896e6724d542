//! Internal errors in the workers that find faces and keep persons. In a process of its own: faults are put into workers by name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it needs by failing"
)]

#[expect(dead_code, reason = "the other tests of people use the rest")]
mod drawn_people;

use std::time::{Duration, Instant};

use refocus_engine::{Command, Event, PassPhase, PeopleRequest, SearchRequest};
use refocus_workers::fault;

use drawn_people::Album;

fn find(text: &str) -> SearchRequest {
    SearchRequest {
        find: text.to_owned(),
        ..SearchRequest::default()
    }
}

#[test]
fn a_panic_of_a_worker_costs_one_photo_or_one_request_and_no_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut album = Album::in_folder(&std::fs::canonicalize(folder.path()).unwrap());
    album.draw(40);
    album.start();
    album.index();
    album.find_faces();
    album.name_in("000.png", "Anna");
    let photos = album.called("Anna").photos;
    {
        let _fault = fault::panic_in("people", 1);
        album.send(Command::People {
            id: u64::MAX,
            request: PeopleRequest::Tell,
        });
        album.wait("what happened", |event| match event {
            Event::WorkerFailed { message, .. } => message.contains("read anew").then_some(()),
            _ => None,
        });
    }
    album.ask(PeopleRequest::Tell);
    assert_eq!(album.called("Anna").photos, photos);
    {
        let _fault = fault::panic_in("pass photo", 1);
        drawn_people::draw(&album.photos.join("900.png"), 900, &[0]);
        drawn_people::draw(&album.photos.join("901.png"), 901, &[0]);
        album.rescan();
        album.wait("what happened", |event| match event {
            Event::WorkerFailed { message, .. } => message.contains("could not be looked at").then_some(()),
            _ => None,
        });
    }
    album.faces_found();
    assert_eq!(album.called("Anna").photos, photos + 1, "the other photo was looked at");
    let _fault = fault::panic_in("passes", 1);
    album.wait("what happened", |event| match event {
        Event::Pass(pass) => matches!(pass.phase, PassPhase::Failed(_)).then_some(()),
        _ => None,
    });
    assert_eq!(album.search(find("anna")).order.len(), photos + 1);
    let start = Instant::now();
    album.end();
    assert!(start.elapsed() < Duration::from_secs(2));
}
