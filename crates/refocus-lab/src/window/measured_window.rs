//! What the measurements of the window share: a window whose frames wait for no screen.

use eframe::egui::{Vec2, ViewportBuilder};
use eframe::egui_wgpu::WgpuConfiguration;
use eframe::wgpu::PresentMode;
use eframe::{NativeOptions, Renderer};

/// Points of the window that is measured.
pub(crate) const WINDOW: Vec2 = Vec2::new(1280.0, 800.0);

/// A window in which a frame counts as long as it takes, not as long as a screen would have it wait.
pub(crate) fn native_options() -> NativeOptions {
    let mut wgpu_options = WgpuConfiguration::default();
    wgpu_options.surface.present_mode = PresentMode::AutoNoVsync;
    NativeOptions {
        viewport: ViewportBuilder::default().with_title("Refocus").with_inner_size(WINDOW),
        renderer: Renderer::Wgpu,
        // Photos hide the bands that dithering smooths, and a software renderer pays for it at every pixel.
        dithering: false,
        wgpu_options,
        ..NativeOptions::default()
    }
}
