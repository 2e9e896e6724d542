//! The one table of commands: shortcuts, palette and the help page all read it.

use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

use refocus_engine::{HitOrder, SmartAlbum, Turn};

use super::albums::AlbumCommand;
use super::people::PeopleCommand;

/// Something that a person can tell the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum UiCommand {
    /// Keyboard to the focus field.
    EditFocus,
    /// Keyboard to the find field.
    EditFind,
    /// Native dialog for a folder.
    AddFolder,
    /// Path field for a folder or picture.
    TypePath,
    /// Renders and adds the demo photos.
    AddDemo,
    /// Looks for changes in all folders.
    Rescan,
    /// Copies the library to a file.
    BackUp,
    /// Stops or goes on indexing.
    PauseOrResume,
    /// List of files that could not be read.
    ShowProblems,
    /// Which models there are, and which one is used.
    ShowModels,
    /// One order.
    ShowGrid,
    /// Photos alike under the focus stand together.
    ShowGroups,
    /// A few focuses side by side.
    ShowCompare,
    /// The search before.
    GoBack,
    /// The search after.
    GoForward,
    /// The focus stays among the chips, or does so no more.
    PinFocus,
    /// Keeps the search under a name.
    SaveSearch,
    /// Where in the selected photo the focus looked.
    ToggleHeat,
    /// The selected photos become references, or are none any more.
    UseAsReference,
    /// The same as counter-examples.
    UseAsNegativeReference,
    /// No references, no focus, no words.
    ClearSearch,
    /// All photos of the gallery.
    SelectAll,
    /// Large view of the selected photo.
    OpenPhoto,
    /// The selected photos side by side, or back from there.
    ComparePhotos,
    /// One photo after the other, over the whole screen.
    SlideShow,
    /// With the platform's program for the file.
    OpenWithDefaultProgram,
    /// In the file manager.
    Reveal,
    /// Paths of the selected photos to the clipboard.
    CopyPaths,
    /// The words of the large photo can be selected, or no more.
    ShowWords,
    /// What is written in the selected photos, to the clipboard.
    CopyText,
    /// Stops or goes on reading photos.
    PauseReading,
    /// The selected photos become favourites, or are none any more.
    ToggleFavourite,
    /// So many stars for the selected photos; 0 takes the rating back.
    Rate(u8),
    /// Every filter off.
    ClearFilters,
    /// Only favourites.
    ShowFavourites,
    /// Photos that match little, as far as this library goes, are left out.
    HideWeak,
    /// Near-duplicates are folded into one.
    FoldDuplicates,
    /// The first results are looked at again, with the instruction inside the model.
    RerankFirst,
    /// The selected photo becomes the one reference; the focus stays.
    MoreLikeThis,
    /// The selected photos to the clipboard.
    CopyPictures,
    /// The selected photos into a folder.
    CopyTo,
    /// The same, away from where they are.
    MoveTo,
    /// The selected photos into folders by a pattern.
    IntoFolders,
    /// Copies of the selected photos at another size or in another format.
    WriteCopies,
    /// The selected photos, or all on screen, on pages of paper.
    ContactSheet,
    /// The photos of the last move, or those that went to the trash last, back to where they were; or a step about albums, or a turn,
    /// back.
    UndoMove,
    /// Another name for the selected photo.
    Rename,
    /// The selected photos a quarter or back to how they are stored, by their orientation tag.
    Turn(Turn),
    /// Does again what was undone last.
    Redo,
    /// The selected photos to the trash, after a question.
    Trash,
    /// The order into a file.
    Export,
    /// Only the folder of the selected photo.
    ShowFolder,
    /// All groups folded in.
    FoldGroups,
    /// All groups open.
    OpenGroups,
    /// Larger photos.
    LargerPhotos,
    /// Smaller photos.
    SmallerPhotos,
    /// Rank and rank change on every photo.
    ToggleRankBadges,
    /// When it was taken on every photo.
    ToggleDates,
    /// In which order what was found stands; without a search the library.
    OrderHits(HitOrder),
    /// To the first photo of the next month on screen.
    NextMonth,
    /// To the first photo of the month before on screen.
    PreviousMonth,
    /// Only the photos of an album that is there from the start, or all again.
    ShowAlbum(SmartAlbum),
    /// Folders and references.
    ToggleLeftPanel,
    /// Why a photo stands where it stands.
    ToggleRightPanel,
    /// Follow the system, dark, light.
    NextTheme,
    /// List of all commands.
    ShowPalette,
    /// List of all shortcuts.
    ShowHelp,
    /// What a person can set.
    ShowSettings,
    /// Version, licences, what the program is made from.
    ShowAbout,
    /// Something about albums.
    Albums(AlbumCommand),
    /// The page on which photos are cleaned up, or back from it.
    CleanUp,
    /// Something about who is in the photos.
    People(PeopleCommand),
}

impl From<PeopleCommand> for UiCommand {
    fn from(command: PeopleCommand) -> Self {
        Self::People(command)
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct CommandInfo {
    /// The command.
    pub(super) command: UiCommand,
    /// As a menu would say it.
    pub(super) title: &'static str,
    /// Keys that run it, the first one is shown.
    pub(super) shortcuts: &'static [KeyboardShortcut],
}

const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// Every command, in the order in which the palette and the help list them.
pub(super) const TABLE: &[CommandInfo] = &[
    row(UiCommand::EditFocus, "Focus on…", &[ctrl(Key::F)]),
    row(UiCommand::EditFind, "Find…", &[ctrl(Key::L)]),
    row(UiCommand::UseAsReference, "Use as reference", &[plain(Key::R)]),
    row(
        UiCommand::UseAsNegativeReference,
        "Use as negative reference",
        &[KeyboardShortcut::new(Modifiers::SHIFT, Key::R)],
    ),
    row(UiCommand::MoreLikeThis, "More like this", &[plain(Key::M)]),
    row(UiCommand::ClearSearch, "Clear the search", &[ctrl(Key::Backspace)]),
    row(UiCommand::ShowGrid, "Show as grid", &[ctrl(Key::Num1)]),
    row(UiCommand::ShowGroups, "Show as groups", &[ctrl(Key::Num2)]),
    row(UiCommand::ShowCompare, "Compare focuses", &[ctrl(Key::Num3)]),
    row(
        UiCommand::GoBack,
        "Back to the search before",
        &[KeyboardShortcut::new(Modifiers::ALT, Key::ArrowLeft)],
    ),
    row(
        UiCommand::GoForward,
        "Forward to the search after",
        &[KeyboardShortcut::new(Modifiers::ALT, Key::ArrowRight)],
    ),
    row(UiCommand::PinFocus, "Pin this focus", &[ctrl(Key::D)]),
    row(
        UiCommand::SaveSearch,
        "Save this search…",
        &[KeyboardShortcut::new(CTRL_SHIFT, Key::S)],
    ),
    row(UiCommand::OpenPhoto, "Open photo", &[plain(Key::Enter)]),
    row(UiCommand::ComparePhotos, "Compare the photos", &[plain(Key::C)]),
    row(UiCommand::SlideShow, "Slide show", &[plain(Key::S)]),
    row(UiCommand::SelectAll, "Select all", &[ctrl(Key::A)]),
    row(
        UiCommand::OpenWithDefaultProgram,
        "Open with default program",
        &[ctrl(Key::Enter)],
    ),
    row(UiCommand::Reveal, "Reveal in file manager", &[ctrl(Key::E)]),
    row(UiCommand::CopyPictures, "Copy pictures", &[ctrl(Key::C)]),
    row(
        UiCommand::CopyPaths,
        "Copy paths",
        &[KeyboardShortcut::new(CTRL_SHIFT, Key::C)],
    ),
    row(UiCommand::ShowWords, "Show the words in the photo", &[plain(Key::U)]),
    row(
        UiCommand::CopyText,
        "Copy text",
        &[KeyboardShortcut::new(CTRL_SHIFT, Key::T)],
    ),
    row(UiCommand::PauseReading, "Pause or resume reading photos", &[]),
    row(UiCommand::CopyTo, "Copy to folder…", &[]),
    row(UiCommand::MoveTo, "Move to folder…", &[]),
    row(
        UiCommand::IntoFolders,
        "Put into folders by a pattern…",
        &[KeyboardShortcut::new(Modifiers::SHIFT, Key::F2)],
    ),
    row(
        UiCommand::WriteCopies,
        "Write copies\u{2026}",
        &[KeyboardShortcut::new(CTRL_SHIFT, Key::E)],
    ),
    row(
        UiCommand::ContactSheet,
        "Contact sheet as PDF\u{2026}",
        &[KeyboardShortcut::new(CTRL_SHIFT, Key::K)],
    ),
    row(UiCommand::UndoMove, "Undo the last step", &[ctrl(Key::Z)]),
    row(UiCommand::Redo, "Do the undone step again", &[ctrl(Key::Y)]),
    row(
        UiCommand::Turn(Turn::Left),
        "Turn left",
        &[plain(Key::Q), plain(Key::OpenBracket)],
    ),
    row(
        UiCommand::Turn(Turn::Right),
        "Turn right",
        &[plain(Key::E), plain(Key::CloseBracket)],
    ),
    row(
        UiCommand::Turn(Turn::Upright),
        "Show as stored, not turned",
        &[KeyboardShortcut::new(Modifiers::SHIFT, Key::Q)],
    ),
    row(UiCommand::Rename, "Rename…", &[plain(Key::F2)]),
    row(UiCommand::Trash, "Move to trash…", &[plain(Key::Delete)]),
    row(UiCommand::Export, "Export the order…", &[ctrl(Key::S)]),
    row(UiCommand::ShowFolder, "Show only this photo's folder", &[]),
    row(
        UiCommand::Albums(AlbumCommand::Add),
        "Put into an album…",
        &[plain(Key::A)],
    ),
    row(
        UiCommand::Albums(AlbumCommand::TakeOut),
        "Take out of this album",
        &[KeyboardShortcut::new(Modifiers::SHIFT, Key::Delete)],
    ),
    row(
        UiCommand::Albums(AlbumCommand::New),
        "New album…",
        &[KeyboardShortcut::new(CTRL_SHIFT, Key::A)],
    ),
    row(
        UiCommand::Albums(AlbumCommand::Export),
        "Write all albums to a file…",
        &[],
    ),
    row(
        UiCommand::Albums(AlbumCommand::Import),
        "Take over albums from a file…",
        &[],
    ),
    row(UiCommand::FoldGroups, "Fold all groups", &[]),
    row(UiCommand::OpenGroups, "Open all groups", &[]),
    row(UiCommand::ToggleFavourite, "Favourite", &[plain(Key::F)]),
    row(UiCommand::Rate(1), "Rate with 1 star", &[plain(Key::Num1)]),
    row(UiCommand::Rate(2), "Rate with 2 stars", &[plain(Key::Num2)]),
    row(UiCommand::Rate(3), "Rate with 3 stars", &[plain(Key::Num3)]),
    row(UiCommand::Rate(4), "Rate with 4 stars", &[plain(Key::Num4)]),
    row(UiCommand::Rate(5), "Rate with 5 stars", &[plain(Key::Num5)]),
    row(UiCommand::Rate(0), "Take the rating back", &[plain(Key::Num0)]),
    row(UiCommand::ShowFavourites, "Show only favourites", &[]),
    row(UiCommand::HideWeak, "Hide weak matches", &[plain(Key::W)]),
    row(UiCommand::FoldDuplicates, "Fold near-duplicates", &[plain(Key::D)]),
    row(UiCommand::RerankFirst, "Check the first 50 precisely", &[plain(Key::P)]),
    row(
        UiCommand::ClearFilters,
        "Clear all filters",
        &[KeyboardShortcut::new(CTRL_SHIFT, Key::Backspace)],
    ),
    row(
        UiCommand::LargerPhotos,
        "Larger photos",
        &[ctrl(Key::Plus), ctrl(Key::Equals)],
    ),
    row(UiCommand::SmallerPhotos, "Smaller photos", &[ctrl(Key::Minus)]),
    row(UiCommand::ToggleRankBadges, "Show ranks on photos", &[plain(Key::B)]),
    row(UiCommand::ToggleDates, "Show dates on photos", &[plain(Key::T)]),
    row(
        UiCommand::OrderHits(HitOrder::Best),
        "Order: best first",
        &[KeyboardShortcut::new(Modifiers::ALT, Key::Num1)],
    ),
    row(
        UiCommand::OrderHits(HitOrder::Newest),
        "Order: newest first",
        &[KeyboardShortcut::new(Modifiers::ALT, Key::Num2)],
    ),
    row(
        UiCommand::OrderHits(HitOrder::Oldest),
        "Order: oldest first",
        &[KeyboardShortcut::new(Modifiers::ALT, Key::Num3)],
    ),
    row(
        UiCommand::NextMonth,
        "To the next month",
        &[KeyboardShortcut::new(Modifiers::ALT, Key::PageDown)],
    ),
    row(
        UiCommand::PreviousMonth,
        "To the month before",
        &[KeyboardShortcut::new(Modifiers::ALT, Key::PageUp)],
    ),
    row(
        UiCommand::ShowAlbum(SmartAlbum::RecentlyAdded),
        "Show recently added photos",
        &[],
    ),
    row(
        UiCommand::ShowAlbum(SmartAlbum::OnThisDay),
        "Show photos of this day in all years",
        &[],
    ),
    row(UiCommand::ShowAlbum(SmartAlbum::Unrated), "Show unrated photos", &[]),
    row(
        UiCommand::ShowAlbum(SmartAlbum::WithoutDate),
        "Show photos without date",
        &[],
    ),
    row(
        UiCommand::ShowAlbum(SmartAlbum::WithoutPlace),
        "Show photos without place",
        &[],
    ),
    row(UiCommand::ToggleHeat, "Show where the focus looked", &[plain(Key::H)]),
    row(
        UiCommand::People(PeopleCommand::SwitchOn),
        "Recognise people in photos…",
        &[],
    ),
    row(
        UiCommand::People(PeopleCommand::ShowPersons),
        "Show people",
        &[ctrl(Key::Num4)],
    ),
    row(
        UiCommand::People(PeopleCommand::ShowQuestions),
        "Say who is who",
        &[ctrl(Key::Num5)],
    ),
    row(
        UiCommand::People(PeopleCommand::OutlineFaces),
        "Show names on faces",
        &[plain(Key::O)],
    ),
    row(
        UiCommand::People(PeopleCommand::NotThisPerson),
        "Not this person",
        &[plain(Key::X)],
    ),
    row(
        UiCommand::People(PeopleCommand::SplitPerson),
        "Another person than this one",
        &[KeyboardShortcut::new(Modifiers::SHIFT, Key::X)],
    ),
    row(
        UiCommand::People(PeopleCommand::Undo),
        "Undo the last step about people",
        &[KeyboardShortcut::new(CTRL_SHIFT, Key::Z)],
    ),
    row(
        UiCommand::People(PeopleCommand::Redo),
        "Do the undone step about people again",
        &[KeyboardShortcut::new(CTRL_SHIFT, Key::Y)],
    ),
    row(
        UiCommand::People(PeopleCommand::PauseFaces),
        "Pause or resume the search for faces",
        &[],
    ),
    row(
        UiCommand::People(PeopleCommand::Forget),
        "Delete everything about people…",
        &[],
    ),
    row(UiCommand::CleanUp, "Clean up", &[ctrl(Key::Num6)]),
    row(UiCommand::ToggleRightPanel, "Show why", &[plain(Key::I)]),
    row(
        UiCommand::ToggleLeftPanel,
        "Show folders and references",
        &[plain(Key::L)],
    ),
    row(UiCommand::AddFolder, "Add folder…", &[ctrl(Key::O)]),
    row(
        UiCommand::TypePath,
        "Add by path…",
        &[KeyboardShortcut::new(CTRL_SHIFT, Key::O)],
    ),
    row(UiCommand::AddDemo, "Add demo photos", &[]),
    row(UiCommand::Rescan, "Look for changes", &[plain(Key::F5)]),
    row(UiCommand::BackUp, "Back up the library…", &[]),
    row(UiCommand::PauseOrResume, "Pause or resume indexing", &[]),
    row(UiCommand::ShowProblems, "Show files that could not be read", &[]),
    row(UiCommand::ShowModels, "Models…", &[]),
    row(UiCommand::ShowSettings, "Settings\u{2026}", &[ctrl(Key::Comma)]),
    row(UiCommand::NextTheme, "Switch theme", &[]),
    row(
        UiCommand::ShowPalette,
        "All commands…",
        &[KeyboardShortcut::new(CTRL_SHIFT, Key::P)],
    ),
    row(
        UiCommand::ShowHelp,
        "Keyboard shortcuts",
        &[
            plain(Key::F1),
            plain(Key::Questionmark),
            KeyboardShortcut::new(Modifiers::SHIFT, Key::Questionmark),
        ],
    ),
    row(UiCommand::ShowAbout, "About Refocus", &[]),
];

/// What came with this version, for the top of the help.
pub(super) const NEW: &[(UiCommand, &str)] = &[
    (
        UiCommand::ShowWords,
        "Text in photos is read and found: select and copy it",
    ),
    (UiCommand::ComparePhotos, "Two to four photos side by side at one zoom"),
    (UiCommand::CleanUp, "Identical files, near-duplicates and bursts"),
    (UiCommand::Albums(AlbumCommand::Add), "Albums, one inside another"),
    (
        UiCommand::OrderHits(HitOrder::Newest),
        "What was found in the order of time",
    ),
    (
        UiCommand::Turn(Turn::Right),
        "Photos are turned, in the file or beside it",
    ),
    (UiCommand::SlideShow, "A slide show"),
    (UiCommand::ContactSheet, "Contact sheets as PDF"),
    (UiCommand::WriteCopies, "Copies at another size or in another format"),
];

/// Keys that the gallery and the lightbox handle themselves; the help lists them below the commands.
pub(super) const MOVEMENT: &[(&str, &str)] = &[
    ("Arrow keys", "Move the selection"),
    ("Arrow up in the focus field", "Focuses used before"),
    ("Home, End", "First and last photo"),
    ("PgUp, PgDn", "A page up or down"),
    ("Shift, Ctrl + click", "Select several"),
    ("Ctrl + wheel", "Size of the photos"),
    ("Z", "Large view: 100 % or fitted"),
    ("Space, +, \u{2212}", "Slide show: pause; longer, shorter"),
    ("Ctrl + V", "Paste a picture or a path"),
    ("Esc", "Back; clear the selection"),
];

const fn row(command: UiCommand, title: &'static str, shortcuts: &'static [KeyboardShortcut]) -> CommandInfo {
    CommandInfo {
        command,
        title,
        shortcuts,
    }
}

impl UiCommand {
    /// Its row of the table.
    pub(super) fn info(self) -> Option<&'static CommandInfo> {
        TABLE.iter().find(|info| info.command == self)
    }

    /// Whether its keys do something; `people`: whether these are recognised. Those of the pages of people ask about it first.
    fn has_keys(self, people: bool) -> bool {
        let asks = matches!(
            self,
            Self::People(PeopleCommand::ShowPersons | PeopleCommand::ShowQuestions)
        );
        asks || self.is_offered(people)
    }

    /// Whether it is among the commands; `people`: whether people are recognised.
    pub(super) fn is_offered(self, people: bool) -> bool {
        match self {
            Self::People(command) => command.is_offered(people),
            _ => true,
        }
    }

    /// Its title and, where it has one, its shortcut, for tooltips.
    pub(super) fn tooltip(self, ctx: &Context) -> String {
        let Some(info) = self.info() else {
            return String::new();
        };
        match info.shortcuts.first() {
            Some(shortcut) => format!("{} ({})", info.title, ctx.format_shortcut(shortcut)),
            None => info.title.to_owned(),
        }
    }
}

/// Keys that, with Ctrl, edit a text that is being typed.
const EDITING: [Key; 4] = [Key::A, Key::Backspace, Key::C, Key::Z];

/// The commands whose keys were pressed in this frame. Keys that write text are left to a text field that has the keyboard.
/// `in_gallery`: no other control has the keyboard, so that Enter means the selected photo. `people`: people are recognised.
pub(super) fn pressed(ctx: &Context, in_gallery: bool, people: bool) -> Vec<UiCommand> {
    let typing = ctx.text_edit_focused();
    ctx.input_mut(|input| {
        let mut rows: Vec<(&CommandInfo, &KeyboardShortcut)> = TABLE
            .iter()
            .flat_map(|info| info.shortcuts.iter().map(move |shortcut| (info, shortcut)))
            .filter(|(info, shortcut)| {
                let writes = shortcut.modifiers.is_none() || shortcut.modifiers == Modifiers::SHIFT;
                let edits = writes || EDITING.contains(&shortcut.logical_key);
                let keeps_enter = info.command == UiCommand::OpenPhoto && !in_gallery;
                let left_to_text = typing && edits && shortcut.logical_key != Key::F5;
                info.command.has_keys(people) && !(left_to_text || keeps_enter)
            })
            .collect();
        // `consume_shortcut` takes Shift+R for R: the longer combination goes first.
        rows.sort_by_key(|(_, shortcut)| std::cmp::Reverse(modifier_count(shortcut.modifiers)));
        rows.iter()
            .filter(|(_, shortcut)| input.consume_shortcut(shortcut))
            .map(|(info, _)| info.command)
            .collect()
    })
}

fn modifier_count(modifiers: Modifiers) -> u8 {
    u8::from(modifiers.alt) + u8::from(modifiers.shift) + u8::from(modifiers.command) + u8::from(modifiers.ctrl)
}

/// Commands whose titles hold the letters of `query` in this order, best first; all of them for an empty query. `people`: people are recognised.
pub(super) fn matching(query: &str, people: bool) -> Vec<&'static CommandInfo> {
    let mut found: Vec<(usize, &CommandInfo)> = TABLE
        .iter()
        .filter(|info| info.command != UiCommand::ShowPalette && info.command.is_offered(people))
        .filter_map(|info| Some((spread(info.title, query)?, info)))
        .collect();
    found.sort_by_key(|(spread, _)| *spread);
    found.into_iter().map(|(_, info)| info).collect()
}

/// Letters skipped while finding `query` in `title` in order; `None` where it is not in there.
fn spread(title: &str, query: &str) -> Option<usize> {
    let mut letters = title.chars().flat_map(char::to_lowercase);
    let mut skipped = 0;
    for wanted in query
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| !c.is_whitespace())
    {
        loop {
            let letter = letters.next()?;
            if letter == wanted {
                break;
            }
            skipped += usize::from(!letter.is_whitespace());
        }
    }
    Some(skipped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_commands_share_a_shortcut_and_none_is_listed_twice() {
        let mut keys = HashSet::new();
        let mut commands = HashSet::new();
        for info in TABLE {
            assert!(commands.insert(info.command), "{:?} is listed twice", info.command);
            for shortcut in info.shortcuts {
                assert!(keys.insert(*shortcut), "{shortcut:?} is taken twice");
            }
        }
    }

    #[test]
    fn what_is_new_can_be_reached_by_a_key() {
        for (command, _) in NEW {
            assert!(!command.info().unwrap().shortcuts.is_empty(), "{command:?}");
        }
    }

    #[test]
    fn the_palette_finds_a_command_by_some_of_its_letters() {
        assert_eq!(matching("neg ref", true)[0].command, UiCommand::UseAsNegativeReference);
        assert_eq!(matching("addf", true)[0].command, UiCommand::AddFolder);
        assert!(matching("xyzzy", true).is_empty());
        let (switch_on, palette) = (1, 1);
        assert_eq!(matching("", true).len(), TABLE.len() - switch_on - palette);
    }

    #[test]
    fn before_people_are_recognised_only_the_question_about_it_is_offered() {
        let about_people = |people| {
            let all = matching("", people).into_iter();
            all.filter(|info| matches!(info.command, UiCommand::People(_))).count()
        };
        assert_eq!(about_people(false), 1);
        assert!(about_people(true) > 5);
    }
}
