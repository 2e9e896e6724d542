//! The native window around the program.

use eframe::egui::ViewportBuilder;
use eframe::{NativeOptions, Renderer};

use refocus_engine::{EngineLink, LibraryPaths};

use super::application::{AppOptions, RefocusApp};
use super::settings::Settings;

/// The window's icon where the desktop takes it from the window.
const ICON: &[u8] = include_bytes!("../../packaging/assets/icons/256.png");

/// Least size of the window in points.
const LEAST_SIZE: [f32; 2] = [900.0, 600.0];

/// Why no window could be opened.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// No X11 or Wayland desktop, or no permission to use it.
    #[error(
        "no window can be opened: there is no desktop to open it on ({0}). Start Refocus on a desktop, or use \
         `refocus index` and `refocus search` on the command line"
    )]
    NoWindowSystem(String),
    /// Nothing can draw.
    #[error(
        "no window can be opened: no graphics adapter was found ({0}). Install a Vulkan or OpenGL driver \
         (on Debian and Ubuntu: mesa-vulkan-drivers)"
    )]
    NoAdapter(String),
    /// Something else.
    #[error("no window can be opened: {0}")]
    Other(String),
}

impl From<eframe::Error> for WindowError {
    fn from(error: eframe::Error) -> Self {
        match error {
            eframe::Error::Winit(error) => Self::NoWindowSystem(without_source_place(&error.to_string())),
            eframe::Error::WinitEventLoop(error) => Self::NoWindowSystem(without_source_place(&error.to_string())),
            eframe::Error::Wgpu(error) => Self::NoAdapter(error.to_string()),
            eframe::Error::AppCreation(error) => Self::Other(error.to_string()),
        }
    }
}

/// A message of winit without "os error at FILE:LINE: ": the file is one of the machine that built the program.
fn without_source_place(message: &str) -> String {
    const BEFORE: &str = "os error at ";
    const END_OF_FILE: &str = ".rs:";
    let mut kept = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, after)) = rest.split_once(BEFORE) {
        kept.push_str(before);
        let line = after.split_once(END_OF_FILE).map(|(_, line)| line);
        let reason = line.map(|line| line.trim_start_matches(|c: char| c.is_ascii_digit()));
        rest = reason.map_or(after, |reason| reason.strip_prefix(": ").unwrap_or(reason));
    }
    kept.push_str(rest);
    kept
}

/// Opens the window and returns when it is closed. `on_ready` gets the function that wakes the window.
///
/// # Errors
/// Where there is no desktop or nothing that can draw.
pub fn run(
    link: EngineLink,
    paths: LibraryPaths,
    options: AppOptions,
    on_ready: impl FnOnce(Box<dyn Fn() + Send + Sync>) + 'static,
) -> Result<(), WindowError> {
    let native = NativeOptions {
        viewport: viewport(&options.remembered).with_icon(eframe::icon_data::from_png_bytes(ICON).unwrap_or_default()),
        renderer: Renderer::Wgpu,
        // Photos hide the bands that dithering smooths, and a software renderer pays for it at every pixel.
        dithering: false,
        ..NativeOptions::default()
    };
    eframe::run_native(
        "Refocus",
        native,
        Box::new(move |creation| {
            on_ready(Box::new(super::application::wake_function(&creation.egui_ctx)));
            Ok(Box::new(RefocusApp::new(creation, link, paths, options)))
        }),
    )?;
    Ok(())
}

/// The window as it was left.
fn viewport(remembered: &Settings) -> ViewportBuilder {
    let mut viewport = ViewportBuilder::default()
        .with_title("Refocus")
        .with_app_id(crate::about::ID)
        .with_inner_size([1280.0, 820.0])
        .with_min_inner_size(LEAST_SIZE);
    if let Some(place) = remembered.window {
        let [width, height] = place.size;
        viewport = viewport
            .with_inner_size([width.max(LEAST_SIZE[0]), height.max(LEAST_SIZE[1])])
            .with_maximized(place.maximized);
        // A place beyond any desktop would hide the window.
        if let Some([left, top]) = place
            .position
            .filter(|at| at.iter().all(|x| (-50.0..6000.0).contains(x)))
        {
            viewport = viewport.with_position([left, top]);
        }
    }
    viewport
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_window_system_names_no_source_file() {
        for file in ["/home/a b/.cargo/registry/src/x/winit/mod.rs", "C:\\x\\mod.rs"] {
            let message = format!("os error at {file}:765: neither WAYLAND_DISPLAY nor DISPLAY is set.");
            let line = without_source_place(&message);
            assert_eq!(line, "neither WAYLAND_DISPLAY nor DISPLAY is set.");
            let twice = without_source_place(&format!("first: {message} then: {message}"));
            assert!(!twice.contains(".rs") && twice.starts_with("first: neither"), "{twice}");
        }
        assert_eq!(without_source_place("nothing to strip"), "nothing to strip");
    }

    #[test]
    fn the_window_icon_is_a_rounded_tile_with_a_bright_middle() {
        let icon = eframe::icon_data::from_png_bytes(ICON).unwrap();
        assert_eq!((icon.width, icon.height), (256, 256));
        let pixel = |x: usize, y: usize| &icon.rgba[(y * 256 + x) * 4..][..4];
        assert_eq!(pixel(0, 0)[3], 0, "the corner is clear");
        assert_eq!(pixel(128, 14)[3], 255, "the tile reaches almost to the edge");
        assert!(pixel(128, 128)[..3].iter().all(|&channel| channel > 250));
    }
}
