//! A slide show: one photo after the other in the order on screen, each over the one before.

use eframe::egui::{
    Align2, Color32, Context, Id, Key, Modifiers, Pos2, Rect, Role, Sense, TextureHandle, Ui, Vec2, ViewportCommand,
    WidgetInfo, pos2, vec2,
};

use super::large::photo_rect;
use crate::app::controls::icon_button_at;
use crate::app::design_tokens::font;
use crate::app::icons::Icon;

/// Seconds that a photo is shown, from and to.
pub(in crate::app) const SECONDS: std::ops::RangeInclusive<f32> = 1.0..=60.0;
/// At first.
pub(in crate::app) const USUAL_SECONDS: f32 = 4.0;
/// Seconds that one photo takes to come over the other.
const FADE: f64 = 0.28;
/// Controls are shown so many seconds after the pointer or a key moved.
const CONTROLS_FOR: f64 = 2.5;
/// A photo that takes longer than so many times its turn to be decoded is passed by.
const PATIENCE: f64 = 3.0;

/// The show.
pub(super) struct SlideShow {
    ctx: Context,
    /// When the photo on screen came.
    since: f64,
    paused: bool,
    /// When the controls were asked for last.
    touched: f64,
    /// The photo on screen, and the one that fades.
    now: Option<u32>,
    before: Option<(TextureHandle, Vec2)>,
    /// The photo on screen as it was drawn last.
    drawn: Option<(TextureHandle, Vec2)>,
    /// The last photo was shown to its end.
    over: bool,
}

impl SlideShow {
    /// Begins, over the whole screen.
    pub(super) fn start(ctx: &Context) -> Self {
        ctx.send_viewport_cmd(ViewportCommand::Fullscreen(true));
        let now = ctx.input(|input| input.time);
        Self {
            ctx: ctx.clone(),
            since: now,
            paused: false,
            touched: now,
            now: None,
            before: None,
            drawn: None,
            over: false,
        }
    }

    /// Ends; the window is as large as it was.
    pub(super) fn end(self) {
        self.ctx.send_viewport_cmd(ViewportCommand::Fullscreen(false));
    }

    /// Whether controls and lines are shown now.
    pub(super) fn shows_controls(&self) -> bool {
        let now = self.ctx.input(|input| input.time);
        self.paused || self.over || now - self.touched < CONTROLS_FOR
    }

    /// Takes the keys that are the show's. `seconds`: how long a photo is shown; returns another time where one is asked for.
    pub(super) fn keys(&mut self, seconds: f32) -> Option<f32> {
        let ctx = self.ctx.clone();
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if pressed(Key::Space) {
            self.toggle();
        }
        let slower = pressed(Key::Plus) || pressed(Key::Equals);
        let faster = pressed(Key::Minus);
        let asked = (slower != faster).then(|| stepped(seconds, slower));
        let (moved, now) = self.ctx.input(|input| {
            let moved = input.pointer.delta() != Vec2::ZERO || !input.keys_down.is_empty();
            (moved, input.time)
        });
        if moved {
            self.touched = now;
        }
        asked
    }

    fn toggle(&mut self) {
        self.paused = !self.paused && !self.over;
        self.over = false;
        self.since = self.ctx.input(|input| input.time);
    }

    /// Looks whether the next photo's turn has come. `decoded`: the photo on screen is there in full, or cannot be; `after`: there is a
    /// next one.
    pub(super) fn turn(&mut self, row: u32, seconds: f32, decoded: bool, after: bool) -> bool {
        let now = self.ctx.input(|input| input.time);
        if self.now != Some(row) {
            self.before = self.drawn.take();
            (self.now, self.since, self.over) = (Some(row), now, false);
        }
        let shown = now - self.since;
        if shown < FADE {
            self.ctx.request_repaint();
        }
        if self.paused || self.over {
            return false;
        }
        let turn = f64::from(seconds);
        let due = shown >= turn && (decoded || shown >= turn * PATIENCE);
        if due && !after {
            self.over = true;
        }
        let wait = if self.shows_controls() {
            0.25
        } else {
            (turn - shown).clamp(0.02, 1.0)
        };
        self.ctx.request_repaint_after(std::time::Duration::from_secs_f64(wait));
        due && after
    }

    /// Draws the photo before this one, and says how strongly this one is drawn over it, 0 to 1.
    pub(super) fn fade(&mut self, ui: &Ui, room: Rect, texture: &TextureHandle, size: Vec2) -> f32 {
        let shown = self.ctx.input(|input| input.time) - self.since;
        let strength = (shown / FADE).clamp(0.0, 1.0) as f32;
        self.drawn = Some((texture.clone(), size));
        if strength >= 1.0 {
            self.before = None;
        } else if let Some((before, size)) = &self.before {
            let fit = (room.width() / size.x).min(room.height() / size.y).min(4.0);
            let rect = photo_rect(room, *size, fit, pos2(0.5, 0.5));
            let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
            ui.painter()
                .image(before.id(), rect, whole, Color32::WHITE.gamma_multiply(1.0 - strength));
        }
        strength
    }

    /// Draws its controls.
    pub(super) fn controls(&mut self, ui: &Ui, room: Rect, seconds: f32) {
        let at = Rect::from_center_size(room.center_top() + vec2(-70.0, 32.0), Vec2::splat(40.0));
        let (icon, name) = if self.paused || self.over {
            (Icon::Play, "Go on with the slide show (Space)")
        } else {
            (Icon::Pause, "Pause the slide show (Space)")
        };
        if icon_button_at(ui, at, Id::unique("pause slide show"), icon, name).clicked() {
            self.toggle();
        }
        let words = match (self.over, self.paused) {
            (true, _) => "the last photo".to_owned(),
            (false, true) => "paused".to_owned(),
            (false, false) => format!("{seconds:.0} s a photo (+ and \u{2212})"),
        };
        let galley = ui
            .painter()
            .layout_no_wrap(words.clone(), font(13.0), Color32::from_gray(230));
        let left = at.right_center() + vec2(10.0, 0.0);
        let text = Align2::LEFT_CENTER.anchor_size(left, galley.size());
        let response = ui.interact(text, Id::unique("slide show line"), Sense::HOVER);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Slide show, {words}")));
        ui.painter()
            .rect_filled(text.expand2(vec2(10.0, 6.0)), 12, Color32::from_black_alpha(170));
        ui.painter().galley(text.min, galley, Color32::WHITE);
    }
}

/// The next longer or shorter time: by a second, above ten by five.
fn stepped(seconds: f32, longer: bool) -> f32 {
    let step = if seconds > 10.0 || (longer && seconds >= 10.0) {
        5.0
    } else {
        1.0
    };
    let next = if longer { seconds + step } else { seconds - step };
    next.round().clamp(*SECONDS.start(), *SECONDS.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_grows_and_shrinks_by_the_same_steps_within_bounds() {
        let mut up = vec![1.0];
        while let Some(last) = up.last().copied().filter(|last| *last < 60.0) {
            up.push(stepped(last, true));
        }
        assert_eq!(up[9..12], [10.0, 15.0, 20.0]);
        let down = up.iter().rev().map(|seconds| stepped(*seconds, false));
        assert!(up.iter().rev().skip(1).copied().eq(down.take(up.len() - 1)));
        assert_eq!((stepped(60.0, true), stepped(1.0, false)), (60.0, 1.0));
    }
}
