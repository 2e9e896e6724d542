//! Photos under way to an album, with the pointer.

use std::sync::Arc;

use eframe::egui::{Align2, Context, DragAndDrop, FontId, Id, LayerId, Order, Rect, Response, Vec2, vec2};
use refocus_engine::FileId;

use crate::app::controls::photos;
use crate::app::design_tokens::{Tokens, font, radius, text};
use crate::app::view::View;

/// The photos under the pointer.
#[derive(Debug)]
pub(super) struct DraggedPhotos(pub(super) Vec<FileId>);

/// Takes up the photo of a row, and where it is selected all that are with it.
pub(in crate::app) fn drag_photos(response: &Response, view: &View, row: u32) {
    if !response.drag_started() {
        return;
    }
    let selected = &view.selection.rows;
    let rows: Vec<u32> = if selected.contains(&row) {
        selected.iter().copied().collect()
    } else {
        vec![row]
    };
    let ids = rows
        .iter()
        .filter_map(|row| Some(view.library.photo(*row)?.id))
        .collect();
    response.dnd_set_drag_payload(DraggedPhotos(ids));
}

/// The photos that are under way, if any.
pub(super) fn dragged(ctx: &Context) -> Option<Arc<DraggedPhotos>> {
    DragAndDrop::payload::<DraggedPhotos>(ctx)
}

/// Says beside the pointer how many photos are under way.
pub(in crate::app) fn dragged_label(ctx: &Context) {
    let Some(dragged) = dragged(ctx) else { return };
    let Some(pointer) = ctx.pointer_latest_pos() else {
        return;
    };
    let tokens = Tokens::of_theme(ctx.theme());
    let painter = ctx.layer_painter(LayerId::new(Order::Tooltip, Id::unique("photos under way")));
    let size: FontId = font(text::SMALL);
    let galley = painter.layout_no_wrap(photos(dragged.0.len()), size, tokens.text);
    let at = Rect::from_min_size(pointer + vec2(14.0, 10.0), galley.size() + Vec2::new(20.0, 12.0));
    painter.rect_filled(at, radius::CONTROL, tokens.floating);
    let text_at = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), at).min;
    painter.galley(text_at, galley, tokens.text);
    ctx.request_repaint();
}
