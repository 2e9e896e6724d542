//! Progress bars on standard error.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error, with the time left; invisible where that is no terminal.
#[must_use]
pub fn progress_bar(unit: &str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template(&format!("{{bar:32}} {{pos}} of {{len}} {unit} · {{eta}} left"));
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
