//! Where to, under which name, and are you sure: the questions before something is done to files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{self, Align2, Context, Id, Key, RichText, TextEdit, Window, vec2};

use refocus_engine::{Command, FolderId};
use refocus_media::file_actions::is_file_name;

use super::action::Action;
use super::controls::{photos, primary_button};
use super::design_tokens::{Tokens, space, text};
use super::file_jobs::{CAN_RESTORE, ExportJob, FileJob};
use super::view::View;

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
    /// The same of what is cleaned up, with the question as it is asked: how many files, and how many bytes.
    CleanUp(Vec<Arc<Path>>, String),
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
    /// Why the last answer could not be used.
    refused: Option<String>,
    /// A new name is being given: whether it can be had is not known yet.
    waits: bool,
    folder: Option<PathBuf>,
}

impl FileQuestion {
    fn title(&self) -> String {
        match self {
            Self::Copy(files) => format!("Copy {} to a folder", photos(files.len())),
            Self::Move(files) => format!("Move {} to a folder", photos(files.len())),
            Self::Rename(_) => "Rename".to_owned(),
            Self::Export => "Export the order".to_owned(),
            Self::Trash(files) => format!("Move {} to the trash?", photos(files.len())),
            Self::CleanUp(_, title) => title.clone(),
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
            Self::Trash(_) | Self::CleanUp(..) if CAN_RESTORE => {
                "Raw files and sidecars go with them. Ctrl+Z brings them back, and so does the trash of this computer."
            }
            Self::Trash(_) | Self::CleanUp(..) => {
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
            Self::Trash(_) | Self::CleanUp(..) => "Move to trash",
            Self::BackUp => "Back up",
            Self::Relink(_) => "It is here",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Copy(_) | Self::Move(_) | Self::Relink(_) => Some("Folder"),
            Self::Rename(_) => Some("New name"),
            Self::Export | Self::BackUp => Some("File"),
            Self::Trash(_) | Self::CleanUp(..) => None,
        }
    }
}

impl FileQuestions {
    /// Whether a question is open: keys are its then.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn ask(&mut self, question: FileQuestion, text: String) {
        self.open = Some((question, text));
        self.fresh = true;
        self.refused = None;
        self.waits = false;
    }

    /// The photo has its new name: the question is answered.
    pub(super) fn renamed(&mut self) {
        if std::mem::take(&mut self.waits) {
            self.open = None;
        }
    }

    /// The photo cannot have its new name: the question is asked again, with what was typed and the reason. Returns whether it is
    /// still open.
    pub(super) fn refused(&mut self, reason: String) -> bool {
        let waited = std::mem::take(&mut self.waits);
        if waited {
            self.refused = Some(reason);
        }
        waited
    }

    /// What was to be done cannot be done now: the question can be answered once more.
    pub(super) fn not_done(&mut self) {
        self.waits = false;
    }

    /// Asks for the folder to copy or move photos to.
    pub(super) fn ask_for_folder(&mut self, files: Vec<Arc<Path>>, moving: bool) {
        let folder = self.folder.clone().unwrap_or_default();
        let question = if moving {
            FileQuestion::Move(files)
        } else {
            FileQuestion::Copy(files)
        };
        self.ask(question, folder.display().to_string());
    }

    /// Asks for a new name of a photo.
    pub(super) fn ask_for_name(&mut self, file: &Arc<Path>) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.ask(FileQuestion::Rename(Arc::clone(file)), name);
    }

    /// Asks for the file that the order is written to.
    pub(super) fn ask_for_export(&mut self) {
        let folder = self.folder.clone().or_else(documents).unwrap_or_default();
        let path = folder.join("refocus order.csv");
        self.ask(FileQuestion::Export, path.display().to_string());
    }

    /// Asks for the file that the library is copied to.
    pub(super) fn ask_for_backup(&mut self) {
        let today = jiff::Zoned::now().strftime("%Y-%m-%d").to_string();
        let path = documents().unwrap_or_default().join(format!("library {today}.refocus"));
        self.ask(FileQuestion::BackUp, path.display().to_string());
    }

    /// Asks where a folder of the library is now.
    pub(super) fn ask_for_new_place(&mut self, folder: FolderId, path: &Path) {
        self.ask(FileQuestion::Relink(folder), path.display().to_string());
    }

    /// Asks whether photos go to the trash.
    pub(super) fn ask_before_trash(&mut self, files: Vec<Arc<Path>>) {
        self.ask(FileQuestion::Trash(files), String::new());
    }

    /// Asks whether what is cleaned up goes to the trash; `title` is the question.
    pub(super) fn ask_before_clean_up(&mut self, files: Vec<Arc<Path>>, title: String) {
        self.ask(FileQuestion::CleanUp(files, title), String::new());
    }

    /// Takes the folder or file that was chosen in the native dialog.
    pub(super) fn chosen(&mut self, path: &Path) {
        if let Some((_, text)) = &mut self.open {
            *text = path.display().to_string();
        }
    }

    /// Draws the open question.
    pub(super) fn ui(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        let Some((question, mut text_now)) = self.open.take() else {
            return actions;
        };
        let (mut open, mut go, mut cancel) = (true, false, false);
        let fresh = std::mem::take(&mut self.fresh);
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
                            .align(egui::Align2::LEFT_CENTER)
                            .id(Id::unique("file question field"))
                            .margin(egui::Margin::symmetric(10, 7))
                            .desired_width(ui.available_width() - room - 20.0);
                        let mut output = field.show(ui);
                        (*output.response).clone().accessible_name(name);
                        if output.response.changed() {
                            self.refused = None;
                        }
                        if fresh {
                            select_stem(&mut output, &question, &text_now, ui);
                        }
                        let entered = output.response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                        if entered {
                            // Where the answer cannot be used, another one is typed.
                            output.response.request_focus();
                        }
                        go |= entered;
                        if native && ui.button("Choose\u{2026}").clicked() {
                            let new_file = match question {
                                FileQuestion::Export => Some("refocus order.csv"),
                                FileQuestion::BackUp => Some("library copy.refocus"),
                                _ => None,
                            };
                            actions.push(Action::ChooseFile(question.title(), new_file));
                        }
                    });
                }
                if let Some(refused) = &self.refused {
                    ui.label(RichText::new(refused).size(text::SMALL).color(tokens.warning));
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
        if go && !self.waits {
            match self.answer(&question, text_now.trim(), view) {
                Ok(action) => {
                    self.waits = action.is_some() && matches!(question, FileQuestion::Rename(_));
                    actions.extend(action);
                    if !self.waits {
                        return actions;
                    }
                }
                Err(line) => self.refused = Some(line),
            }
        }
        let escape = ctx.input(|input| input.key_pressed(Key::Escape));
        if open && !cancel && !escape {
            self.open = Some((question, text_now));
        } else {
            self.waits = false;
        }
        actions
    }

    /// What an answer asks for; a line for the person where it cannot be used.
    fn answer(&mut self, question: &FileQuestion, answer: &str, view: &View) -> Result<Option<Action>, String> {
        let path = PathBuf::from(answer);
        let usable = match question {
            FileQuestion::Copy(_)
            | FileQuestion::Move(_)
            | FileQuestion::Export
            | FileQuestion::BackUp
            | FileQuestion::Relink(_) => path.is_absolute(),
            FileQuestion::Rename(_) => is_file_name(answer),
            FileQuestion::Trash(_) | FileQuestion::CleanUp(..) => true,
        };
        if !usable {
            return Err(match question {
                FileQuestion::Rename(_) => format!("This cannot be a file's name: {answer}"),
                _ => format!("Not a full path: {answer}"),
            });
        }
        let job = match question {
            // It is called that already.
            FileQuestion::Rename(file) if file.file_name() == Some(answer.as_ref()) => return Ok(None),
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
            FileQuestion::Trash(files) | FileQuestion::CleanUp(files, _) => FileJob::Trash(files.clone()),
            FileQuestion::BackUp => {
                return Ok(Some(Action::Ask(Command::BackUp(path))));
            }
            FileQuestion::Relink(folder) => {
                let folder = *folder;
                return Ok(Some(Action::Ask(Command::Relink { folder, path })));
            }
            FileQuestion::Export => {
                let Some(results) = view.search.results.clone() else {
                    return Ok(None);
                };
                if path
                    .extension()
                    .is_some_and(|end| end.eq_ignore_ascii_case("safetensors"))
                {
                    return Ok(Some(Action::Ask(Command::SaveVectors(path))));
                }
                FileJob::Export(Box::new(ExportJob {
                    results,
                    rows: view.library.snapshot(),
                    people: std::sync::Arc::clone(&view.people),
                    model: view.model().unwrap_or_default().to_owned(),
                    focus: view.search.request.focus.trim().to_owned(),
                    find: view.search.request.find.trim().to_owned(),
                    path: path.clone(),
                }))
            }
        };
        self.folder = match question {
            FileQuestion::Copy(_) | FileQuestion::Move(_) => Some(path),
            FileQuestion::Export => path.parent().map(Path::to_path_buf),
            _ => self.folder.take(),
        };
        Ok(Some(Action::Do(Box::new(job))))
    }
}

/// The person's folder for documents.
fn documents() -> Option<PathBuf> {
    let folders = directories::UserDirs::new()?;
    Some(
        folders
            .document_dir()
            .unwrap_or_else(|| folders.home_dir())
            .to_path_buf(),
    )
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
