//! Kinds of documents as a focus: receipts with receipts, menus with menus; what shows no text is unclear.

use refocus_media::tags::search_form;
use refocus_search::document_kind::{DocumentKind, DocumentLine, DocumentPicture, document_kind};
use refocus_search::{Group, GroupKind, Groups};

use crate::rows::PhotoRow;
use crate::snapshot::LibrarySnapshot;
use crate::texts::{ReadText, TextLine};

/// The kind of document that a photo shows; `None` where no text was read in it.
pub(super) fn kind_of(row: &PhotoRow) -> Option<DocumentKind> {
    kind_in(
        row.extras.text.as_deref()?,
        (row.width, row.height),
        row.camera.is_some(),
    )
}

/// The same, of a picture of which nothing but its text is known.
pub(super) fn kind_of_text(read: &ReadText) -> Option<DocumentKind> {
    kind_in(read, (1, 1), false)
}

fn kind_in(read: &ReadText, size: (u32, u32), from_camera: bool) -> Option<DocumentKind> {
    let forms: Vec<String> = read.lines.iter().map(|line| search_form(&line.text)).collect();
    let lines: Vec<DocumentLine<'_>> = forms
        .iter()
        .zip(&read.lines)
        .map(|(text, line)| DocumentLine {
            text,
            height: height(line, size),
        })
        .collect();
    document_kind(&lines, DocumentPicture { size, from_camera })
}

/// Part of a picture's height that the letters of a line take.
fn height(line: &TextLine, (width, height): (u32, u32)) -> f32 {
    let [a, b, c, _] = line.corners;
    let (width, height) = (width.max(1) as f32, height.max(1) as f32);
    let length = |p: [f32; 2], q: [f32; 2]| ((p[0] - q[0]) * width).hypot((p[1] - q[1]) * height);
    // Text that stands upright in the picture has its letters along the other sides.
    let across = if line.turns.is_multiple_of(2) {
        length(b, c)
    } else {
        length(a, b)
    };
    across / height
}

/// Photos by the kind of document that they show, the largest group first; those without text are unclear.
pub(super) fn groups(subset: &[bool], encoded: &[bool], snapshot: &LibrarySnapshot) -> Groups {
    let mut of_kinds: Vec<(DocumentKind, Vec<u32>)> = DocumentKind::ALL.map(|kind| (kind, Vec::new())).into();
    let (mut unclear, mut not_encoded) = (Vec::new(), Vec::new());
    let rows = (0u32..).zip(subset.iter().zip(snapshot.rows.iter()));
    for (number, (_, row)) in rows.filter(|(_, (part, _))| **part) {
        if !encoded.get(number as usize).copied().unwrap_or_default() {
            not_encoded.push(number);
            continue;
        }
        let kind = kind_of(row);
        let list = of_kinds.iter_mut().find(|(of, _)| Some(*of) == kind);
        list.map_or(&mut unclear, |(_, list)| list).push(number);
    }
    of_kinds.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
    let group = |kind, rows: Vec<u32>, words: Vec<String>| Group {
        kind,
        value_words: words,
        rows: rows.into(),
    };
    let mut groups: Vec<Group> = of_kinds
        .into_iter()
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(kind, rows)| group(GroupKind::Alike, rows, vec![kind.name().to_owned()]))
        .collect();
    if !unclear.is_empty() {
        groups.push(group(GroupKind::Unclear, unclear, Vec::new()));
    }
    Groups { groups, not_encoded }
}

/// The kind as a value word.
pub(super) fn words_of(row: &PhotoRow) -> Vec<(String, f32)> {
    kind_of(row)
        .map(|kind| (kind.name().to_owned(), 1.0))
        .into_iter()
        .collect()
}
