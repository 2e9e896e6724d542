//! Which model a person chose, and which weights the built-in one takes: its own, or others that a person trained.

use std::path::{Path, PathBuf};

use super::ModelError;

/// Files in place of those inside the program. None of them is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelChoice {
    /// A focus encoder, as `refocus train` writes it. Photos need not be encoded again.
    pub focus_encoder: Option<PathBuf>,
    /// Projections, as `refocus-lab train --stage projections` writes them. Another encoder: photos are encoded again.
    pub projections: Option<PathBuf>,
    /// A checkpoint in place of the built-in model: its name in the folder of models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// The model that takes over when it has encoded the library; until then the one above serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl ModelChoice {
    /// Reads a choice that was written; without the file it is the built-in model.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the file's name when it is damaged or cannot be read.
    pub fn read(file: &Path) -> Result<Self, ModelError> {
        let asset = |detail: String| ModelError::Asset {
            asset: file.display().to_string(),
            detail,
        };
        match std::fs::read(file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| asset(error.to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(asset(error.to_string())),
        }
    }

    /// Keeps the choice; written beside and renamed, so that it is whole or not there.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, file: &Path) -> std::io::Result<()> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let beside = file.with_extension("part");
        std::fs::write(&beside, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(&beside, file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_kept_and_none_is_the_built_in_model() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data/model.json");
        assert_eq!(ModelChoice::read(&file).unwrap(), ModelChoice::default());
        let choice = ModelChoice {
            focus_encoder: Some("/heads/rain.safetensors".into()),
            next: Some("clip-vit-b-32".to_owned()),
            ..ModelChoice::default()
        };
        choice.write(&file).unwrap();
        assert_eq!(ModelChoice::read(&file).unwrap(), choice);
        std::fs::write(&file, "{").unwrap();
        let error = ModelChoice::read(&file).unwrap_err().to_string();
        assert!(error.contains("model.json"), "{error}");
    }
}
