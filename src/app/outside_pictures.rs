//! Pictures from outside the library that photos are compared with.

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::ColorImage;

use refocus_engine::OutsideId;

use super::picture::Picture;

/// A picture from outside the library.
pub(super) struct OutsidePicture {
    /// File name, or what it was pasted as.
    pub(super) name: String,
    /// How far it is.
    pub(super) state: OutsideState,
}

/// How far a picture from outside is.
pub(super) enum OutsideState {
    /// Being encoded.
    Waiting,
    /// A reference like any other.
    Ready(Picture),
    /// It could not be read, and why.
    Failed(String),
}

/// What became of a picture that the engine told of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum OutsideArrival {
    /// It was removed while it was being encoded.
    Gone,
    /// It can be compared with.
    New,
    /// Another model has encoded it once more; it is a reference already.
    Again,
    /// It cannot be read: its name and why.
    Failed(String, String),
}

/// All of them.
#[derive(Default)]
pub(super) struct OutsidePictures {
    pictures: HashMap<OutsideId, OutsidePicture>,
    last: u64,
}

impl OutsidePictures {
    /// Takes note of a picture that the engine is asked to encode; returns its number.
    pub(super) fn add(&mut self, name: String) -> OutsideId {
        self.last += 1;
        let id = OutsideId(self.last);
        let state = OutsideState::Waiting;
        self.pictures.insert(id, OutsidePicture { name, state });
        id
    }

    /// Forgets a picture; returns whether it was there.
    pub(super) fn remove(&mut self, id: OutsideId) -> bool {
        self.pictures.remove(&id).is_some()
    }

    /// Whether a picture is there.
    pub(super) fn contains(&self, id: OutsideId) -> bool {
        self.pictures.contains_key(&id)
    }

    /// A picture.
    pub(super) fn get(&self, id: OutsideId) -> Option<&OutsidePicture> {
        self.pictures.get(&id)
    }

    /// Those that are no references (yet), in the order in which they came.
    pub(super) fn not_ready(&self) -> Vec<(OutsideId, &OutsidePicture)> {
        let mut waiting: Vec<_> = self
            .pictures
            .iter()
            .filter(|(_, picture)| !matches!(picture.state, OutsideState::Ready(_)))
            .map(|(id, picture)| (*id, picture))
            .collect();
        waiting.sort_by_key(|(id, _)| id.0);
        waiting
    }

    /// Width over height of those that can be shown.
    pub(super) fn aspects(&self) -> HashMap<OutsideId, f32> {
        let ready = self.pictures.iter().filter_map(|(id, picture)| match &picture.state {
            OutsideState::Ready(picture) => Some((*id, picture.size().x / picture.size().y)),
            OutsideState::Waiting | OutsideState::Failed(_) => None,
        });
        ready.collect()
    }

    /// Takes what the engine made of a picture: width, height and a small preview (RGB), or why there is none.
    pub(super) fn arrived(&mut self, id: OutsideId, result: Result<(u32, u32, Arc<[u8]>), String>) -> OutsideArrival {
        let Some(picture) = self.pictures.get_mut(&id) else {
            return OutsideArrival::Gone;
        };
        if matches!(picture.state, OutsideState::Ready(_)) && result.is_ok() {
            return OutsideArrival::Again;
        }
        let reason = match result {
            Ok((width, height, rgb)) if rgb.len() == width as usize * height as usize * 3 && !rgb.is_empty() => {
                let image = ColorImage::from_rgb([width as usize, height as usize], &rgb);
                picture.state = OutsideState::Ready(Picture::new(image));
                return OutsideArrival::New;
            }
            Ok(_) => "the preview is damaged".to_owned(),
            Err(reason) => reason,
        };
        picture.state = OutsideState::Failed(reason.clone());
        OutsideArrival::Failed(picture.name.clone(), reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_was_removed_while_it_was_encoded_comes_to_nothing() {
        let mut outside = OutsidePictures::default();
        let id = outside.add("a.jpg".into());
        assert_eq!(outside.not_ready().len(), 1);
        assert!(outside.remove(id));
        let preview: Arc<[u8]> = Arc::from([1_u8, 2, 3]);
        assert_eq!(outside.arrived(id, Ok((1, 1, preview))), OutsideArrival::Gone);
        assert!(!outside.contains(id));
    }

    #[test]
    fn a_damaged_preview_is_said_and_not_drawn() {
        let mut outside = OutsidePictures::default();
        let id = outside.add("a.jpg".into());
        let preview: Arc<[u8]> = Arc::from([1_u8, 2, 3]);
        let arrival = outside.arrived(id, Ok((2, 2, Arc::clone(&preview))));
        assert!(matches!(arrival, OutsideArrival::Failed(name, _) if name == "a.jpg"));
        assert_eq!(
            outside.arrived(id, Ok((1, 1, Arc::clone(&preview)))),
            OutsideArrival::New
        );
        assert_eq!(outside.arrived(id, Ok((1, 1, preview))), OutsideArrival::Again);
        assert!(outside.not_ready().is_empty());
    }
}
