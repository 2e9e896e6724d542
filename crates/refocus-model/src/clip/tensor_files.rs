//! Safetensors files on disk, one or several shards, read tensor by tensor.
//!
//! Headers are checked when the files are opened, so that a truncated download or a foreign file is named at once and not
//! in the middle of loading.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use safetensors::tensor::{Dtype, Metadata};

use super::super::ModelError;

/// Bytes before a header: its length.
const LENGTH: u64 = 8;
/// A longer header is damage: that of the largest checkpoint has a few hundred kilobytes.
const LONGEST_HEADER: u64 = 64 << 20;

/// Where a tensor lies.
#[derive(Debug, Clone)]
struct Place {
    file: usize,
    dtype: Dtype,
    shape: Vec<usize>,
    start: u64,
    bytes: usize,
}

/// The tensors of a checkpoint.
#[derive(Debug, Clone)]
pub struct TensorFiles {
    files: Vec<PathBuf>,
    places: HashMap<String, Place>,
}

/// An error that names a file.
pub(super) fn unusable(file: &Path, detail: impl Into<String>) -> ModelError {
    ModelError::Asset {
        asset: file.display().to_string(),
        detail: detail.into(),
    }
}

impl TensorFiles {
    /// Reads the headers of some files.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the name of the file that is missing, truncated or of another kind.
    pub fn open(files: Vec<PathBuf>) -> Result<Self, ModelError> {
        let mut places = HashMap::new();
        for (number, file) in files.iter().enumerate() {
            read_header(number, file, &mut places)?;
        }
        Ok(Self { files, places })
    }

    /// The files, in the order in which they were named.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Whether there is a tensor of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Shape of a tensor.
    #[must_use]
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.places.get(name).map(|place| place.shape.as_slice())
    }

    /// A tensor that must have this shape, as `dtype` on `device`.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the file and the difference, [`ModelError::Compute`] when the device refuses it.
    pub fn read(&self, name: &str, shape: &[usize], dtype: DType, device: &Device) -> Result<Tensor, ModelError> {
        let (file, place) = self.place(name)?;
        if place.shape != shape {
            let detail = format!(
                "{name} has the shape {:?}, the configuration says {shape:?}",
                place.shape
            );
            return Err(unusable(file, detail));
        }
        let stored = match place.dtype {
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            other => {
                return Err(unusable(
                    file,
                    format!("{name} is of type {other:?}; f32, f16 and bf16 are read"),
                ));
            }
        };
        let bytes = Self::bytes(file, place)?;
        // Converted on the CPU: a device that lacks the stored type need not know it.
        let tensor = Tensor::from_raw_buffer(&bytes, stored, shape, &Device::Cpu)?;
        Ok(tensor.to_dtype(dtype)?.to_device(device)?)
    }

    /// Names of all tensors, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.places.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// A tensor as it is stored: its type, shape and bytes.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the file, when there is none of this name or it cannot be read.
    pub fn stored(&self, name: &str) -> Result<(Dtype, &[usize], Vec<u8>), ModelError> {
        let (file, place) = self.place(name)?;
        Ok((place.dtype, &place.shape, Self::bytes(file, place)?))
    }

    fn place(&self, name: &str) -> Result<(&Path, &Place), ModelError> {
        let first = self.files.first().map_or(Path::new(""), PathBuf::as_path);
        let place = self
            .places
            .get(name)
            .ok_or_else(|| unusable(first, format!("the tensor {name} is missing")))?;
        Ok((self.files.get(place.file).map_or(first, PathBuf::as_path), place))
    }

    fn bytes(file: &Path, place: &Place) -> Result<Vec<u8>, ModelError> {
        let mut bytes = vec![0; place.bytes];
        let read = File::open(file).and_then(|mut file| {
            file.seek(SeekFrom::Start(place.start))?;
            file.read_exact(&mut bytes)
        });
        read.map_err(|error| unusable(file, error.to_string()))?;
        Ok(bytes)
    }

    /// A digest of all tensors' bytes and headers: blake3 over the files in the order of their names.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the file that cannot be read.
    pub fn digest(&self) -> Result<blake3::Hash, ModelError> {
        let mut files: Vec<&PathBuf> = self.files.iter().collect();
        files.sort();
        let mut hasher = blake3::Hasher::new();
        for path in files {
            let explain = |error: std::io::Error| unusable(path, error.to_string());
            let file = File::open(path).map_err(explain)?;
            let bytes = file.metadata().map_err(explain)?.len();
            hasher.update(&bytes.to_le_bytes());
            hasher.update_reader(file).map_err(explain)?;
        }
        Ok(hasher.finalize())
    }
}

fn read_header(number: usize, path: &Path, places: &mut HashMap<String, Place>) -> Result<(), ModelError> {
    let explain = |error: std::io::Error| unusable(path, error.to_string());
    let mut file = File::open(path).map_err(explain)?;
    let on_disk = file.metadata().map_err(explain)?.len();
    let mut length = [0; LENGTH as usize];
    file.read_exact(&mut length)
        .map_err(|_| unusable(path, format!("it has {on_disk} bytes and is no safetensors file")))?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER || LENGTH + length > on_disk {
        let detail = if length > LONGEST_HEADER {
            "it is no safetensors file".to_owned()
        } else {
            format!(
                "it is truncated: {on_disk} bytes, its header alone needs {}",
                LENGTH + length
            )
        };
        return Err(unusable(path, detail));
    }
    let mut header = Vec::with_capacity(length as usize);
    file.take(length).read_to_end(&mut header).map_err(explain)?;
    let metadata: Metadata =
        serde_json::from_slice(&header).map_err(|error| unusable(path, format!("its header is damaged ({error})")))?;
    let start = LENGTH + length;
    let needed = start + metadata.data_len() as u64;
    if needed != on_disk {
        let kind = if on_disk < needed {
            "truncated"
        } else {
            "longer than it says"
        };
        return Err(unusable(
            path,
            format!("it is {kind}: {on_disk} bytes where its header says {needed}"),
        ));
    }
    for (name, info) in metadata.tensors() {
        let (from, to) = info.data_offsets;
        let place = Place {
            file: number,
            dtype: info.dtype,
            shape: info.shape.clone(),
            start: start + from as u64,
            bytes: to - from,
        };
        places.insert(name, place);
    }
    Ok(())
}
