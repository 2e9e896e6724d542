//! What a person wants: the panels return it, `act.rs` turns it into state and commands.

use std::path::PathBuf;
use std::sync::Arc;

use refocus_engine::{Command, FileId, Filter, FolderId, MarkChange, Place, ReferenceSource, SortKey};

use super::about_window::AboutPage;
use super::albums::AlbumAction;
use super::clean_up::CleanUpAction;
use super::commands::UiCommand;
use super::elsewhere::Outward;
use super::file_jobs::FileJob;
use super::people::PeopleAction;
use super::selection::Selection;
use super::settings::Settings;

/// What a person wants.
pub(super) enum Action {
    /// A command of the table.
    Run(UiCommand),
    /// A command for the engine that changes nothing here.
    Ask(Command),
    /// A line for the person.
    Notice(String),

    /// The instruction.
    SetFocus(String),
    /// What a photo should show.
    SetFind(String),
    /// How much the focus counts, 0..=1.
    SetStrength(f32),
    /// The order where nothing is ranked.
    SetSort(SortKey),
    /// Share of the way to the best matches that a strong match has come, 0..=1.
    SetStrongShare(f32),
    /// Which photos take part.
    SetFilter(Box<Filter>),
    /// Shows only photos that were taken near this place.
    ShowNear(Place),
    /// Only photos below this folder take part; `None`: those of all folders.
    ShowWithin(Option<PathBuf>),
    /// Only photos that lie in the folder itself take part, or those below it too.
    OnlyThisLevel(bool),
    /// The focuses that are compared, one a column.
    SetColumns(Vec<String>),
    /// Makes a picture a reference, changes its sign, or takes one of this sign away.
    ToggleReference(ReferenceSource, bool),
    /// Takes a reference away.
    DropReference(ReferenceSource),
    /// Takes all references away.
    DropAllReferences,
    /// Only the photos of a group take part.
    OnlyGroup(Arc<[u32]>),
    /// The most typical photos of a group become the references.
    CompareWithGroup(Arc<[u32]>),
    /// Shows the newer order that was deferred.
    ReleaseOrder,

    /// What is selected from now on.
    Select(Selection),
    /// One photo large.
    Enlarge(u32),
    /// The words of the large photo that are selected now.
    SelectWords(Option<String>),
    /// Back from the compared photos to all.
    EndComparing,
    /// Back from the large photo to the others.
    CloseLarge,
    /// The keyboard comes from a field to the photos.
    EnterGallery,
    /// Favourite or stars of photos.
    Mark(Vec<FileId>, MarkChange),

    /// A focus stays among the chips.
    Pin(String),
    /// It does so no more.
    Unpin(String),
    /// A used or pinned focus goes from the chips.
    ForgetFocus(String),

    /// Searches with a saved search.
    OpenSaved(usize),
    /// The search on screen takes the place of a saved one.
    ReplaceSaved(usize),
    /// Another name for a saved search.
    RenameSaved(usize, String),
    /// A saved search goes.
    RemoveSaved(usize),

    /// Something about albums.
    Albums(AlbumAction),
    /// Something about who is in the photos.
    People(PeopleAction),
    /// Something about photos of which one may be enough.
    CleanUp(CleanUpAction),

    /// Everything that can be set, as it is from now on.
    Configure(Box<Settings>),
    /// No more copies are written.
    StopCopies,
    /// How long a slide show shows a photo, seconds.
    SetSlideSeconds(f32),
    /// Height of the rows of photos, points.
    SetRowHeight(f32),
    /// Shows or hides the list of problems.
    ToggleProblems,
    /// The settings, where they tell what was left out of a folder.
    ShowLeftOut(FolderId),
    /// Opens the dialog for the file of a language pack.
    ChooseLanguagePack,
    /// A page of "About Refocus".
    ShowAbout(AboutPage),

    /// Paths that were dropped, pasted or typed.
    LookAt(Vec<PathBuf>),
    /// The native dialog for a folder that is to be left out.
    ChooseFolderToLeaveOut,
    /// The native dialog of a question about files: its title and, where a new file is asked for, its first name.
    ChooseFile(String, Option<&'static str>),
    /// Something to be done to files.
    Do(Box<FileJob>),
    /// The question where a folder of the library is now.
    AskForNewPlace(FolderId, PathBuf),
    /// Hands a path to another program.
    Show(Outward),
    /// Has files that failed looked at again.
    Retry(refocus_engine::RetryScope),
}
