use refocus_engine::{Event, Lost};

use super::fake_engine::photos;
use super::setup::Window;

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
