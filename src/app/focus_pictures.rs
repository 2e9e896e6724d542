//! What a focus is, in pictures: one photo, and three that are each like it in one respect. A worker renders them while the first screen
//! is already there.

use crossbeam_channel::{Receiver, bounded};
use eframe::egui::{Align2, ColorImage, Context, Id, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};
use refocus_scenes::{FocusExample, focus_example};
use refocus_workers::Worker;

use super::design_tokens::{Tokens, font, radius, space, text};
use super::icons::Icon;
use super::photo_cell::paint_picture;
use super::picture::{self, Picture};
use super::typeface::medium;

/// Side of a rendered picture, pixels: sharp on a screen of two pixels a point.
const PIXELS: u32 = 208;
/// Side of a picture on screen, points.
const SIDE: f32 = 104.0;
/// Room for the arrow behind the first picture.
const ARROW: f32 = 40.0;
/// Room for the words below the pictures.
const WORDS: f32 = 22.0;
/// Under the first picture.
const FIRST: &str = "one photo";

/// The pictures, or who renders them.
#[derive(Default)]
pub(super) enum FocusPictures {
    #[default]
    NotAsked,
    Coming(Receiver<FocusExample>),
    There([(&'static str, Picture); 4]),
    /// They could not be rendered: their places stay empty.
    Missing,
}

impl std::fmt::Debug for FocusPictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FocusPictures")
    }
}

/// Width and height of the row of pictures with its words, points.
pub(super) fn size() -> Vec2 {
    vec2(4.0 * SIDE + ARROW + 2.0 * space::MEDIUM, SIDE + WORDS)
}

impl FocusPictures {
    /// Draws the row, its left top corner where the next widget would stand.
    pub(super) fn ui(&mut self, ui: &mut Ui) {
        self.receive(ui.ctx());
        let (all, _) = ui.allocate_exact_size(size(), Sense::HOVER);
        let tokens = Tokens::of(ui);
        for place in 0..4_u8 {
            let beyond = if place == 0 { 0.0 } else { ARROW - space::MEDIUM };
            let left = all.left() + f32::from(place) * (SIDE + space::MEDIUM) + beyond;
            let rect = Rect::from_min_size(pos2(left, all.top()), Vec2::splat(SIDE));
            let Self::There(pictures) = self else {
                picture::fill(ui.painter(), rect, f32::from(radius::PHOTO), tokens.placeholder);
                continue;
            };
            let Some((words, shown)) = pictures.get(usize::from(place)) else {
                continue;
            };
            paint_picture(ui.painter(), rect, shown, 1.0);
            let (font, color) = if place == 0 {
                (font(text::SMALL), tokens.text_weak)
            } else {
                (medium(text::SMALL), tokens.accent)
            };
            let under = rect.center_bottom() + vec2(0.0, WORDS / 2.0 + 2.0);
            ui.painter().text(under, Align2::CENTER_CENTER, words, font, color);
            let name = if place == 0 {
                (*words).to_owned()
            } else {
                format!("like it under the focus \u{201c}{words}\u{201d}")
            };
            let response = ui.interact(rect, Id::unique(("focus picture", place)), Sense::HOVER);
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
        }
        let arrow = pos2(all.left() + SIDE + ARROW / 2.0, all.top() + SIDE / 2.0);
        Icon::Forward.paint(
            ui.painter(),
            Rect::from_center_size(arrow, Vec2::splat(20.0)),
            16.0,
            tokens.text_faint,
        );
    }

    fn receive(&mut self, ctx: &Context) {
        match self {
            Self::NotAsked => *self = Self::start(ctx),
            Self::Coming(coming) => match coming.try_recv() {
                Ok(example) => *self = Self::of(&example),
                Err(error) if error.is_disconnected() => *self = Self::Missing,
                Err(_) => {}
            },
            Self::There(_) | Self::Missing => {}
        }
    }

    fn start(ctx: &Context) -> Self {
        let (send, coming) = bounded(1);
        let (wake, wake_missing) = (ctx.clone(), ctx.clone());
        let work = move || {
            // Nobody waits where the window has gone on meanwhile.
            let _ = send.send(focus_example(PIXELS));
            wake.request_repaint();
        };
        let failed = move |panic| {
            tracing::warn!("the pictures of the first screen cannot be rendered: {panic}");
            wake_missing.request_repaint();
        };
        match Worker::start("focus-pictures", work, failed) {
            Ok(_) => Self::Coming(coming),
            Err(error) => {
                tracing::error!("cannot start a thread: {error}");
                Self::Missing
            }
        }
    }

    fn of(example: &FocusExample) -> Self {
        let shown = |picture: &image::RgbImage| {
            let size = [picture.width() as usize, picture.height() as usize];
            Picture::new(ColorImage::from_rgb(size, picture.as_raw()))
        };
        let [one, two, three] = &example.alike;
        let named = |(words, picture): &(&'static str, image::RgbImage)| (*words, shown(picture));
        Self::There([(FIRST, shown(&example.picture)), named(one), named(two), named(three)])
    }
}
