use std::process::Command;
use std::time::{Duration, Instant};

use eframe::egui::{self, Key};
use refocus::app::SettingsFile;
use refocus_engine::{Event, Lost};
use refocus_workers::fault::{self, Armed};

use super::fake_engine::{photo_files, photos};
use super::setup::{Window, WindowOptions};

/// Has this test binary, started once more, put faults into the threads of its window.
const FAULTS: &str = "REFOCUS_TEST_WINDOW_FAULTS";

/// A guard against a hang, not a measurement.
const HANG: Duration = Duration::from_secs(60);

/// Steps until something is so.
fn wait(window: &mut Window, what: &str, so: impl Fn(&Window) -> bool) {
    let start = Instant::now();
    while !so(window) {
        assert!(start.elapsed() < HANG, "waited for {what}");
        window.settle();
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until the fault is told, in a message or in what a screen reader says of a photo, and says how long that took.
fn told(window: &mut Window, worker: &str, armed: &Armed) {
    wait(window, worker, |window| {
        armed.met() > 0 && (window.has_containing("a fault put into") || window.describes("a fault put into"))
    });
    let after = armed.first_met().map(|first| first.elapsed());
    eprintln!("panic in {worker}: told after {after:?}");
}

/// Ends the window and says how long that took.
fn end(window: Window, worker: &str) {
    let start = Instant::now();
    window.close();
    let took = start.elapsed();
    assert!(took < Duration::from_secs(4), "{worker}: the end took {took:?}");
    eprintln!("{worker}: the window ended in {took:?}");
}

/// Runs as a process of its own, started by the test below: a fault is put into the process, not into one window. On its own it
/// does nothing.
#[test]
fn a_window_with_faults_in_its_threads() {
    if std::env::var_os(FAULTS).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let rows = photo_files(folder.path());

    // Thumbnails: one photo says why it has none, the others come, and so does this one when it is asked for again.
    let armed = fault::panic_in("thumbnails", 1);
    let mut window = Window::with_photos(rows.clone());
    told(&mut window, "thumbnails", &armed);
    wait(&mut window, "the other thumbnails", |window| {
        window.harness.state().texture_use().bytes > 0
    });
    drop(armed);
    end(window, "thumbnails");

    // The large photo: the next one comes.
    let mut window = Window::with_photos(rows.clone());
    let armed = fault::panic_in("lightbox", 1);
    window.click("photo-0001.jpg");
    window.press(Key::Enter);
    told(&mut window, "lightbox", &armed);
    drop(armed);
    window.press(Key::ArrowRight);
    wait(&mut window, "the next large photo", |window| {
        !window.describes("a fault put into")
    });
    end(window, "lightbox");

    // A path that was pasted: the next one is taken in.
    let mut window = Window::with_photos(rows.clone());
    let armed = fault::panic_in("intake", 1);
    let pasted = || egui::Event::Paste(folder.path().join("photo-0002.jpg").display().to_string());
    window.harness.event(pasted());
    told(&mut window, "intake", &armed);
    drop(armed);
    window.harness.event(pasted());
    wait(&mut window, "the pasted photo", |window| {
        let seen = &window.engine.seen;
        seen.iter()
            .any(|command| matches!(command, refocus_engine::Command::AddOutside { .. }))
    });
    end(window, "intake");

    // A file that is copied: the next job is done.
    let mut window = Window::with_photos(rows.clone());
    let armed = fault::panic_in("files", 1);
    window.click("photo-0001.jpg");
    window.harness.event(egui::Event::Copy);
    told(&mut window, "files", &armed);
    drop(armed);
    end(window, "files");

    // Settings: told, and written the next time.
    let file = SettingsFile::at(&folder.path().join("window.json"));
    let armed = fault::panic_in("settings", 1);
    let with_settings = |rows| {
        let options = WindowOptions {
            settings: Some(file.clone()),
            ..WindowOptions::default()
        };
        Window::new(rows, options)
    };
    let mut window = with_settings(rows.clone());
    window.type_into("Focus", "the weather");
    told(&mut window, "settings", &armed);
    drop(armed);
    end(window, "settings");
    let next = with_settings(rows);
    let found = next.engine.newest_search().unwrap().1;
    assert_eq!(found.focus, "the weather", "what could not be written is written later");
}

#[test]
fn a_panic_in_a_thread_of_the_window_is_told_and_the_next_job_is_done() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "window::failing_workers::a_window_with_faults_in_its_threads",
            "--nocapture",
        ])
        .env(FAULTS, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    for line in said
        .lines()
        .filter(|line| line.contains("told after") || line.contains("the window ended"))
    {
        eprintln!("{line}");
    }
}

/// Steps until the short messages have gone by themselves.
fn wait_for_notices_to_go(window: &mut Window) {
    for _ in 0..200 {
        window.harness.step();
    }
}

#[test]
fn a_worker_that_ended_for_good_is_named_until_the_end() {
    let mut window = Window::with_photos(photos(4));
    let message = "Nothing is explained any more: internal error (on purpose)";
    window.engine.tell(Event::WorkerFailed {
        message: message.into(),
        lost: Lost::Worker,
    });
    window.settle();
    assert!(window.has(message));
    assert!(window.has("Close this message"), "said where it is seen");
    wait_for_notices_to_go(&mut window);
    assert!(!window.has("Close this message"));
    assert!(window.has(message), "the status bar still says it");
    assert_eq!(window.photos_on_screen().len(), 4, "other work goes on");
}

#[test]
fn what_was_lost_with_a_worker_that_was_started_anew_is_said_until_it_is_closed() {
    for lost in [Lost::One, Lost::Requests] {
        let mut window = Window::with_photos(photos(4));
        let message = "Watching began anew: internal error (on purpose)".to_owned();
        window.engine.tell(Event::WorkerFailed {
            message: message.clone(),
            lost,
        });
        window.settle();
        assert!(window.has(&message));
        wait_for_notices_to_go(&mut window);
        if lost == Lost::Requests {
            assert!(window.has(&message), "it is said nowhere else");
            window.click("Close this message");
        }
        assert!(!window.has(&message), "{lost:?}");
    }
}
