//! Where to, under which name, and are you sure: the questions before something is done to files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{self, Align2, Context, Event, Id, Key, RichText, TextEdit, Window, vec2};

use refocus_engine::{Command, FolderId};
use refocus_media::file_actions::{Moved, is_file_name};

use super::application::RefocusApp;
use super::controls::{photos, primary_button};
use super::design_tokens::{Tokens, space, text};
use super::file_jobs::{ExportJob, FileEvent, FileJob, FileOutcome};
use super::library_state::EngineState;

/// What a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FileQuestion {
    /// Into which folder they are copied.
    Copy(Vec<Arc<Path>>),
    /// Into which folder they are moved.
    Move(Vec<Arc<Path>>),
    /// What it is called from now on.
    Rename(Arc<Path>),
    /// Into which file the order is written.
    Export,
    /// Whether they go to the trash.
    Trash(Vec<Arc<Path>>),
    /// Into which file the library is copied.
    BackUp,
    /// Where a folder of the library is now.
    Relink(FolderId),
}

/// The open question, and what is remembered from one to the next.
#[derive(Debug, Default)]
pub(super) struct FileQuestions {
    open: Option<(FileQuestion, String)>,
    fresh: bool,
    folder: Option<PathBuf>,
    last_move: Vec<Vec<Moved>>,
}

impl FileQuestions {
    /// Whether a question is open: keys are its then.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }
}

impl FileQuestion {
    fn title(&self) -> String {
        match self {
            Self::Copy(files) => format!("Copy {} to a folder", photos(files.len())),
            Self::Move(files) => format!("Move {} to a folder", photos(files.len())),
            Self::Rename(_) => "Rename".to_owned(),
            Self::Export => "Export the order".to_owned(),
            Self::Trash(files) => format!("Move {} to the trash?", photos(files.len())),
            Self::BackUp => "Back up the library".to_owned(),
            Self::Relink(_) => "Where is this folder now?".to_owned(),
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Copy(_) => {
                "Raw files and sidecars go with them. Nothing is overwritten: a name that is taken gets a number."
            }
            Self::Move(_) => {
                "Raw files and sidecars go with them. Nothing is overwritten: a name that is taken gets a number. Ctrl+Z moves \
                 them back."
            }
            Self::Rename(_) => "Its raw file and sidecars are renamed with it. A name that is taken is refused.",
            Self::Export => {
                "A name that ends with .json gives JSON, .safetensors the vectors under the focus, any other a table (CSV)."
            }
            Self::Trash(_) => {
                "Raw files and sidecars go with them. They can be brought back from the trash of this computer."
            }
            Self::BackUp => {
                "All that is known of the photos, not the photos themselves, goes into a file that is not there yet."
            }
            Self::Relink(_) => "Its photos keep all that is known of them; nothing is encoded again.",
        }
    }

    fn action(&self) -> &'static str {
        match self {
            Self::Copy(_) => "Copy",
            Self::Move(_) => "Move",
            Self::Rename(_) => "Rename",
            Self::Export => "Export",
            Self::Trash(_) => "Move to trash",
            Self::BackUp => "Back up",
            Self::Relink(_) => "It is here",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Copy(_) | Self::Move(_) | Self::Relink(_) => Some("Folder"),
            Self::Rename(_) => Some("New name"),
            Self::Export | Self::BackUp => Some("File"),
            Self::Trash(_) => None,
        }
    }
}

impl RefocusApp {
    fn chosen_files(&mut self) -> Vec<Arc<Path>> {
        let rows = self.chosen_rows();
        let files: Vec<Arc<Path>> = rows
            .iter()
            .filter_map(|row| self.library.photo(*row))
            .map(|photo| Arc::clone(&photo.path))
            .collect();
        if files.is_empty() {
            self.notices.add("Select a photo first".into());
        }
        files
    }

    fn ask(&mut self, question: FileQuestion, text: String) {
        self.questions.open = Some((question, text));
        self.questions.fresh = true;
    }

    /// Asks for the folder to copy or move the chosen photos to.
    pub(super) fn ask_for_folder(&mut self, moving: bool) {
        let files = self.chosen_files();
        if files.is_empty() {
            return;
        }
        let folder = self.questions.folder.clone().unwrap_or_default();
        let question = if moving {
            FileQuestion::Move(files)
        } else {
            FileQuestion::Copy(files)
        };
        self.ask(question, folder.display().to_string());
    }

    /// Asks for a new name of the chosen photo.
    pub(super) fn ask_for_name(&mut self) {
        let files = self.chosen_files();
        match files.as_slice() {
            [] => {}
            [file] => {
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                self.ask(FileQuestion::Rename(Arc::clone(file)), name);
            }
            _ => self.notices.add("Only one photo can be renamed at a time".into()),
        }
    }

    /// Asks for the file that the order is written to.
    pub(super) fn ask_for_export(&mut self) {
        if self.search.results.is_none() {
            return;
        }
        let home = directories::UserDirs::new();
        let folder = self.questions.folder.clone().or_else(|| {
            let dirs = home.as_ref()?;
            Some(dirs.document_dir().unwrap_or_else(|| dirs.home_dir()).to_path_buf())
        });
        let path = folder.unwrap_or_default().join("refocus order.csv");
        self.ask(FileQuestion::Export, path.display().to_string());
    }

    /// Asks for the file that the library is copied to.
    pub(super) fn ask_for_backup(&mut self) {
        let home = directories::UserDirs::new();
        let folder = home.map(|dirs| dirs.document_dir().unwrap_or_else(|| dirs.home_dir()).to_path_buf());
        let today = jiff::Zoned::now().strftime("%Y-%m-%d").to_string();
        let path = folder.unwrap_or_default().join(format!("library {today}.refocus"));
        self.ask(FileQuestion::BackUp, path.display().to_string());
    }

    /// Asks where a folder of the library is now.
    pub(super) fn ask_for_new_place(&mut self, folder: FolderId, path: &Path) {
        self.ask(FileQuestion::Relink(folder), path.display().to_string());
    }

    /// Asks whether the chosen photos go to the trash.
    pub(super) fn ask_before_trash(&mut self) {
        let files = self.chosen_files();
        if !files.is_empty() {
            self.ask(FileQuestion::Trash(files), String::new());
        }
    }

    /// Moves the photos of the last move back.
    pub(super) fn undo_move(&mut self) {
        let moved = std::mem::take(&mut self.questions.last_move);
        if moved.is_empty() {
            self.notices.add("There is no move to take back".into());
        } else {
            self.do_with_files(FileJob::UndoMove(moved));
        }
    }

    /// The chosen photos to the clipboard.
    pub(super) fn copy_pictures(&mut self) {
        let files = self.chosen_files();
        if !files.is_empty() {
            self.do_with_files(FileJob::CopyPictures(files));
        }
    }

    /// Ctrl+C arrives as an event of its own.
    pub(super) fn take_copy_event(&mut self, events: &[Event]) {
        if events.iter().any(|event| matches!(event, Event::Copy)) && !self.questions.is_open() {
            self.copy_pictures();
        }
    }

    fn do_with_files(&mut self, job: FileJob) {
        if !self.files.submit(job) {
            self.notices
                .add("Too much is being done to files already; try again in a moment".into());
        }
    }

    /// Takes what the thread for files and the native dialogs have to say.
    pub(super) fn take_file_events(&mut self) {
        while let Some(event) = self.files.take() {
            match event {
                FileEvent::Done(outcome) => self.files_done(outcome),
                FileEvent::Chosen(path) => {
                    if let Some((_, text)) = &mut self.questions.open {
                        *text = path.display().to_string();
                    }
                }
                FileEvent::NoDialog => self
                    .notices
                    .add("This desktop offers no file dialog: type the path".into()),
            }
        }
    }

    fn files_done(&mut self, outcome: FileOutcome) {
        self.notices.add(outcome.line);
        if !outcome.moved.is_empty() {
            self.questions.last_move = outcome.moved;
        }
        let changed: Vec<_> = self
            .library
            .folders
            .iter()
            .filter(|folder| outcome.changed.iter().any(|path| path.starts_with(&folder.path)))
            .map(|folder| folder.id)
            .collect();
        for folder in changed {
            self.outbox.send(Command::Rescan(Some(folder)));
        }
    }

    /// Draws the open question.
    pub(super) fn file_question_window(&mut self, ctx: &Context) {
        let Some((question, mut text_now)) = self.questions.open.take() else {
            return;
        };
        let (mut open, mut go, mut cancel) = (true, false, false);
        let fresh = std::mem::take(&mut self.questions.fresh);
        Window::new(question.title())
            .id(Id::unique("file question"))
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, vec2(0.0, -40.0))
            .show(ctx, |ui| {
                ui.set_width(480.0);
                let tokens = Tokens::of(ui);
                ui.label(RichText::new(question.hint()).size(text::SMALL).color(tokens.text_weak));
                ui.add_space(space::TINY);
                if let Some(name) = question.field() {
                    let native = !matches!(question, FileQuestion::Rename(_));
                    ui.horizontal(|ui| {
                        let room = if native { 110.0 } else { 0.0 };
                        let field = TextEdit::singleline(&mut text_now)
                            .id(Id::unique("file question field"))
                            .margin(egui::Margin::symmetric(10, 7))
                            .desired_width(ui.available_width() - room - 20.0);
                        let mut output = field.show(ui);
                        (*output.response).clone().accessible_name(name);
                        if fresh {
                            select_stem(&mut output, &question, &text_now, ui);
                        }
                        go |= output.response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                        if native && ui.button("Choose\u{2026}").clicked() {
                            let new_file = match question {
                                FileQuestion::Export => Some("refocus order.csv"),
                                FileQuestion::BackUp => Some("library copy.refocus"),
                                _ => None,
                            };
                            self.files.choose(&question.title(), new_file);
                        }
                    });
                }
                ui.add_space(space::SMALL);
                // A layout from the right takes all the height that there is, unless it is told how much.
                let row = vec2(ui.available_width(), 36.0);
                ui.allocate_ui_with_layout(row, egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let button = primary_button(ui, question.action());
                    if fresh && question.field().is_none() {
                        button.request_focus();
                    }
                    go |= button.clicked();
                    cancel = ui.button("Cancel").clicked();
                });
            });
        let escape = ctx.input(|input| input.key_pressed(Key::Escape));
        if go && self.answer_question(&question, text_now.trim()) {
            return;
        }
        if open && !cancel && !escape {
            self.questions.open = Some((question, text_now));
        }
    }

    /// Does what was asked for; returns whether the answer could be used.
    fn answer_question(&mut self, question: &FileQuestion, answer: &str) -> bool {
        let path = PathBuf::from(answer);
        let usable = match question {
            FileQuestion::Copy(_)
            | FileQuestion::Move(_)
            | FileQuestion::Export
            | FileQuestion::BackUp
            | FileQuestion::Relink(_) => path.is_absolute(),
            FileQuestion::Rename(_) => is_file_name(answer),
            FileQuestion::Trash(_) => true,
        };
        if !usable {
            self.notices.add(match question {
                FileQuestion::Rename(_) => format!("This cannot be a file's name: {answer}"),
                _ => format!("Not a full path: {answer}"),
            });
            return false;
        }
        let job = match question {
            FileQuestion::Copy(files) => FileJob::Copy {
                files: files.clone(),
                folder: path.clone(),
            },
            FileQuestion::Move(files) => FileJob::Move {
                files: files.clone(),
                folder: path.clone(),
            },
            FileQuestion::Rename(file) => FileJob::Rename {
                file: Arc::clone(file),
                name: answer.to_owned(),
            },
            FileQuestion::Trash(files) => FileJob::Trash(files.clone()),
            FileQuestion::BackUp => {
                self.outbox.send(Command::BackUp(path));
                return true;
            }
            FileQuestion::Relink(folder) => {
                self.outbox.send(Command::Relink { folder: *folder, path });
                return true;
            }
            FileQuestion::Export => {
                let Some(results) = self.search.results.clone() else {
                    return true;
                };
                if path
                    .extension()
                    .is_some_and(|end| end.eq_ignore_ascii_case("safetensors"))
                {
                    self.outbox.send(Command::SaveVectors(path));
                    return true;
                }
                let model = match &self.library.engine {
                    EngineState::Ready(device) => device.model.clone(),
                    _ => String::new(),
                };
                FileJob::Export(Box::new(ExportJob {
                    results,
                    rows: self.library.rows.clone(),
                    model,
                    focus: self.search.request.focus.trim().to_owned(),
                    find: self.search.request.find.trim().to_owned(),
                    path: path.clone(),
                }))
            }
        };
        self.questions.folder = match question {
            FileQuestion::Copy(_) | FileQuestion::Move(_) => Some(path),
            FileQuestion::Export => path.parent().map(Path::to_path_buf),
            _ => self.questions.folder.take(),
        };
        self.do_with_files(job);
        true
    }
}

/// Gives the field the keyboard and selects what is likely to be typed anew: of a name all but its ending.
fn select_stem(output: &mut egui::text_edit::TextEditOutput, question: &FileQuestion, text_now: &str, ui: &egui::Ui) {
    let all = text_now.chars().count();
    let end = match question {
        FileQuestion::Rename(_) => text_now
            .rfind('.')
            .filter(|at| *at > 0)
            .and_then(|at| text_now.get(..at))
            .map_or(all, |stem| stem.chars().count()),
        _ => all,
    };
    let range = egui::text::CCursorRange::two(egui::text::CCursor::new(0), egui::text::CCursor::new(end));
    output.state.cursor.set_char_range(Some(range));
    output.state.clone().store(ui.ctx(), output.response.id);
    output.response.request_focus();
}
