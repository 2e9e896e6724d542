//! The turning, scaling and shifting that brings points nearest to others in the sense of least squares (Umeyama, PAMI 1991; in the
//! plane and without mirroring it has a closed form).

/// `p ↦ [a, -b; b, a] · p + shift`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Similarity {
    a: f64,
    b: f64,
    shift: [f64; 2],
}

impl Similarity {
    /// What brings `from` nearest to `to`, point by point. Points that all lie in one place are only shifted.
    pub(super) fn between<const N: usize>(from: &[[f64; 2]; N], to: &[[f64; 2]; N]) -> Self {
        let mean = |points: &[[f64; 2]; N], axis: usize| points.iter().map(|p| p[axis]).sum::<f64>() / N as f64;
        let [from_mean, to_mean] = [from, to].map(|points| [mean(points, 0), mean(points, 1)]);
        let (mut square, mut along, mut across) = (0.0, 0.0, 0.0);
        for (from, to) in from.iter().zip(to) {
            let (fx, fy) = (from[0] - from_mean[0], from[1] - from_mean[1]);
            let (tx, ty) = (to[0] - to_mean[0], to[1] - to_mean[1]);
            square += fx * fx + fy * fy;
            along += fx * tx + fy * ty;
            across += fx * ty - fy * tx;
        }
        let (a, b) = if square > 0.0 {
            (along / square, across / square)
        } else {
            (1.0, 0.0)
        };
        Self {
            a,
            b,
            shift: [
                to_mean[0] - (a * from_mean[0] - b * from_mean[1]),
                to_mean[1] - (b * from_mean[0] + a * from_mean[1]),
            ],
        }
    }

    /// `[a, -b, b, a]`: turning and scaling, row-major.
    pub(super) fn matrix(self) -> [f64; 4] {
        [self.a, -self.b, self.b, self.a]
    }

    /// The factor by which lengths grow.
    pub(super) fn scale(self) -> f64 {
        self.a.hypot(self.b)
    }

    /// The angle by which it turns, radians.
    pub(super) fn angle(self) -> f64 {
        self.b.atan2(self.a)
    }

    /// Where it brings a point.
    pub(super) fn apply(self, [x, y]: [f64; 2]) -> [f64; 2] {
        [
            self.a * x - self.b * y + self.shift[0],
            self.b * x + self.a * y + self.shift[1],
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_were_turned_scaled_and_shifted_are_met() {
        let from = [[0.0, 0.0], [2.0, 0.0], [1.0, 3.0]];
        let made = Similarity {
            a: 0.6,
            b: -0.8,
            shift: [5.0, -7.0],
        };
        let found = Similarity::between(&from, &from.map(|p| made.apply(p)));
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(close(found.a, made.a) && close(found.b, made.b), "{found:?}");
        assert!(close(found.scale(), 1.0) && close(found.angle(), (-0.8f64).atan2(0.6)));
        assert!(close(found.apply([2.0, 0.0])[0], 6.2));
        assert_eq!(
            Similarity::between(&[[1.0, 1.0]; 2], &[[4.0, 1.0]; 2]).apply([1.0, 1.0]),
            [4.0, 1.0]
        );
    }
}
