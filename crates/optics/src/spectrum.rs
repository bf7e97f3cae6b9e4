//! Spectra: 31 samples from 400 to 700 nm, every 10 nm.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Number of samples of a [`Spectrum`].
pub const N_WAVELENGTHS: usize = 31;

/// Wavelengths of the samples of every [`Spectrum`], nm.
pub const WAVELENGTHS_NM: [f64; N_WAVELENGTHS] = {
    let mut nm = [0.0; N_WAVELENGTHS];
    let mut i = 0;
    while i < N_WAVELENGTHS {
        nm[i] = 400.0 + 10.0 * i as f64;
        i += 1;
    }
    nm
};

/// A quantity at [`WAVELENGTHS_NM`]: a reflectance (0-1), an absorption coefficient (1/mm), an index.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Spectrum {
    /// `samples[wavelength]`.
    pub samples: [f64; N_WAVELENGTHS],
}

impl Spectrum {
    /// The same value at every wavelength.
    pub const fn flat(value: f64) -> Spectrum {
        Spectrum { samples: [value; N_WAVELENGTHS] }
    }

    /// From a function of the wavelength in nm.
    pub fn of_nm(f: impl FnMut(f64) -> f64) -> Spectrum {
        Spectrum { samples: WAVELENGTHS_NM.map(f) }
    }

    /// Each sample through `f`.
    pub fn map(self, f: impl FnMut(f64) -> f64) -> Spectrum {
        Spectrum { samples: self.samples.map(f) }
    }

    /// Sample by sample through `f`.
    pub fn zip(self, other: Spectrum, f: impl Fn(f64, f64) -> f64) -> Spectrum {
        Spectrum { samples: std::array::from_fn(|i| f(self.samples[i], other.samples[i])) }
    }

    /// Value at a wavelength, nm: cubic between the samples, the end samples held outside.
    pub fn at_nm(self, nm: f64) -> f64 {
        let (first, weights) = cubic_weights(nm);
        (0..4).map(|k| weights[k] * self.samples[first + k]).sum()
    }

    /// The spectrum, if every sample is finite and within `range`.
    ///
    /// # Errors
    /// The first sample that is not, with `what` the spectrum is of.
    pub fn checked(self, what: &'static str, range: [f64; 2]) -> Result<Spectrum, Error> {
        for (&value, nm) in self.samples.iter().zip(WAVELENGTHS_NM) {
            if !(range[0] <= value && value <= range[1]) {
                return Err(Error::Sample { what, nm, value, low: range[0], high: range[1] });
            }
        }
        Ok(self)
    }
}

/// First of four neighbouring samples and their Lagrange weights at a wavelength; wavelengths outside 400-700 nm take the
/// nearer end (the extrapolation CIE 015:2018, 7.2.3 recommends where nothing better is known).
pub(crate) fn cubic_weights(nm: f64) -> (usize, [f64; 4]) {
    let x = ((nm - WAVELENGTHS_NM[0]) / 10.0).clamp(0.0, (N_WAVELENGTHS - 1) as f64);
    let first = (x as usize).saturating_sub(1).min(N_WAVELENGTHS - 4);
    let t = x - first as f64;
    let weights = [
        -(t - 1.0) * (t - 2.0) * (t - 3.0) / 6.0,
        t * (t - 2.0) * (t - 3.0) / 2.0,
        -t * (t - 1.0) * (t - 3.0) / 2.0,
        t * (t - 1.0) * (t - 2.0) / 6.0,
    ];
    (first, weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_run_from_400_to_700_every_10_nm() {
        assert_eq!((WAVELENGTHS_NM[0], WAVELENGTHS_NM[1], WAVELENGTHS_NM[30]), (400.0, 410.0, 700.0));
    }

    #[test]
    fn a_sample_out_of_range_is_named() {
        let mut spectrum = Spectrum::flat(0.5);
        assert!(spectrum.checked("reflectance", [0.0, 1.0]).is_ok());
        spectrum.samples[15] = f64::NAN;
        let message =
            spectrum.checked("reflectance", [0.0, 1.0]).expect_err("NaN is no reflectance").to_string();
        assert!(
            message.contains("reflectance") && message.contains("550 nm") && message.contains("NaN"),
            "{message}"
        );
    }

    proptest::proptest! {
        /// Lagrange interpolation of third order is exact for cubics.
        #[test]
        fn cubics_are_interpolated_exactly(nm in 400.0..700.0f64, c in proptest::array::uniform4(-1.0..1.0f64)) {
            let cubic = |nm: f64| { let x = (nm - 550.0) / 150.0; c[0] + x * (c[1] + x * (c[2] + x * c[3])) };
            proptest::prop_assert!((Spectrum::of_nm(cubic).at_nm(nm) - cubic(nm)).abs() < 1e-12);
        }
    }
}
