//! TensorFlow's "SAME" padding, which is asymmetric where the total is odd: the larger half comes last.

/// Padding and output length along one axis of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SamePadding {
    /// Zeros before the first element.
    pub(super) before: usize,
    /// Zeros after the last element.
    pub(super) after: usize,
    /// Output length: `ceil(length / stride)`.
    pub(super) outputs: usize,
}

impl SamePadding {
    /// Padding of an axis of `length` elements under a kernel of `kernel` elements and a stride (both at least 1).
    pub(super) fn new(length: usize, kernel: usize, stride: usize) -> Self {
        let outputs = length.div_ceil(stride);
        let covered = outputs.saturating_sub(1) * stride + kernel;
        let total = covered.saturating_sub(length);
        Self {
            before: total / 2,
            after: total - total / 2,
            outputs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SamePadding;

    #[test]
    fn an_odd_total_pads_more_after_the_end() {
        assert_eq!(
            SamePadding::new(260, 3, 2),
            SamePadding {
                before: 0,
                after: 1,
                outputs: 130
            }
        );
        assert_eq!(
            SamePadding::new(65, 5, 2),
            SamePadding {
                before: 2,
                after: 2,
                outputs: 33
            }
        );
        assert_eq!(
            SamePadding::new(17, 5, 1),
            SamePadding {
                before: 2,
                after: 2,
                outputs: 17
            }
        );
        assert_eq!(
            SamePadding::new(1, 5, 2),
            SamePadding {
                before: 2,
                after: 2,
                outputs: 1
            }
        );
    }
}
