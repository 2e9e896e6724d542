//! The values and instructions whose mean is one half of the text mean μ; the other half are the class names.
//!
//! They cover what people ask photos about, so that μ is the common part of such texts and nothing more.

/// What photos can be under an instruction, beside the named colours.
pub(super) const VALUES: &[&str] = &[
    "bright", "dark", "dim", "sunny", "overcast", "golden hour", "night", "dawn", "backlit", "neon light", "candlelight",
    "warm", "cold", "vivid", "muted", "pastel", "black and white", "sepia", "sharp", "blurry", "grainy", "foggy",
    "rainy", "snowy", "stormy", "spring", "summer", "autumn", "winter", "morning", "evening", "beach", "forest",
    "mountains", "city street", "kitchen", "office", "living room", "shop", "garden", "desert", "lake", "river", "sea",
    "indoors", "outdoors", "plain background", "cluttered", "one", "two", "three", "four", "many", "a crowd", "nobody",
    "a child", "a woman", "a man", "an old person", "a family", "smiling", "running", "sitting", "eating", "working",
    "playing", "sleeping", "striped", "dotted", "checked", "floral", "wooden", "metal", "glass", "leather", "denim",
    "wool", "stone", "plastic", "paper", "round", "square", "long", "thin", "pointed", "flat", "cube", "cylinder",
    "star", "heart", "small", "large", "tiny", "huge", "left", "right", "top", "bottom", "in the middle", "photo",
    "drawing", "painting", "cartoon", "sketch", "poster", "minimalist", "vintage", "modern", "formal", "casual",
    "sporty", "elegant", "new", "worn out", "happy", "calm", "lonely", "dramatic", "animal", "vehicle", "plant",
    "food", "furniture", "clothing", "tool", "musical instrument", "building", "toy", "dog", "cat", "bird", "fish",
    "insect", "horse", "flower", "tree", "fruit", "vegetable", "bread", "drink", "shirt", "trousers", "dress", "shoes",
    "hat", "jacket", "car", "bicycle", "boat", "airplane", "train", "chair", "table", "lamp", "phone", "book",
];

/// Instructions as people write them.
pub(super) const INSTRUCTIONS: &[&str] = &[
    "the colour", "what colour is it?", "the colour of the clothes", "the dominant colour", "main colour of the object",
    "the colour of the background", "hue", "same colour", "the object", "what is it?", "the main subject",
    "which thing is shown?", "the type of object", "the kind of animal", "which species is it?", "the general category",
    "an animal, a vehicle or food?", "what is it used for?", "its function", "where is it usually found?", "the place",
    "the scene", "where was the picture taken?", "the background", "what is behind the object?", "the surroundings",
    "indoors or outdoors?", "the texture", "the pattern", "what is it made of?", "the material", "surface of the object",
    "the shape", "geometric form", "the outline", "how many are there?", "the number of objects", "how many people?",
    "the count", "where is the object in the picture?", "position in the frame", "how large does it appear?",
    "size in the picture", "the style", "is it a photo or a drawing?", "the medium", "how was the picture made?",
    "the composition", "the camera angle", "close-up or wide shot?", "the light", "the brightness", "the lighting",
    "time of day", "the weather", "the season", "warm or cold colours?", "the colour temperature", "the contrast",
    "the saturation", "is it sharp or blurry?", "the depth of field", "the mood", "the atmosphere", "the emotion",
    "the facial expression", "the people", "who is in the picture?", "the age of the person", "the pose", "the action",
    "what are they doing?", "the activity", "the occasion", "the clothes", "type of garment", "which clothes are worn?",
    "what is it worn for?", "the hairstyle", "the food", "which dish is it?", "the vehicle", "the building",
    "the architecture", "the plants", "the product", "the brand", "the text in the picture", "the condition",
    "old or new?", "how busy is the picture?", "simple or cluttered?", "the photo", "the whole picture",
    "overall similarity", "everything", "what the picture is about", "the story", "what is special about it?",
];
