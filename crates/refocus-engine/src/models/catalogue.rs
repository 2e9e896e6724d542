//! Checkpoints that can be fetched by name.
//!
//! What is written here are names, licences and published accuracies (zero-shot ImageNet top-1, from the result tables that
//! OpenCLIP publishes). Sizes and hashes are not: the hub tells them when a person asks.

/// A checkpoint on the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct CatalogueEntry {
    /// How commands call it; the name of its folder.
    pub id: &'static str,
    /// Name on the screen.
    pub name: &'static str,
    /// Its repository.
    pub repository: &'static str,
    /// Licence of the weights.
    pub licence: &'static str,
    /// What it is good for.
    pub good_for: &'static str,
}

/// All of them, fastest first.
pub const CATALOGUE: &[CatalogueEntry] = &[
    CatalogueEntry {
        id: "clip-vit-b-32",
        name: "CLIP ViT-B/32 (OpenAI)",
        repository: "timm/vit_base_patch32_clip_224.openai",
        licence: "MIT",
        good_for: "The smallest: 151 million parameters, 63.3 % on ImageNet without training.",
    },
    CatalogueEntry {
        id: "clip-vit-b-32-256-datacomp",
        name: "CLIP ViT-B/32 at 256 pixels (DataComp)",
        repository: "laion/CLIP-ViT-B-32-256x256-DataComp-s34B-b86K",
        licence: "MIT",
        good_for: "The best for its speed: 151 million parameters, 72.8 % on ImageNet.",
    },
    CatalogueEntry {
        id: "siglip2-b-32-256",
        name: "SigLIP 2 B/32 at 256 pixels",
        repository: "google/siglip2-base-patch32-256",
        licence: "Apache-2.0",
        good_for: "As fast, knows many languages: about 375 million parameters, 74.0 % on ImageNet.",
    },
    CatalogueEntry {
        id: "clip-vit-b-16-datacomp",
        name: "CLIP ViT-B/16 (DataComp XL)",
        repository: "laion/CLIP-ViT-B-16-DataComp.XL-s13B-b90K",
        licence: "MIT",
        good_for: "Sees small things, four times the work: 149 million parameters, 73.5 % on ImageNet.",
    },
    CatalogueEntry {
        id: "clip-vit-l-14-336",
        name: "CLIP ViT-L/14 at 336 pixels (OpenAI)",
        repository: "timm/vit_large_patch14_clip_336.openai",
        licence: "MIT",
        good_for: "The tower of the FocalLens paper, 43 times the work of B/32: for machines with a GPU. 76.6 % on ImageNet.",
    },
];

impl CatalogueEntry {
    /// The entry of this id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        CATALOGUE.iter().find(|entry| entry.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_model::clip::installed::is_name;

    #[test]
    fn every_entry_has_a_name_of_its_own_that_a_folder_can_have() {
        for (place, entry) in CATALOGUE.iter().enumerate() {
            assert!(is_name(entry.id), "{}", entry.id);
            assert!(CATALOGUE[..place].iter().all(|other| other.id != entry.id));
            assert!(matches!(entry.licence, "MIT" | "Apache-2.0"));
        }
    }
}
