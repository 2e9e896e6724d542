//! The path language of the drawing tables: SVG's absolute commands, and whole ellipses and rounded rectangles.
//!
//! `M x y`, `L x y`, `H x`, `V y`, `Q x1 y1 x y`, `C x1 y1 x2 y2 x y`, `Z`; `O cx cy rx ry` is an ellipse,
//! `R x y width height radius` a rectangle with round corners. Numbers may repeat after a command as in SVG.

use tiny_skia::{Path, PathBuilder, Rect};

/// The path, or `None` where the text is not of this language.
pub(super) fn parse(text: &str) -> Option<Path> {
    let mut tokens = text.split_ascii_whitespace().flat_map(split_command).peekable();
    let mut path = PathBuilder::new();
    let mut command = ' ';
    while let Some(&token) = tokens.peek() {
        if let Some(letter) = token.chars().next().filter(char::is_ascii_alphabetic) {
            command = letter;
            tokens.next();
        }
        let mut next = || tokens.next()?.parse::<f32>().ok();
        let here = path.last_point();
        match command {
            'M' => {
                path.move_to(next()?, next()?);
                command = 'L';
            }
            'L' => path.line_to(next()?, next()?),
            'H' => path.line_to(next()?, here?.y),
            'V' => path.line_to(here?.x, next()?),
            'Q' => path.quad_to(next()?, next()?, next()?, next()?),
            'C' => path.cubic_to(next()?, next()?, next()?, next()?, next()?, next()?),
            'Z' => {
                path.close();
                command = ' ';
            }
            'O' => {
                let (cx, cy, rx, ry) = (next()?, next()?, next()?, next()?);
                path.push_oval(Rect::from_ltrb(cx - rx, cy - ry, cx + rx, cy + ry)?);
            }
            'R' => round_rectangle(&mut path, [next()?, next()?, next()?, next()?, next()?]),
            _ => return None,
        }
    }
    path.finish()
}

/// "M50" stands for "M 50".
fn split_command(token: &str) -> impl Iterator<Item = &str> {
    let at = usize::from(token.starts_with(|first: char| first.is_ascii_alphabetic()));
    let (command, rest) = token.split_at(at);
    [command, rest].into_iter().filter(|piece| !piece.is_empty())
}

fn round_rectangle(path: &mut PathBuilder, [x, y, width, height, radius]: [f32; 5]) {
    // 0.5523 of the radius makes a cubic curve follow a quarter circle.
    let (r, k) = (radius, radius * 0.4477);
    let (right, bottom) = (x + width, y + height);
    path.move_to(x + r, y);
    path.line_to(right - r, y);
    path.cubic_to(right - k, y, right, y + k, right, y + r);
    path.line_to(right, bottom - r);
    path.cubic_to(right, bottom - k, right - k, bottom, right - r, bottom);
    path.line_to(x + r, bottom);
    path.cubic_to(x + k, bottom, x, bottom - k, x, bottom - r);
    path.line_to(x, y + r);
    path.cubic_to(x, y + k, x + k, y, x + r, y);
    path.close();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_draw_what_they_say() {
        let spans = |text: &str, expected: [f32; 4]| {
            let bounds = parse(text).unwrap().compute_tight_bounds().unwrap();
            let edges = [bounds.left(), bounds.top(), bounds.right(), bounds.bottom()];
            edges
                .iter()
                .zip(expected)
                .all(|(edge, expected)| (edge - expected).abs() < 0.1)
        };
        assert!(spans("M10 20 H30 V50 L10 50 Z", [10.0, 20.0, 30.0, 50.0]));
        assert!(spans("O 50 40 10 5", [40.0, 35.0, 60.0, 45.0]));
        assert!(spans("R 5 6 20 10 3", [5.0, 6.0, 25.0, 16.0]));
    }

    #[test]
    fn text_that_is_no_path_gives_none() {
        for text in ["", "M10", "X 1 2", "L", "M 1 2 C 3 4", "12 13", "Z"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
