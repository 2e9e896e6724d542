//! What can be asked about people.

use refocus_store::people::{FaceId, PersonId};
use serde_json::Value;

/// A request about people. Each step that changes who is who can be undone.
#[derive(Clone, Debug, PartialEq)]
pub enum PeopleRequest {
    /// The person says yes: faces are found in all photos from now on, and kept.
    SwitchOn,
    /// Deletes everything that is kept of people, and finds no faces any more.
    Forget,
    /// Gives a person a name, or takes it away.
    Name {
        /// Who.
        person: PersonId,
        /// The name; `None` or blank takes it away.
        name: Option<String>,
    },
    /// Makes several persons one.
    Merge {
        /// Who stays.
        into: PersonId,
        /// Who is the same person.
        from: Vec<PersonId>,
    },
    /// Makes some faces of a person another one.
    Split {
        /// Who they were.
        person: PersonId,
        /// The faces of the other one.
        faces: Vec<FaceId>,
        /// What the other one is called, where that is known.
        name: Option<String>,
    },
    /// "This is Anna."
    Confirm {
        /// Who.
        person: PersonId,
        /// The faces.
        faces: Vec<FaceId>,
    },
    /// These faces are somebody of whom there is no person yet.
    ConfirmAsNew {
        /// The name.
        name: Option<String>,
        /// The faces.
        faces: Vec<FaceId>,
    },
    /// "This is not Anna."
    Refuse {
        /// Who it is not.
        person: PersonId,
        /// The faces.
        faces: Vec<FaceId>,
    },
    /// Two who are not the same.
    KeepApart(PersonId, PersonId),
    /// Shows a person among the others, or no more.
    Hide {
        /// Who.
        person: PersonId,
        /// Whether they are hidden.
        hidden: bool,
    },
    /// Which face stands for a person.
    ChoosePicture {
        /// Who.
        person: PersonId,
        /// The face.
        face: FaceId,
    },
    /// Undoes the last step.
    Undo,
    /// Does the last step again that was undone.
    Redo,
    /// Reads names that were exported ([`PeopleState`](super::PeopleState) tells what became of them).
    Import(Value),
    /// Has the state told again, before the answer.
    Tell,
    /// Asks for all names and what was said of faces; answered with them.
    Export,
}
