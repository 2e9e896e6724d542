//! Which device computes, whether it may be trusted, and why.
//!
//! The CPU is always there. A GPU (cargo features `cuda` and `metal`) is used only after it gave the same encoding of a
//! synthetic picture as the CPU: drivers and kernels that silently compute something else exist.

use std::sync::Once;

use candle_core::Device;

use super::built_in::BuiltIn;
use super::ops::InstructionSet;
use super::vector_math::dot;
use super::{Encoding, ModelChoice, ModelError, PhotoModel, PictureView};

/// How a device's self-test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SelfTest {
    /// It gives the CPU's encoding of the synthetic picture.
    Passed,
    /// It failed, or gives another encoding.
    Failed,
    /// There was nothing to test.
    NotRun,
}

/// One line of `refocus doctor`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DeviceReport {
    /// `cpu (avx512-vnni)` and its like (see [`crate::ops::InstructionSet::name`]), `cuda`, `metal`.
    pub name: String,
    /// Whether this build and this machine have it.
    pub available: bool,
    /// How its self-test ended.
    pub self_test: SelfTest,
    /// Whether photos are encoded on it.
    pub used: bool,
    /// Why it is used or not.
    pub why: String,
}

/// Keeps every matrix product on the calling thread: work is divided between photos, one pool thread a core, and a
/// second thread inside one product costs more than it brings (applies to the whole process; done once).
pub fn single_threaded_products() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| gemm::set_threading_threshold(usize::MAX));
}

/// Loads the built-in model on the best device that passes its self-test, with a report on each device.
///
/// # Errors
/// As [`BuiltIn::load`] on the CPU. A GPU that fails is reported and left aside.
pub fn load_on_best_device(choice: &ModelChoice) -> Result<(BuiltIn, Vec<DeviceReport>), ModelError> {
    best_device(
        |device| BuiltIn::load(device, choice),
        |model| Ok(encoding_of_synthetic(model)?.tokens()),
    )
}

/// Loads a model on the best device that passes its self-test. `probe`: what the model makes of the synthetic picture; a
/// device must give the CPU's numbers.
///
/// # Errors
/// As `load` on the CPU. A GPU that fails is reported and left aside.
pub fn best_device<M>(
    load: impl Fn(&Device) -> Result<M, ModelError>,
    probe: impl Fn(&M) -> Result<Vec<f32>, ModelError>,
) -> Result<(M, Vec<DeviceReport>), ModelError> {
    let mut model = load(&Device::Cpu)?;
    // The CPU is what others are compared with; of itself it must give finite numbers, twice the same.
    let expected = probe(&model).map_err(|error| error.to_string());
    let cpu_test = expected.as_ref().map_err(String::clone).and_then(|expected| {
        let again = probe(&model).and_then(|again| agree(&again, expected));
        again.map_err(|error| error.to_string())
    });
    let expected = expected.unwrap_or_default();
    let mut reports = Vec::new();
    let mut gpu_used = false;
    for gpu in [Gpu::Cuda, Gpu::Metal] {
        let mut report = DeviceReport {
            name: gpu.name().to_owned(),
            available: false,
            self_test: SelfTest::NotRun,
            used: false,
            why: String::new(),
        };
        if !gpu.built_in() {
            report.why = format!("this build has no {0} (cargo feature `{0}`)", gpu.name());
        } else {
            match gpu.open() {
                Err(error) => report.why = error.to_string(),
                Ok(device) => {
                    report.available = true;
                    let tested = load(&device).and_then(|on_gpu| {
                        agree(&probe(&on_gpu)?, &expected)?;
                        Ok(on_gpu)
                    });
                    match tested {
                        Ok(on_gpu) => {
                            report.self_test = SelfTest::Passed;
                            if gpu_used {
                                "another GPU is used".clone_into(&mut report.why);
                            } else {
                                (model, gpu_used, report.used) = (on_gpu, true, true);
                                "the fastest device that passes".clone_into(&mut report.why);
                            }
                        }
                        Err(error) => {
                            report.self_test = SelfTest::Failed;
                            report.why = error.to_string();
                        }
                    }
                }
            }
        }
        reports.push(report);
    }
    let why = match (&cpu_test, gpu_used) {
        (Err(error), _) => error.clone(),
        (Ok(()), true) => "a GPU is used".to_owned(),
        (Ok(()), false) => "no GPU can be used".to_owned(),
    };
    reports.insert(
        0,
        DeviceReport {
            name: format!("cpu ({})", InstructionSet::best().name()),
            available: true,
            self_test: if cpu_test.is_ok() {
                SelfTest::Passed
            } else {
                SelfTest::Failed
            },
            used: !gpu_used,
            why,
        },
    );
    Ok((model, reports))
}

/// The GPU back ends of candle.
#[derive(Clone, Copy)]
enum Gpu {
    Cuda,
    Metal,
}

impl Gpu {
    fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Metal => "metal",
        }
    }

    fn built_in(self) -> bool {
        match self {
            Self::Cuda => cfg!(feature = "cuda"),
            Self::Metal => cfg!(feature = "metal"),
        }
    }

    fn open(self) -> candle_core::Result<Device> {
        match self {
            Self::Cuda => Device::new_cuda(0),
            Self::Metal => Device::new_metal(0),
        }
    }
}

/// Width and height of the synthetic picture.
pub(super) const SYNTHETIC: (u32, u32) = (320, 240);

/// A picture with smooth shading, edges and fine stripes, so that every layer has something to say.
pub(super) fn synthetic_picture() -> Vec<u8> {
    let mut rgb = Vec::with_capacity(320 * 240 * 3);
    for y in 0..240u32 {
        for x in 0..320u32 {
            let inside = (x.abs_diff(170)).pow(2) + (y.abs_diff(120)).pow(2) < 4900;
            let stripe = (x + 2 * y) % 16 < 5;
            rgb.extend(match (inside, stripe) {
                (true, true) => [240, 220, 70],
                (true, false) => [190, 60, 50],
                (false, _) => [(x / 2) as u8, 120 + (y / 4) as u8, 200 - (x / 4) as u8],
            });
        }
    }
    rgb
}

fn encoding_of_synthetic(model: &BuiltIn) -> Result<Encoding, ModelError> {
    let pixels = synthetic_picture();
    let prepared = model.prepare(PictureView::new(320, 240, &pixels)?)?;
    let rows = model.encode(&[prepared])?;
    Ok(Encoding::from_bytes(
        rows.first().map(Vec::as_slice).unwrap_or_default(),
    )?)
}

/// Cosine of what two devices give, which must be nearly 1.
fn agree(ours: &[f32], theirs: &[f32]) -> Result<(), ModelError> {
    let cosine = dot(ours, theirs) / (dot(ours, ours) * dot(theirs, theirs)).sqrt();
    // NaN must fail too.
    if cosine > 0.999 {
        Ok(())
    } else {
        Err(ModelError::Compute(format!(
            "it encodes the test picture unlike the CPU (cosine {cosine:.4})"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_passes_its_self_test_and_one_device_is_used() {
        let (_, reports) = load_on_best_device(&ModelChoice::default()).unwrap();
        assert_eq!(reports.iter().filter(|report| report.used).count(), 1);
        let cpu = reports.first().unwrap();
        assert!(cpu.name.starts_with("cpu (") && cpu.available && cpu.self_test == SelfTest::Passed);
        assert!(reports.iter().all(|report| !report.why.is_empty()));
    }

    #[test]
    fn a_device_that_computes_something_else_or_nan_fails() {
        assert!(agree(&[1.0, 2.0], &[1.0, 2.0]).is_ok());
        assert!(agree(&[1.0, 2.0], &[1.0, -2.0]).is_err());
        assert!(agree(&[f32::NAN, 2.0], &[1.0, 2.0]).is_err());
        assert!(agree(&[], &[]).is_err());
    }
}
