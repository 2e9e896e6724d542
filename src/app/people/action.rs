//! What a person wants about who is in the photos.

use refocus_engine::{FaceId, PeopleRequest, PersonId};

/// A page that takes the place of the photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum PeoplePage {
    /// All persons.
    Persons,
    /// "Is this Anna?"
    Questions,
}

/// A command of the table about people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::app) enum PeopleCommand {
    /// The question whether people are to be recognised.
    SwitchOn,
    /// The page of persons, or back from it.
    ShowPersons,
    /// The page of questions, or back from it.
    ShowQuestions,
    /// Names on the faces of the large photo.
    OutlineFaces,
    /// The chosen photos do not show the person whose photos are shown.
    NotThisPerson,
    /// The chosen photos show another person.
    SplitPerson,
    /// Undoes the last step.
    Undo,
    /// Does again what was undone.
    Redo,
    /// The search for faces rests, or goes on.
    PauseFaces,
    /// The question before everything about people is deleted.
    Forget,
}

impl PeopleCommand {
    /// Whether it is among the commands: most of them are not before people are recognised.
    pub(in crate::app) fn is_offered(self, on: bool) -> bool {
        on != (self == Self::SwitchOn)
    }
}

/// What a person wants.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) enum PeopleAction {
    /// A page; `None`: back to the photos.
    Turn(Option<PeoplePage>),
    /// Only the photos of this person.
    ShowPhotos(PersonId),
    /// This person narrows the search no more.
    Drop(PersonId),
    /// Something for the engine, and the line that tells of it once it is done.
    Step(PeopleRequest, String),
    /// A name for a person; where it is another's, it is asked whether they are the same.
    Name(PersonId, String),
    /// A name for a face of the large photo, and whose it is so far.
    NameFace(FaceId, Option<PersonId>, String),
    /// The question which of these persons stays, where it is not clear, and one person of them.
    Merge(Vec<PersonId>),
    /// These photos do not show the person.
    NotIn(PersonId),
    /// These photos show another person than this one.
    Split(PersonId),
    /// The face of the chosen photo stands for the person.
    ChoosePicture(PersonId),
}
