//! Keys do what they do in the order in which they were pressed.
//!
//! egui gives all events of a frame to the field that has the keyboard in it. What is typed before and after a key that moves the
//! keyboard, as Tab does, belongs to two fields: it is given to egui in frames of its own. A fast hand on a slow machine presses several
//! keys in one frame.

use std::collections::VecDeque;

use eframe::egui::{Event, Key};

/// Events that wait for a frame of their own.
#[derive(Debug, Default)]
pub(super) struct KeyOrder {
    waiting: VecDeque<Event>,
}

impl KeyOrder {
    /// Takes the events that have arrived for a frame and leaves those that belong to it; returns whether more wait for the next one.
    pub(super) fn sort(&mut self, events: &mut Vec<Event>) -> bool {
        self.waiting.extend(events.drain(..));
        let moves = self.waiting.iter().position(moves_keyboard);
        let end = match moves {
            None => self.waiting.len(),
            Some(at) if self.waiting.range(..at).any(types) => at,
            Some(at) => at + 1,
        };
        // Where nothing is typed any more, all that waits is of this frame.
        let end = if self
            .waiting
            .range(end..)
            .any(|event| types(event) || moves_keyboard(event))
        {
            end
        } else {
            self.waiting.len()
        };
        events.extend(self.waiting.drain(..end));
        !self.waiting.is_empty()
    }
}

/// Whether a key that was pressed may move the keyboard to another control.
fn moves_keyboard(event: &Event) -> bool {
    let Event::Key {
        key,
        pressed: true,
        modifiers,
        ..
    } = event
    else {
        return false;
    };
    let moves = matches!(key, Key::Tab | Key::Enter | Key::Escape | Key::F2 | Key::F6);
    moves || modifiers.command || modifiers.alt
}

/// Whether it writes text, or is a key that was pressed.
fn types(event: &Event) -> bool {
    matches!(
        event,
        Event::Text(_) | Event::Paste(_) | Event::Ime(_) | Event::Key { pressed: true, .. }
    )
}

#[cfg(test)]
mod tests {
    use eframe::egui::{Modifiers, pos2};

    use super::*;

    fn key(key: Key, pressed: bool, modifiers: Modifiers) -> Event {
        Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers,
        }
    }

    fn letter(letter: &str) -> [Event; 3] {
        let name = Key::from_name(letter).unwrap();
        [
            key(name, true, Modifiers::NONE),
            Event::Text(letter.to_lowercase()),
            key(name, false, Modifiers::NONE),
        ]
    }

    /// The frames in which so many events are given to egui, each as its text and the keys that move the keyboard.
    fn frames(events: Vec<Event>) -> Vec<String> {
        let (mut order, mut arrived, mut frames) = (KeyOrder::default(), events, Vec::new());
        loop {
            let more = order.sort(&mut arrived);
            let told = arrived.drain(..).filter_map(|event| match event {
                Event::Text(text) => Some(text),
                Event::Key { key, pressed: true, .. } if matches!(key, Key::Tab | Key::Enter) => {
                    Some(format!("<{}>", key.name()))
                }
                Event::Key {
                    key,
                    pressed: true,
                    modifiers,
                    ..
                } if modifiers.command => Some(format!("<Ctrl+{}>", key.name())),
                Event::PointerMoved(_) => Some("~".to_owned()),
                _ => None,
            });
            frames.push(told.collect());
            if !more {
                return frames;
            }
        }
    }

    #[test]
    fn what_is_typed_before_and_after_tab_goes_to_two_fields() {
        let mut events = vec![
            key(Key::F, true, Modifiers::COMMAND),
            key(Key::F, false, Modifiers::COMMAND),
        ];
        events.extend(letter("A"));
        events.extend(letter("B"));
        events.extend([
            key(Key::Tab, true, Modifiers::NONE),
            key(Key::Tab, false, Modifiers::NONE),
        ]);
        events.extend(letter("C"));
        events.push(key(Key::Enter, true, Modifiers::NONE));
        events.push(key(Key::Enter, false, Modifiers::NONE));
        assert_eq!(frames(events), ["<Ctrl+F>", "ab", "<Tab>", "c", "<Enter>"]);
    }

    #[test]
    fn what_needs_one_frame_takes_one_and_the_next_keys_stand_behind_those_that_wait() {
        let mut events = letter("A").to_vec();
        events.push(Event::PointerMoved(pos2(1.0, 1.0)));
        events.extend(letter("B"));
        assert_eq!(frames(events), ["a~b"]);
        let tab = vec![
            key(Key::Tab, true, Modifiers::NONE),
            key(Key::Tab, false, Modifiers::NONE),
            Event::PointerMoved(pos2(1.0, 1.0)),
        ];
        assert_eq!(frames(tab.clone()), ["<Tab>~"]);

        let mut order = KeyOrder::default();
        let mut first = tab;
        first.extend(letter("A"));
        assert!(order.sort(&mut first));
        let mut second = letter("B").to_vec();
        assert!(!order.sort(&mut second));
        let texts: Vec<&Event> = second.iter().filter(|event| matches!(event, Event::Text(_))).collect();
        assert_eq!(texts, [&Event::Text("a".into()), &Event::Text("b".into())]);
    }
}
