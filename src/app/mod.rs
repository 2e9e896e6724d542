//! The egui front end.
