//! The scene renderer: pictures of which everything is known.
//!
//! One renderer serves training, `refocus demo`, `refocus-lab eval scenes` and the tests. A seed and a [`Split`] go in;
//! a picture and its [`SceneTruth`] come out, the same on every machine. No file is read.
//!
//! - `vocabulary.rs`: shapes, textures, colours, held-out pairs
//! - `truth.rs`: what is known of a picture
//! - `random.rs`, `noise.rs`: seeded numbers and smooth fields; how the splits are kept apart
//! - `picture.rs`: float pixels, blur
//! - `backgrounds.rs`, `light.rs`: what stands behind the objects, and how the scene is lit
//! - `shapes.rs`, `shape_scene.rs`: shape scenes after Clevr4
//! - `single_shape.rs`: one coloured shape on a light ground, small, for towers that are trained from scratch
//! - `drawings/`, `cutout.rs`, `composite.rs`: recognisable objects, drawn or cut from photos, before known backgrounds
//! - `style.rs`: drawing and painting manners over any picture
//! - `measure.rs`: what pixels alone say of any picture
//! - `demo.rs`, `demo_files.rs`: the demo photos and how they are written
//! - `focus_example.rs`: four pictures that show what a focus is

mod backgrounds;
mod composite;
mod cutout;
mod demo;
mod demo_files;
mod drawings;
mod focus_example;
mod light;
mod measure;
mod noise;
mod picture;
mod random;
mod shape_scene;
mod shapes;
mod single_shape;
mod style;
mod truth;
mod vocabulary;

pub use composite::{Composition, Materials, composite_scene, composite_scene_with};
pub use cutout::Cutout;
pub use demo::{DEMO_COUNT, DemoPicture, FileFormat, demo_picture};
pub use demo_files::{DemoSummary, LABELS_FILE, SceneError, write_demo};
pub use drawings::{Drawing, all as all_drawings};
pub use focus_example::{FocusExample, focus_example};
pub use measure::{Clutter, Measurements, Saturation, Sharpness, colour_distance, dominant_colour, measure};
pub use random::Split;
pub use shape_scene::shape_scene;
pub use single_shape::single_shape;
pub use style::{Style, apply_style};
pub use truth::{
    Background, Brightness, Hour, Kind, Light, ObjectBox, ObjectSize, ObjectTruth, Position, SceneTruth, Warmth,
};
pub use vocabulary::{
    Colour, MAX_COUNT, OBJECT_COLOURS, SHAPE_COLOURS, Shape, Texture, is_held_out_shape_colour,
    is_held_out_texture_colour,
};
