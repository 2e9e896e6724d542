//! The window: draws what the engine told and sends it what the person asks for.
//!
//! Events enter in `RefocusApp::logic`, commands leave through the outbox; both channels are bounded and the window waits for
//! neither. Pixels enter through a [`PixelSource`] that is called on worker threads. Nothing here touches a file, a model or a
//! database on the window's thread.
//!
//! | file | holds |
//! |---|---|
//! | `application.rs`, `messages.rs` | the window's state, the order in which the parts are drawn; events in, commands out |
//! | `native_window.rs` | the native window around it |
//! | `commands.rs`, `actions.rs` | the one table of commands; what each of them does |
//! | `design_tokens.rs`, `icons.rs`, `controls.rs` | looks: colours, spacing, type; icons; the shared controls |
//! | `library_state.rs`, `search_state.rs`, `selection.rs` | what was told; what is asked; what is selected |
//! | `search_history.rs`, `saved_searches.rs`, `settings.rs` | the way back to earlier searches; searches under a name; what the next window finds |
//! | `outbox.rs`, `intake.rs`, `notices.rs` | commands on their way; things dropped, pasted, chosen; short messages |
//! | `first_start.rs` | the first screen |
//! | `filter_panel.rs`, `day_text.rs` | which photos take part; days as people type them |
//! | `top_bar.rs`, `left_panel.rs`, `why_panel.rs`, `status_bar.rs`, `problems_window.rs`, `crash_window.rs`, `models_window.rs` | one panel each |
//! | `gallery.rs`, `gallery_cells.rs`, `gallery_bar.rs`, `gallery_content.rs`, `gallery_layout.rs`, `photo_cell.rs` | the photos in the middle |
//! | `file_dialogs.rs`, `file_jobs.rs` | the questions before something is done to files, and the thread that does it |
//! | `settings_window.rs` | what a person can set |
//! | `about_window.rs` | version, licences, what the program is made from |
//! | `compare_view.rs` | focuses side by side |
//! | `heat_overlay.rs` | where in a photo the focus looked |
//! | `thumbnail_service.rs`, `thumbnail_textures.rs`, `pixel_source.rs` | thumbnails: threads, GPU memory, where they come from |
//! | `picture.rs`, `picture.wgsl` | pictures on screen, drawn by a shader of our own |
//! | `measured_window.rs`, `gallery_bench.rs`, `typing_bench.rs` | the window, measured |
//! | `milestones.rs` | log lines by which a start is measured |
//! | `screenshots.rs` | pictures of the window for the README |
//! | `lightbox.rs`, `palette.rs`, `drop_and_paste.rs` | one photo large; all commands and shortcuts; drops and typed paths |

mod about_window;
mod actions;
mod application;
mod commands;
mod compare_view;
mod controls;
mod crash_window;
mod day_text;
mod design_tokens;
mod drop_and_paste;
mod file_dialogs;
mod file_jobs;
mod filter_panel;
mod first_start;
mod gallery;
mod gallery_bar;
mod gallery_bench;
mod gallery_cells;
mod gallery_content;
mod gallery_layout;
mod heat_overlay;
mod icons;
mod intake;
mod left_panel;
mod library_state;
mod lightbox;
mod measured_window;
mod messages;
mod milestones;
mod models_window;
mod native_window;
mod notices;
mod outbox;
mod palette;
mod photo_cell;
mod picture;
mod pixel_source;
mod problems_window;
mod saved_searches;
mod screenshots;
mod search_history;
mod search_state;
mod selection;
mod settings;
mod settings_window;
mod status_bar;
mod thumbnail_service;
mod thumbnail_textures;
mod top_bar;
mod typing_bench;
mod why_panel;

pub use application::{AppOptions, RefocusApp, ThemeChoice, wake_function};
pub use crash_window::CrashReport;
pub use gallery_bench::{GalleryMeasurement, MadeUpLibrary, measure_gallery, plain_colours};
pub use milestones::{FIRST_FRAME, LIBRARY_SHOWN, PHOTOS_IN_ORDER};
pub use native_window::{WindowError, run};
pub use screenshots::take_screenshots;
pub use settings::{Settings, SettingsFile};
pub use thumbnail_service::{PixelSource, ThumbnailRequest};
pub use thumbnail_textures::TextureUse;
pub use typing_bench::{TypingMeasurement, measure_typing};
