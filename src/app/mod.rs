//! The window: draws what the engine told and sends it what the person asks for.
//!
//! ```text
//! engine's events ──▶ messages.rs ──▶ View ──▶ panels ──▶ Action ──▶ act.rs ──▶ View, commands for the engine
//! ```
//!
//! A panel is a struct that owns what is only about itself. Its `ui` reads the [`View`](view::View), draws, and returns what
//! the person wants as [`Action`](action::Action)s; it touches nothing else, so reading its file is enough to change it.
//! `act.rs` is the one place that turns actions into state and commands. Events enter in `RefocusApp::logic`, commands leave
//! through the outbox; both channels are bounded and the window waits for neither. Pixels enter through a [`PixelSource`]
//! that is called on worker threads. Nothing here touches a file, a model or a database on the window's thread, and no frame
//! does work that grows with the library: what does is done once for each change, and counted
//! ([`RefocusApp::passes_over_library`]).
//!
//! | file | holds |
//! |---|---|
//! | `application.rs`, `panels.rs` | the window: its parts, and the order in which they are drawn |
//! | `view.rs`, `view/` | what the panels read |
//! | `action.rs`, `act.rs` | what a person wants; what comes of it |
//! | `messages.rs`, `engine_end.rs`, `outbox.rs` | what others tell the window; what the engine is asked |
//! | `native_window.rs` | the native window around it |
//! | `commands.rs` | the one table of commands |
//! | `design_tokens.rs`, `typeface.rs`, `icons.rs`, `controls.rs` | looks: colours, spacing, type sizes; the typeface; icons; the shared controls |
//! | `library_state.rs`, `search_state.rs`, `selection.rs`, `outside_pictures.rs` | what was told; what is asked; what is selected; pictures from outside |
//! | `search_history.rs`, `saved_searches.rs`, `settings.rs`, `remembering.rs` | the way back to earlier searches; searches under a name; what the next window finds |
//! | `key_order.rs` | keys in the order in which they were pressed |
//! | `intake.rs`, `notices.rs` | things dropped, pasted, chosen; short messages |
//! | `first_start.rs`, `focus_pictures.rs` | the first screen; what a focus is, in pictures |
//! | `left_panel.rs`, `filter_panel.rs`, `day_text.rs` | references, folders, which photos take part; days as people type them |
//! | `top_bar.rs`, `why_panel.rs`, `status_bar.rs`, `problems_window.rs`, `crash_window.rs`, `models_window.rs` | one panel each |
//! | `languages_section.rs` | language packs in the settings |
//! | `keyword_links.rs`, `found_text.rs`, `taken_line.rs` | keywords level by level; the part of a text that shows the words it was found by; when a photo was taken, and who says so |
//! | `path_line.rs` | a path in one line, with the file's name whole |
//! | `gallery.rs`, `gallery_cells.rs`, `gallery_bar.rs`, `gallery_content.rs`, `gallery_layout.rs`, `photo_cell.rs` | the photos in the middle |
//! | `gallery_order.rs` | in which order they stand, and how well they must match |
//! | `gallery_time.rs`, `time_headings.rs`, `time_axis.rs`, `scrubber.rs` | the order of time: month by month, heads, and the strip beside the photos |
//! | `panel_row.rs` | a row of the left panel |
//! | `folder_list.rs`, `folder_tree.rs` | the library's folders in the left panel, and how many photos lie where |
//! | `albums/`, `smart_albums.rs` | albums that a person made; those that are there from the start |
//! | `elsewhere.rs` | photos and folders in other programs |
//! | `file_dialogs.rs`, `rename_dialog.rs`, `copies_dialog.rs`, `file_jobs.rs` | the questions before something is done to files, and the thread that does it |
//! | `settings_window.rs`, `left_out_table.rs` | what a person can set; what systems and programs keep, and a switch for each row |
//! | `about_window.rs` | version, licences, what the program is made from |
//! | `compare_view.rs` | focuses side by side |
//! | `heat_overlay.rs` | where in a photo the focus looked |
//! | `clean_up/` | photos of which one may be enough |
//! | `text/` | text in photos: words to select and copy, which photos are read |
//! | `pass_line.rs` | what a pass over the photos does |
//! | `people/` | who is in the photos: the page of persons, questions, names on faces |
//! | `thumbnail_service.rs`, `thumbnail_textures.rs`, `face_pictures.rs`, `pixel_source.rs` | thumbnails and faces: threads, GPU memory, where they come from |
//! | `photo_compare.rs`, `linked_zoom.rs`, `full_pictures.rs` | photos side by side at one zoom |
//! | `picture.rs`, `picture.wgsl` | pictures on screen, drawn by a shader of our own |
//! | `driving.rs` | how tests and measurements drive the window |
//! | `milestones.rs` | log lines by which a start is measured |
//! | `lightbox.rs`, `palette.rs`, `drop_and_paste.rs` | one photo large; all commands and shortcuts; drops and typed paths |

mod about_window;
mod act;
mod action;
mod albums;
mod application;
mod clean_up;
mod commands;
mod compare_view;
mod controls;
mod copies_dialog;
mod crash_window;
mod day_text;
mod design_tokens;
mod driving;
mod drop_and_paste;
mod elsewhere;
mod engine_end;
mod face_pictures;
mod file_dialogs;
mod file_jobs;
mod filter_panel;
mod first_start;
mod focus_pictures;
mod folder_list;
mod folder_tree;
mod found_text;
mod full_pictures;
mod gallery;
mod gallery_bar;
mod gallery_cells;
mod gallery_content;
mod gallery_layout;
mod gallery_order;
mod gallery_time;
mod heat_overlay;
mod icons;
mod intake;
mod key_order;
mod keyword_links;
mod languages_section;
mod left_out_table;
mod left_panel;
mod library_state;
mod library_sums;
mod lightbox;
mod linked_zoom;
mod messages;
mod milestones;
mod models_window;
mod native_window;
mod notices;
mod outbox;
mod outside_pictures;
mod palette;
mod panel_row;
mod panels;
mod pass_line;
mod path_line;
mod people;
mod photo_cell;
mod photo_compare;
mod picture;
mod pixel_source;
mod problems_window;
mod remembering;
mod rename_dialog;
mod rotating;
mod saved_searches;
mod scrubber;
mod search_history;
mod search_state;
mod selection;
mod settings;
mod settings_window;
mod sheet_dialog;
mod smart_albums;
mod sort_dialog;
mod status_bar;
mod taken_line;
#[cfg(test)]
mod test_rows;
mod text;
mod thumbnail_service;
mod thumbnail_textures;
mod time_axis;
mod time_headings;
mod top_bar;
mod typeface;
mod view;
mod why_panel;

pub use application::{AppOptions, RefocusApp, ThemeChoice, wake_function};
pub use crash_window::CrashReport;
pub use driving::Pose;
pub use milestones::{FIRST_FRAME, LIBRARY_SHOWN, PHOTOS_IN_ORDER};
pub use native_window::{WindowError, run};
pub use settings::{Settings, SettingsFile};
pub use thumbnail_service::{FaceRequest, PixelSource, ThumbnailRequest};
pub use thumbnail_textures::TextureUse;
pub(crate) use typeface::for_print;
