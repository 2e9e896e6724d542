//! The words in a demo picture's file name: what it shows, where and when.

use crate::composite::{CompositePlan, Composition, PlannedObject, Source};
use crate::shape_scene::ShapePlan;
use crate::truth::{Background, Hour};
use crate::vocabulary::Shape;

const NUMBERS: [&str; 11] = [
    "No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten",
];

/// "Three striped red circles".
pub(super) fn describe_shapes(plan: &ShapePlan) -> String {
    let plural = match (plan.count, plan.shape) {
        (1, _) => "",
        (_, Shape::Cross) => "es",
        _ => "s",
    };
    let number = NUMBERS.get(plan.count as usize).copied().unwrap_or("Many");
    format!("{number} {} {} {}{plural}", plan.texture, plan.colour, plan.shape)
}

/// "Red apple and green pear on a table at dusk".
pub(super) fn describe(plan: &CompositePlan<'_>) -> String {
    let name = |object: &PlannedObject<'_>, plural: bool| match object.source {
        Source::Drawn(drawing) if plural => drawing.plural.to_owned(),
        Source::Drawn(drawing) => drawing.name.to_owned(),
        Source::Cut(cutout) => cutout.name.clone(),
    };
    let coloured = |object: &PlannedObject<'_>, plural: bool| match object.colour {
        Some(colour) => format!("{colour} {}", name(object, plural)),
        None => name(object, plural),
    };
    let things = match (plan.composition, plan.objects.first()) {
        (Composition::Several, Some(object)) => {
            let number = NUMBERS.get(plan.count as usize).copied().unwrap_or("Many");
            format!("{number} {}", coloured(object, true))
        }
        _ => plan
            .objects
            .iter()
            .map(|object| coloured(object, false))
            .collect::<Vec<_>>()
            .join(" and "),
    };
    let place = match plan.background {
        Background::Plain => format!("on {}", plan.background_colour),
        Background::Wood => "on wooden planks".to_owned(),
        Background::Brick => "at a brick wall".to_owned(),
        Background::Grass => "on the grass".to_owned(),
        Background::Sky => "in the sky".to_owned(),
        Background::Sand => "on sand".to_owned(),
        Background::Water => "on the water".to_owned(),
        Background::Night => "under the stars".to_owned(),
        Background::Snow => "in the snow".to_owned(),
        Background::Forest => "in the forest".to_owned(),
        Background::Room => "in a room".to_owned(),
        Background::Table => "on a table".to_owned(),
        Background::Street => "in the street".to_owned(),
        other => format!("before {other}"),
    };
    let time = match plan.light.hour {
        Hour::Morning => " in the morning",
        Hour::Dusk => " at dusk",
        Hour::Night if plan.background != Background::Night => " at night",
        _ => "",
    };
    let mut text = format!("{things} {place}{time}");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}
