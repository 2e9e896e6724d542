//! Log lines by which a start is measured from outside (`refocus bench start`).

/// The window was drawn.
pub const FIRST_FRAME: &str = "milestone: first frame";

/// The library's photos were drawn, in the order of their dates.
pub const LIBRARY_SHOWN: &str = "milestone: library shown";

/// The engine's first order was drawn.
pub const PHOTOS_IN_ORDER: &str = "milestone: photos in order";

/// Which of them were logged.
#[derive(Debug, Default)]
pub(super) struct Milestones {
    logged: usize,
}

impl Milestones {
    /// Takes note of a frame that was drawn. `known`: the library's rows were there; `settled`: the engine's order as well.
    pub(super) fn drawn(&mut self, known: bool, settled: bool) {
        let reached = [
            (FIRST_FRAME, true),
            (LIBRARY_SHOWN, known),
            (PHOTOS_IN_ORDER, known && settled),
        ];
        let left = reached.iter().skip(self.logged);
        for (line, _) in left.take_while(|(_, reached)| *reached) {
            tracing::info!("{line}");
            self.logged += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_passed_once_and_in_their_order() {
        let mut milestones = Milestones::default();
        milestones.drawn(false, true);
        assert_eq!(milestones.logged, 1);
        milestones.drawn(true, false);
        assert_eq!(milestones.logged, 2);
        milestones.drawn(true, true);
        milestones.drawn(true, true);
        assert_eq!(milestones.logged, 3);
    }
}
