//! Composites: recognisable objects before known backgrounds; one, several equal, or two and three different ones.

use image::{RgbImage, imageops};

use super::backgrounds::{self, PLACES, PLAIN_COLOURS};
use super::cutout::{Cutout, over};
use super::drawings::{self, Drawing};
use super::light;
use super::measure::colour_distance;
use super::picture::{Picture, blur, scale};
use super::random::{Rng, Split, Stream};
use super::style::Style;
use super::truth::{Background, Hour, Light, ObjectBox, ObjectTruth, SceneTruth};
use super::vocabulary::{Colour, OBJECT_COLOURS};

/// What a composite shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Composition {
    /// One object, with a size and a position.
    Single,
    /// Two to six equal objects.
    Several,
    /// Two different objects of different colours, side by side or one above the other.
    Pair,
    /// Three different objects of different colours in a row.
    Trio,
}

/// Real material that a caller may give in place of drawn objects and backgrounds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Materials<'a> {
    /// Objects cut from photos.
    pub cutouts: &'a [Cutout],
    /// Chance that an object comes from `cutouts`, 0–1.
    pub cutout_share: f32,
    /// Chance that such a cut-out is recoloured (its truth then names the colour), 0–1.
    pub recolour_share: f32,
    /// Background photos of any size, at least 8×8 pixels.
    pub photos: &'a [RgbImage],
    /// Chance that the background is one of `photos`, 0–1.
    pub photo_share: f32,
}

/// Where a planned object comes from.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Drawn(&'static Drawing),
    Cut(&'a Cutout),
}

/// One kind of object in a plan.
#[derive(Clone, Copy)]
pub(super) struct PlannedObject<'a> {
    pub(super) source: Source<'a>,
    /// `None` leaves a cut-out as it is.
    pub(super) colour: Option<Colour>,
}

impl PlannedObject<'_> {
    fn name(&self) -> String {
        match self.source {
            Source::Drawn(drawing) => drawing.name.to_owned(),
            Source::Cut(cutout) => cutout.name.clone(),
        }
    }
}

/// A composite before it is painted.
pub(super) struct CompositePlan<'a> {
    pub(super) composition: Composition,
    pub(super) objects: Vec<PlannedObject<'a>>,
    /// How many equal objects, for [`Composition::Several`].
    pub(super) count: u32,
    pub(super) background: Background,
    pub(super) background_colour: Colour,
    pub(super) photo: Option<&'a RgbImage>,
    pub(super) light: Light,
    pub(super) light_strength: f32,
    /// Whether objects stand on the ground where the background has one.
    pub(super) grounded: bool,
}

/// A composite of drawn objects, `size`×`size` pixels, and everything known of it.
pub fn composite_scene(seed: u64, split: Split, size: u32) -> (RgbImage, SceneTruth) {
    composite_scene_with(seed, split, size, None, &Materials::default())
}

/// A composite of a chosen kind (or any, where `None`), with real cut-outs and photos mixed in.
pub fn composite_scene_with(
    seed: u64,
    split: Split,
    size: u32,
    composition: Option<Composition>,
    materials: &Materials<'_>,
) -> (RgbImage, SceneTruth) {
    let mut rng = Rng::new(seed, split, Stream::Composite);
    let plan = draw_plan(&mut rng, composition, materials);
    paint(&plan, &mut rng, size.max(16), size.max(16))
}

fn draw_plan<'a>(rng: &mut Rng, composition: Option<Composition>, materials: &Materials<'a>) -> CompositePlan<'a> {
    let drawn = match rng.unit() {
        share if share < 0.42 => Composition::Single,
        share if share < 0.64 => Composition::Several,
        share if share < 0.88 => Composition::Pair,
        _ => Composition::Trio,
    };
    let composition = composition.unwrap_or(drawn);
    let photo = if !materials.photos.is_empty() && rng.chance(materials.photo_share) {
        materials.photos.get(rng.below(materials.photos.len()))
    } else {
        None
    };
    let background = match photo {
        Some(_) => Background::Photo,
        None if rng.chance(0.42) => Background::Plain,
        None => rng.pick(&PLACES),
    };
    let background_colour = rng.pick(&PLAIN_COLOURS);
    let kinds = match composition {
        Composition::Single | Composition::Several => 1,
        Composition::Pair => 2,
        Composition::Trio => 3,
    };
    let mut objects: Vec<PlannedObject<'a>> = Vec::with_capacity(kinds);
    while objects.len() < kinds {
        let object = draw_object(rng, background, background_colour, materials);
        let new = objects.iter().all(|other| {
            other.name() != object.name() && (other.colour.is_none() || distinct(other.colour, object.colour))
        });
        // A pool of one cut-out could never give two names: drawings always can.
        if new {
            objects.push(object);
        } else if rng.chance(0.5) {
            let plain = draw_object(rng, background, background_colour, &Materials::default());
            if objects
                .iter()
                .all(|other| other.name() != plain.name() && distinct(other.colour, plain.colour))
            {
                objects.push(plain);
            }
        }
    }
    let hour = rng.pick(&[Hour::Studio, Hour::Studio, Hour::Morning, Hour::Noon, Hour::Dusk]);
    CompositePlan {
        composition,
        objects,
        count: rng.whole(2, 6),
        background,
        background_colour,
        photo,
        light: light::draw_light(hour, rng),
        light_strength: rng.range(0.1, 0.4),
        grounded: rng.chance(0.3),
    }
}

fn distinct(a: Option<Colour>, b: Option<Colour>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => colour_distance(a.rgb(), b.rgb()) > 30.0,
        _ => true,
    }
}

/// An object whose colour stands out from the ground.
fn draw_object<'a>(
    rng: &mut Rng,
    background: Background,
    background_colour: Colour,
    materials: &Materials<'a>,
) -> PlannedObject<'a> {
    let ground = match background {
        Background::Plain => Some(background_colour),
        place => backgrounds::place_colour(place),
    };
    let colour = loop {
        let colour = rng.pick(&OBJECT_COLOURS);
        if distinct(ground, Some(colour)) {
            break colour;
        }
    };
    if !materials.cutouts.is_empty() && rng.chance(materials.cutout_share) {
        let cutout = &materials.cutouts[rng.below(materials.cutouts.len())];
        let recolour = rng.chance(materials.recolour_share);
        return PlannedObject {
            source: Source::Cut(cutout),
            colour: if recolour { Some(colour) } else { cutout.colour },
        };
    }
    let drawings: Vec<&'static Drawing> = drawings::all().collect();
    PlannedObject {
        source: Source::Drawn(rng.pick(&drawings)),
        colour: Some(colour),
    }
}

/// An object ready to be laid down: its centre and longer side in pixels.
struct Placed {
    kind: usize,
    x: f32,
    y: f32,
    side: f32,
    mirrored: bool,
}

/// Paints a planned composite.
pub(super) fn paint(plan: &CompositePlan<'_>, rng: &mut Rng, width: u32, height: u32) -> (RgbImage, SceneTruth) {
    let (wide, tall) = (width as usize, height as usize);
    let mut picture = match plan.photo {
        Some(photo) => Picture::from_image(&covering(photo, width, height)),
        None => backgrounds::paint(plan.background, plan.background_colour, rng, wide, tall),
    };
    let ground = if plan.grounded {
        backgrounds::ground(plan.background)
    } else {
        None
    };
    let mut placed = arrange(plan, ground.is_some(), rng, width as f32, height as f32);
    let tones: Vec<Option<[f32; 3]>> = plan
        .objects
        .iter()
        .map(|object| object.colour.map(|colour| backgrounds::jitter(colour.tone(), 4.0, rng)))
        .collect();
    // Things farther back are laid first.
    placed.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut objects = Vec::with_capacity(placed.len());
    for place in &placed {
        let planned = &plan.objects[place.kind];
        let image = match planned.source {
            Source::Drawn(drawing) => {
                let tone = tones[place.kind].unwrap_or([128.0; 3]);
                drawings::render(drawing, tone, place.side, place.mirrored)
            }
            Source::Cut(cutout) if planned.colour == cutout.colour => cutout.scaled(place.side, place.mirrored),
            Source::Cut(cutout) => cutout
                .recoloured(planned.colour.unwrap_or(Colour::Gray))
                .scaled(place.side, place.mirrored),
        };
        let (own_width, own_height) = (image.width() as f32, image.height() as f32);
        let left = (place.x - own_width / 2.0)
            .clamp(0.0, (width as f32 - own_width).max(0.0))
            .round();
        let top = match ground {
            Some((high, low)) => {
                // Standing things vary in depth within the ground's band; small pictures keep them whole.
                let foot = high + (low - high) * (place.y / height as f32).clamp(0.0, 1.0);
                (foot * height as f32 - own_height).max(0.0).round()
            }
            None => (place.y - own_height / 2.0)
                .clamp(0.0, (height as f32 - own_height).max(0.0))
                .round(),
        };
        shadow(&mut picture, &image, left, top, &plan.light, ground.is_some());
        for (x, y, pixel) in image.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[3] > 0) {
            let (x, y) = (x as usize + left as usize, y as usize + top as usize);
            if x < wide && y < tall {
                let target = &mut picture.pixels[y * wide + x];
                *target = over(*target, pixel);
            }
        }
        let bounds = ObjectBox::from_pixels(left, top, left + own_width, top + own_height, wide, tall);
        objects.push(ObjectTruth {
            name: planned.name(),
            kind: match planned.source {
                Source::Drawn(drawing) => Some(drawing.kind),
                Source::Cut(cutout) => cutout.kind,
            },
            colour: planned.colour,
            bounds,
            position: bounds.position(),
            size: bounds.size(),
        });
    }
    light::apply(&mut picture, &plan.light, plan.light_strength);
    objects.sort_by(|a, b| a.bounds.x0.total_cmp(&b.bounds.x0));
    let alike = plan.objects.len() == 1;
    let first = plan.objects.first();
    let truth = SceneTruth {
        shape: None,
        texture: None,
        colour: first.filter(|_| alike).and_then(|object| object.colour),
        count: objects.len() as u32,
        object: first.filter(|_| alike).map(PlannedObject::name),
        background: plan.background,
        background_colour: match plan.background {
            Background::Plain => Some(plan.background_colour),
            place => backgrounds::place_colour(place),
        },
        light: plan.light,
        objects,
        style: Style::Photo,
    };
    (picture.into_image(), truth)
}

/// The photo scaled and cropped so that it covers the picture.
fn covering(photo: &RgbImage, width: u32, height: u32) -> RgbImage {
    let factor = (width as f32 / photo.width().max(1) as f32).max(height as f32 / photo.height().max(1) as f32);
    let fit = |side: u32, least: u32| ((side as f32 * factor).ceil() as u32).max(least);
    let (wide, tall) = (fit(photo.width(), width), fit(photo.height(), height));
    let scaled = imageops::resize(photo, wide, tall, imageops::FilterType::Triangle);
    imageops::crop_imm(&scaled, (wide - width) / 2, (tall - height) / 2, width, height).to_image()
}

/// Width over height of an object.
fn shape_of(object: &PlannedObject<'_>) -> f32 {
    match object.source {
        Source::Drawn(drawing) => drawing.space.0 / drawing.space.1,
        Source::Cut(cutout) => cutout.image.width() as f32 / cutout.image.height().max(1) as f32,
    }
}

/// The longer side at which an object fits a cell of this size.
fn fitting(object: &PlannedObject<'_>, cell_width: f32, cell_height: f32) -> f32 {
    let shape = shape_of(object);
    if shape >= 1.0 {
        cell_width.min(cell_height * shape)
    } else {
        cell_height.min(cell_width / shape)
    }
}

fn arrange(plan: &CompositePlan<'_>, standing: bool, rng: &mut Rng, width: f32, height: f32) -> Vec<Placed> {
    // Standing things reach up from the ground: they have less height to themselves.
    let tallest = if standing { height * 0.74 } else { height * 0.94 };
    let place = |rng: &mut Rng, kind: usize, x: f32, y: f32, side: f32| {
        let mirrored = rng.chance(0.5);
        Placed {
            kind,
            x,
            y,
            side,
            mirrored,
        }
    };
    match plan.composition {
        Composition::Single => {
            let Some(object) = plan.objects.first() else {
                return Vec::new();
            };
            let most = fitting(object, width * 0.94, tallest);
            let share = match rng.below(3) {
                0 => rng.range(0.28, 0.38),
                1 => rng.range(0.48, 0.64),
                _ => rng.range(0.80, 1.0),
            };
            let side = most * share;
            let shape = shape_of(object);
            let (own_width, own_height) = if shape >= 1.0 {
                (side, side / shape)
            } else {
                (side * shape, side)
            };
            let (free_x, free_y) = ((width - own_width) / 2.0, (height - own_height) / 2.0);
            let (far, near) = (rng.range(0.62, 0.98), rng.range(-0.12, 0.12));
            let (dx, dy) = match rng.below(5) {
                0 => (-far, near),
                1 => (far, near),
                2 => (near, -far),
                3 => (near, far),
                _ => (near, near),
            };
            vec![place(
                rng,
                0,
                width / 2.0 + dx * free_x,
                height / 2.0 + dy * free_y,
                side,
            )]
        }
        Composition::Several => {
            let count = plan.count.max(1) as usize;
            let (columns, rows) = grid(count, standing, width / height);
            let (cell_width, cell_height) = (width / columns as f32, height / rows as f32);
            let Some(object) = plan.objects.first() else {
                return Vec::new();
            };
            let most = fitting(object, cell_width * 0.86, (cell_height * 0.86).min(tallest));
            let mut cells: Vec<usize> = (0..columns * rows).collect();
            rng.shuffle(&mut cells);
            let mut places = Vec::with_capacity(count);
            for cell in cells.into_iter().take(count) {
                let side = most * rng.range(0.80, 1.0);
                let (x, y) = ((cell % columns) as f32 + 0.5, (cell / columns) as f32 + 0.5);
                let (slack_x, slack_y) = (rng.range(-0.06, 0.06), rng.range(-0.05, 0.05));
                places.push(place(
                    rng,
                    0,
                    (x + slack_x) * cell_width,
                    (y + slack_y) * cell_height,
                    side,
                ));
            }
            places
        }
        Composition::Pair | Composition::Trio => {
            let number = plan.objects.len().max(1);
            let stacked = number == 2 && !standing && rng.chance(0.3);
            let heaviest = plan.objects.iter().map(heft).fold(0.1_f32, f32::max);
            let mut places = Vec::with_capacity(number);
            for (kind, object) in plan.objects.iter().enumerate() {
                let (cell_width, cell_height) = if stacked {
                    (width * 0.9, height * 0.46)
                } else {
                    (width / number as f32 * 0.93, tallest * 0.86)
                };
                // Lighter things are drawn somewhat smaller, so that a banana does not tower over a house.
                let relative = (heft(object) / heaviest).powf(0.38).max(0.55);
                let side = fitting(object, cell_width, cell_height) * relative * rng.range(0.90, 1.0);
                let centre = (kind as f32 + 0.5) / number as f32;
                let (x, y) = if stacked {
                    (width * (0.5 + rng.range(-0.1, 0.1)), height * centre)
                } else {
                    (width * centre, height * (0.5 + rng.range(-0.07, 0.07)))
                };
                places.push(place(rng, kind, x, y, side));
            }
            places
        }
    }
}

fn heft(object: &PlannedObject<'_>) -> f32 {
    match object.source {
        Source::Drawn(drawing) => drawing.heft,
        Source::Cut(_) => 1.5,
    }
}

/// Columns and rows with at least `count` cells, as near to the picture's shape as small counts allow.
fn grid(count: usize, standing: bool, shape: f32) -> (usize, usize) {
    if standing {
        return (count, 1);
    }
    match (count, shape >= 1.0) {
        (0 | 1, _) => (1, 1),
        (2, true) => (2, 1),
        (2, false) => (1, 2),
        (3 | 4, _) => (2, 2),
        (_, true) => (3, 2),
        (_, false) => (2, 3),
    }
}

/// A soft shadow: thrown onto the surface behind, or pooled on the ground under things that stand.
fn shadow(picture: &mut Picture, image: &image::RgbaImage, left: f32, top: f32, light: &Light, standing: bool) {
    let side = image.width().max(image.height()) as f32;
    let soft = (side * 0.035).max(1.0);
    let pad = (soft * 3.0).ceil() as usize;
    let (own_width, own_height) = (image.width() as usize, image.height() as usize);
    let (wide, tall) = (own_width + 2 * pad, own_height + 2 * pad);
    let mut cover = vec![0.0_f32; wide * tall];
    for (x, y, pixel) in image.enumerate_pixels() {
        let (column, row) = if standing {
            // Pressed flat onto the ground behind the object's foot.
            (x as usize, own_height - 1 - (own_height - 1 - y as usize) / 7)
        } else {
            (x as usize, y as usize)
        };
        let slot = &mut cover[(row + pad) * wide + column + pad];
        *slot = slot.max(f32::from(pixel.0[3]));
    }
    blur(&mut cover, wide, tall, soft);
    let (dx, dy) = light::travel(light);
    let (shift_x, shift_y) = if standing {
        (dx * side * 0.05, side * 0.012)
    } else {
        (dx * side * 0.045, dy * side * 0.045)
    };
    let (origin_x, origin_y) = (
        (left + shift_x).round() as isize - pad as isize,
        (top + shift_y).round() as isize - pad as isize,
    );
    let strength = if standing { 0.55 } else { 0.42 } / 255.0;
    let (width, height) = (picture.width as isize, picture.height as isize);
    for row in 0..tall as isize {
        let y = origin_y + row;
        if !(0..height).contains(&y) {
            continue;
        }
        for column in 0..wide as isize {
            let x = origin_x + column;
            let dim = cover[row as usize * wide + column as usize] * strength;
            if dim > 0.004 && (0..width).contains(&x) {
                let pixel = &mut picture.pixels[(y * width + x) as usize];
                *pixel = scale(*pixel, 1.0 - dim);
            }
        }
    }
}

#[cfg(test)]
mod tests;
