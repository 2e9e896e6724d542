//! What the engine is asked about people, and the line that tells it when it is done.

use std::collections::HashMap;

use refocus_engine::{Command, PeopleRequest, StepKind};

/// A step that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// For the person, once it is done; empty where they see it anyway.
    pub(super) line: String,
    /// Whether it can be undone.
    pub(super) undoable: bool,
}

/// Steps on their way to the engine, by the numbers under which it answers.
#[derive(Debug, Default)]
pub(super) struct PeopleSteps {
    last: u64,
    waiting: HashMap<u64, Told>,
}

impl PeopleSteps {
    /// The command for a step.
    pub(super) fn ask(&mut self, request: PeopleRequest, line: String) -> Command {
        self.last += 1;
        let undoable = is_undoable(&request);
        self.waiting.insert(self.last, Told { line, undoable });
        Command::People { id: self.last, request }
    }

    /// The step that was answered.
    pub(super) fn answered(&mut self, id: u64) -> Option<Told> {
        self.waiting.remove(&id)
    }
}

/// Whether a request is a step that can be undone.
fn is_undoable(request: &PeopleRequest) -> bool {
    match request {
        PeopleRequest::Name { .. }
        | PeopleRequest::Merge { .. }
        | PeopleRequest::Split { .. }
        | PeopleRequest::Confirm { .. }
        | PeopleRequest::ConfirmAsNew { .. }
        | PeopleRequest::Refuse { .. }
        | PeopleRequest::KeepApart(..)
        | PeopleRequest::Hide { .. }
        | PeopleRequest::ChoosePicture { .. }
        | PeopleRequest::Redo
        | PeopleRequest::Import(_) => true,
        PeopleRequest::SwitchOn
        | PeopleRequest::Forget
        | PeopleRequest::Undo
        | PeopleRequest::Tell
        | PeopleRequest::Export => false,
    }
}

/// What a step was, after "Undone: ".
pub(super) fn step_words(step: StepKind) -> &'static str {
    match step {
        StepKind::Name => "a name",
        StepKind::Merge => "persons that became one",
        StepKind::Split => "photos of another person",
        StepKind::Confirm => "who this is",
        StepKind::Refuse => "who this is not",
        StepKind::Apart => "two who are not the same",
        StepKind::Hide => "a person that was hidden or shown",
        StepKind::Picture => "a chosen picture",
        StepKind::Import => "names from a file",
    }
}

/// The line of a name that was given or taken away.
pub(super) fn named_line(name: Option<&str>) -> String {
    name.map_or_else(|| "The name is taken away".to_owned(), |name| format!("This is {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_told_once_under_its_own_number() {
        let mut steps = PeopleSteps::default();
        let number = |command| match command {
            Command::People { id, .. } => id,
            _ => unreachable!("steps are about people"),
        };
        let first = number(steps.ask(PeopleRequest::Undo, "undone".into()));
        let second = number(steps.ask(PeopleRequest::Redo, "again".into()));
        assert_ne!(first, second);
        assert_eq!(steps.answered(second).unwrap().line, "again");
        assert!(!steps.answered(first).unwrap().undoable);
        assert_eq!(steps.answered(first), None);
    }
}
