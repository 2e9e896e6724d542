//! A path in one line: what has no room is cut out before the file's name.

use std::path::Path;

use eframe::egui::{Color32, RichText, Ui};

use super::controls::one_line;
use super::design_tokens::font;

/// Size of the letters.
const SIZE: f32 = 13.0;

/// Draws a path; the whole of it is the tooltip.
pub(super) fn ui(ui: &mut Ui, path: &Path) {
    let room = ui.available_width();
    let fits = |text: &str| {
        let galley = ui
            .painter()
            .layout_no_wrap(text.to_owned(), font(SIZE), Color32::PLACEHOLDER);
        galley.size().x <= room
    };
    let line = cut(path, fits);
    one_line(ui, RichText::new(line).size(SIZE)).on_hover_text(path.display().to_string());
}

/// As much of a path as `fits`: its beginning, … and the file's name. The name stays whole even where it does not fit.
fn cut(path: &Path, fits: impl Fn(&str) -> bool) -> String {
    let whole = path.display().to_string();
    if fits(&whole) {
        return whole;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let above = path.parent().unwrap_or(path).display().to_string();
    // Past the ends of its letters: how much of what is above the name is kept.
    let ends: Vec<usize> = above.char_indices().map(|(at, _)| at).collect();
    let line = |end: usize| {
        let kept = above.get(..end).unwrap_or_default();
        format!("{kept}\u{2026}{}{name}", std::path::MAIN_SEPARATOR)
    };
    // More letters take more room.
    let fitting = ends.partition_point(|end| fits(&line(*end)));
    line(fitting.checked_sub(1).and_then(|at| ends.get(at)).copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_path_without_room_keeps_its_beginning_and_the_files_name() {
        let path: PathBuf = ["photos", "2019", "No\u{eb}l in Lisbon", "IMG_0001.jpg"]
            .iter()
            .collect();
        let shown =
            |room: usize| cut(&path, |text| text.chars().count() <= room).replace(std::path::MAIN_SEPARATOR, "/");
        assert_eq!(shown(60), "photos/2019/No\u{eb}l in Lisbon/IMG_0001.jpg");
        assert_eq!(shown(30), "photos/2019/No\u{eb}l\u{2026}/IMG_0001.jpg");
        assert_eq!(shown(14), "\u{2026}/IMG_0001.jpg");
        assert_eq!(shown(3), "\u{2026}/IMG_0001.jpg");
        assert_eq!(
            cut(Path::new("/"), |_| false),
            format!("\u{2026}{}", std::path::MAIN_SEPARATOR)
        );
    }
}
