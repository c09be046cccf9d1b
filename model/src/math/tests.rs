use proptest::prelude::*;

use super::{acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, exp, ln_1p, pow, sin, sinh, tan, tanh};

type OfOne = fn(f64) -> f64;
type OfTwo = fn(f64, f64) -> f64;

/// In most of these cases the platform's last digit is another one.
#[test]
fn what_upstream_answered() {
    let of_one: [(OfOne, f64, f64); 22] = [
        (sinh, 0.01, 0.010_000_166_667_500_001),
        (sinh, 0.750_000_000_000_000_1, 0.822_316_731_935_83),
        (cosh, 0.16, 1.012_827_329_979_011),
        (tanh, 0.02, 0.019_997_333_759_930_933),
        (tanh, 0.8, 0.664_036_770_267_848_9),
        (asin, 0.007_5, 0.007_500_070_314_279_844),
        (acos, 0.012_5, 1.558_296_001_251_172_8),
        (atan, 0.22, 0.216_550_304_976_089_3),
        (asinh, 2.02, 1.452_544_136_247_38),
        (asinh, -1.0e-9, -1.0e-9),
        (acosh, 2.3, 1.475_044_781_241_425),
        (atanh, 0.3, 0.309_519_604_203_111_75),
        (sin, 0.51, 0.488_177_246_882_907_53),
        (sin, 1.0e22, -0.852_200_849_767_188_9),
        (cos, 0.1, 0.995_004_165_278_025_7),
        (cos, -1.0e300, -0.575_386_111_957_549_1),
        (tan, 0.08, 0.080_171_104_708_072_55),
        (tan, 1.0e300, 1.421_448_823_874_724_3),
        (exp, 0.01, 1.010_050_167_084_168_2),
        (exp, 709.43, 1.263_380_870_186_008_3e308),
        (exp, -708.5, 2.006_132_305_331_306e-308),
        (exp, -745.0, 5.0e-324),
    ];
    for (which, (function, x, answer)) in of_one.into_iter().enumerate() {
        assert_eq!(function(x), answer, "{which}: of {x:e}");
    }
    let of_two: [(OfTwo, f64, f64, f64); 7] = [
        (pow, 1.1, 7.3, 2.005_241_119_382_375),
        (pow, 1.1, 7.0, 1.948_717_100_000_001_2),
        (pow, 5.0e-324, 0.75, 4.810_675_334_061_672_5e-247),
        (pow, 10.0, -320.0, 1.0e-320),
        (pow, -2.0, 1023.0, -8.988_465_674_311_58e307),
        (atan2, 0.3, -0.7, 2.736_700_867_304_709_7),
        (atan2, 0.1, 0.7, 0.141_897_054_604_163_94),
    ];
    for (which, (function, x, y, answer)) in of_two.into_iter().enumerate() {
        assert_eq!(function(x, y), answer, "{which}: of {x:e} and {y:e}");
    }
}

/// The exponential is so before the largest float is reached.
#[test]
fn what_is_infinite() {
    for x in
        [exp(709.44), exp(f64::MAX), sinh(709.9), cosh(-709.9), atanh(1.0), pow(0.0, -2.0), -pow(-0.0, -3.0)]
    {
        assert_eq!(x, f64::INFINITY);
    }
    assert_eq!((exp(f64::NEG_INFINITY), exp(-1e300), tanh(f64::MIN)), (0.0, 0.0, -1.0));
}

#[test]
fn signs_of_zeros_are_kept() {
    for function in [sinh, tanh, asin, atan, asinh, atanh, sin, tan, ln_1p] {
        assert_eq!(function(-0.0).to_bits(), (-0.0_f64).to_bits());
    }
    assert_eq!(atan2(-0.0, -1.0), -std::f64::consts::PI);
    assert_eq!(pow(f64::NEG_INFINITY, -3.0).to_bits(), (-0.0_f64).to_bits());
}

#[test]
fn what_is_no_number() {
    let extreme = [sin(f64::INFINITY), cos(f64::NEG_INFINITY), tan(f64::INFINITY), ln_1p(f64::NEG_INFINITY)];
    let outside = [asin(1.1), acos(-1.1), acosh(0.9), atanh(-1.1), ln_1p(-1.1), pow(-8.0, 1.0 / 3.0)];
    assert!(extreme.into_iter().chain(outside).all(f64::is_nan));
    assert!([sinh, cosh, tanh, atan, asinh, exp].into_iter().all(|function| function(f64::NAN).is_nan()));
    assert!(atan2(f64::NAN, 1.0).is_nan() && pow(f64::NAN, 1.5).is_nan());
    assert_eq!((pow(f64::NAN, 0.0), pow(1.0, f64::NAN)), (1.0, 1.0));
}

proptest! {
    #[test]
    fn near_the_platform(x in any::<f64>(), y in -700.0..700.0, z in -1.0..1.0) {
        let pairs = [
            (exp(y), y.exp()),
            (ln_1p(x.abs()), x.abs().ln_1p()),
            (ln_1p(z), z.ln_1p()),
            (sinh(y), y.sinh()),
            (cosh(y), y.cosh()),
            (tanh(y), y.tanh()),
            (atan(x), x.atan()),
            (atan(y), y.atan()),
            (atan2(y, z), y.atan2(z)),
            (asinh(z), z.asinh()),
            (acosh(y.abs() + 2.0), (y.abs() + 2.0).acosh()),
            // Rust's own loses digits near -1.
            (atanh(z), z.abs().atanh().copysign(z)),
            (pow(y.abs(), z), y.abs().powf(z)),
        ];
        for (which, (ours, theirs)) in pairs.into_iter().enumerate() {
            prop_assert!((ours - theirs).abs() <= 1e-13 * theirs.abs().max(1e-3), "{which}: {ours:e} {theirs:e}");
        }
    }

    /// Upstream takes the root of `1 - z*z`: what is rounded off there, some 2^-53, grows where the root is small.
    #[test]
    fn angles_of_a_ratio_near_the_platform(z in -1.0..1.0) {
        let root = f64::sqrt(1.0 - z * z);
        for (ours, theirs) in [(asin(z), z.asin()), (acos(z), z.acos())] {
            prop_assert!((ours - theirs).abs() <= 4.0 * f64::EPSILON * (1.0 + 1.0 / root), "{ours:e} {theirs:e}");
        }
    }

    #[test]
    fn angles_near_the_platform(x in any::<f64>(), y in -1e9..1e9) {
        for x in [x, y] {
            for (ours, theirs) in [(sin(x), x.sin()), (cos(x), x.cos())] {
                prop_assert!((ours - theirs).abs() <= 1e-9, "{x:e}: {ours:e} {theirs:e}");
            }
            prop_assert!((tan(x) - sin(x) / cos(x)).abs() <= 1e-9 * tan(x).abs().max(1.0));
        }
    }
}
