//! What a pass over the photos does, in a line.

use refocus_engine::{PassPhase, PassProgress};

use super::controls::{grouped, photos};

/// What a pass does, and how far it is.
pub(super) fn pass_line(pass: &PassProgress) -> String {
    let counts = format!("{} of {}", grouped(pass.done), photos(pass.total));
    let unreachable = match pass.unreachable {
        0 => String::new(),
        some => format!(" \u{b7} {} cannot be reached now", photos(some)),
    };
    let line = match &pass.phase {
        PassPhase::Off => "not begun yet".to_owned(),
        PassPhase::Working => match pass.seconds_left {
            Some(seconds) => format!("{counts} \u{b7} {} left", duration(seconds)),
            None => counts,
        },
        PassPhase::Paused => format!("{counts} \u{b7} paused"),
        PassPhase::OnBattery => format!("{counts} \u{b7} rests until mains power is back"),
        PassPhase::AfterIndexing => format!("{counts} \u{b7} goes on once all photos are indexed"),
        PassPhase::UpToDate => format!("all {} have been looked at", photos(pass.total)),
        PassPhase::Failed(why) => format!("{counts} \u{b7} {why}"),
    };
    line + &unreachable
}

/// As in "3 min", for a time that is not known better.
fn duration(seconds: f32) -> String {
    let seconds = seconds.max(1.0).round() as u64;
    match seconds {
        0..90 => format!("{seconds} s"),
        90..5_400 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h", (seconds + 1_800) / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_engine::PassKind;

    #[test]
    fn the_state_says_why_nothing_happens() {
        let mut pass = PassProgress {
            phase: PassPhase::Working,
            done: 120,
            total: 1_200,
            seconds_left: Some(400.0),
            ..PassProgress::none(PassKind::Faces)
        };
        assert_eq!(pass_line(&pass), "120 of 1,200 photos \u{b7} 7 min left");
        pass.phase = PassPhase::AfterIndexing;
        pass.unreachable = 3;
        let line =
            "120 of 1,200 photos \u{b7} goes on once all photos are indexed \u{b7} 3 photos cannot be reached now";
        assert_eq!(pass_line(&pass), line);
        pass.phase = PassPhase::UpToDate;
        pass.unreachable = 0;
        assert_eq!(pass_line(&pass), "all 1,200 photos have been looked at");
        assert_eq!((duration(0.2), duration(9_000.0)), ("1 s".to_owned(), "3 h".to_owned()));
    }
}
