//! Which head measures go together: a normal distribution of the six measures on bare skin.
//!
//! Length, breadth and tragion-top height come from ANSUR II. So does the circumference, less the hair under the survey's
//! tape, as a function of length and breadth; the arcs follow from the model head (`head.md` 2.4 and 4).

use std::sync::LazyLock;

use crate::model::{HAIR_UNDER_CIRCUMFERENCE_MM, Sex};
use crate::tape::Measure;

/// Joint statistics of the six measures on bare skin, in the order of [`Measure::ALL`], mm.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// `mean_mm[measure]`.
    pub mean_mm: [f64; 6],
    /// `covariance_mm2[measure][measure]`.
    pub covariance_mm2: [[f64; 6]; 6],
    /// `plausible_mm[measure]`: lowest and highest value that a client may have on skin.
    pub plausible_mm: [[f64; 2]; 6],
}

/// Correlations of length-breadth, length-tragion top and breadth-tragion top (ANSUR II men, `head.md` 4); taken for
/// women too, whose own were not computed (an assumption).
const CORRELATION: [f64; 3] = [0.18, 0.29, 0.31];

/// Circumference on skin from length and breadth, men: the regression of ANSUR II and its residual SD (`head.md` 2.4),
/// less the hair under the survey's tape.
const MENS_CIRCUMFERENCE: Regression = Regression {
    constant_mm: 44.0 - HAIR_UNDER_CIRCUMFERENCE_MM,
    slopes: [(Measure::Length, 1.711), (Measure::Breadth, 1.225)],
    sd_mm: 6.2,
};

/// As [`MENS_CIRCUMFERENCE`], women; the residual holds what differs in hair.
const WOMENS_CIRCUMFERENCE: Regression = Regression {
    constant_mm: 35.3 - HAIR_UNDER_CIRCUMFERENCE_MM,
    slopes: [(Measure::Length, 1.771), (Measure::Breadth, 1.283)],
    sd_mm: 10.8,
};

/// Nasion-inion arc from length and height: the model head scaled (a test holds these against the mesh). Residual SD: 3.5
/// mm of ten heads against the scaled model, and 2 mm of tape.
const NASION_INION_ARC: Regression = Regression {
    constant_mm: -5.6,
    slopes: [(Measure::Length, 0.72), (Measure::TragionTop, 1.69)],
    sd_mm: 4.0,
};

/// Tragus-tragus arc from breadth and height, as [`NASION_INION_ARC`].
const TRAGUS_ARC: Regression = Regression {
    constant_mm: 10.0,
    slopes: [(Measure::Breadth, 0.73), (Measure::TragionTop, 1.74)],
    sd_mm: 4.0,
};

/// A measure as a linear function of two others.
struct Regression {
    constant_mm: f64,
    slopes: [(Measure, f64); 2],
    sd_mm: f64,
}

/// How far beyond the 1st and 99th percentile a client's measure may lie, mm (`head.md` 4).
const BEYOND_PERCENTILES_MM: f64 = 10.0;

/// 99th percentile of the normal distribution in SDs.
const P99_SD: f64 = 2.326;

impl Survey {
    /// Statistics of a sex; `Unspecified` mixes both sexes half and half.
    pub fn of(sex: Sex) -> Survey {
        match sex {
            Sex::Male => Survey::of_group("M", &MENS_CIRCUMFERENCE),
            Sex::Female => Survey::of_group("F", &WOMENS_CIRCUMFERENCE),
            Sex::Unspecified => mix(&Survey::of(Sex::Male), &Survey::of(Sex::Female)),
        }
    }

    fn of_group(sex: &str, circumference: &Regression) -> Survey {
        let row = |name| group_row(sex, name);
        let [hc, l, b, t] = ["headcircumference", "headlength", "headbreadth", "tragiontopofhead"].map(row);
        let (length, breadth, top) =
            (Measure::Length as usize, Measure::Breadth as usize, Measure::TragionTop as usize);
        let mut survey =
            Survey { mean_mm: [0.0; 6], covariance_mm2: [[0.0; 6]; 6], plausible_mm: [[0.0; 2]; 6] };
        for (i, row) in [(length, l), (breadth, b), (top, t)] {
            survey.mean_mm[i] = row.mean;
            survey.covariance_mm2[i][i] = row.sd * row.sd;
            survey.plausible_mm[i] = [row.p01 - BEYOND_PERCENTILES_MM, row.p99 + BEYOND_PERCENTILES_MM];
        }
        for (i, j, r) in
            [(length, breadth, CORRELATION[0]), (length, top, CORRELATION[1]), (breadth, top, CORRELATION[2])]
        {
            let c = r * libm::sqrt(survey.covariance_mm2[i][i] * survey.covariance_mm2[j][j]);
            survey.covariance_mm2[i][j] = c;
            survey.covariance_mm2[j][i] = c;
        }
        survey.add(Measure::Circumference, circumference);
        survey.add(Measure::NasionInionArc, &NASION_INION_ARC);
        survey.add(Measure::TragusArc, &TRAGUS_ARC);
        // The survey's own percentiles know the tails of the circumference.
        survey.plausible_mm[0] = [hc.p01 - BEYOND_PERCENTILES_MM, hc.p99 + BEYOND_PERCENTILES_MM]
            .map(|mm| mm - HAIR_UNDER_CIRCUMFERENCE_MM);
        survey
    }

    /// Adds a measure that follows from others by a regression.
    fn add(&mut self, measure: Measure, regression: &Regression) {
        let i = measure as usize;
        self.mean_mm[i] = regression.constant_mm;
        let mut row = [0.0; 6];
        for (from, slope) in regression.slopes {
            self.mean_mm[i] += slope * self.mean_mm[from as usize];
            for (k, c) in row.iter_mut().enumerate() {
                *c += slope * self.covariance_mm2[from as usize][k];
            }
        }
        row[i] = regression.slopes.iter().map(|&(from, slope)| slope * row[from as usize]).sum::<f64>()
            + regression.sd_mm * regression.sd_mm;
        for k in 0..6 {
            self.covariance_mm2[i][k] = row[k];
            self.covariance_mm2[k][i] = row[k];
        }
        let reach_mm = P99_SD * libm::sqrt(row[i]) + BEYOND_PERCENTILES_MM;
        self.plausible_mm[i] = [self.mean_mm[i] - reach_mm, self.mean_mm[i] + reach_mm];
    }

    /// Mean and covariance of the measures when some are known: the known keep their value, with no variance left.
    pub fn given(&self, known_mm: &[Option<f64>; 6]) -> ([f64; 6], [[f64; 6]; 6]) {
        let (mut mean, mut covariance) = (self.mean_mm, self.covariance_mm2);
        // One reading after another (sequential conditioning of a normal distribution).
        for (i, value) in known_mm.iter().enumerate() {
            let Some(value) = value else { continue };
            let gain: [f64; 6] = std::array::from_fn(|k| covariance[k][i] / covariance[i][i]);
            let surprise = value - mean[i];
            let row = covariance[i];
            for k in 0..6 {
                mean[k] += gain[k] * surprise;
                for m in 0..6 {
                    covariance[k][m] -= gain[k] * row[m];
                }
            }
        }
        (mean, covariance)
    }
}

/// Half of each: mean of means; variance within and between.
fn mix(a: &Survey, b: &Survey) -> Survey {
    let between: [f64; 6] = std::array::from_fn(|i| 0.5 * (a.mean_mm[i] - b.mean_mm[i]));
    Survey {
        mean_mm: std::array::from_fn(|i| 0.5 * (a.mean_mm[i] + b.mean_mm[i])),
        covariance_mm2: std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                0.5 * (a.covariance_mm2[i][j] + b.covariance_mm2[i][j]) + between[i] * between[j]
            })
        }),
        plausible_mm: std::array::from_fn(|i| {
            let ([a_low, a_high], [b_low, b_high]) = (a.plausible_mm[i], b.plausible_mm[i]);
            [a_low.min(b_low), a_high.max(b_high)]
        }),
    }
}

/// A row of the survey's table, mm.
#[derive(Clone, Copy, Debug)]
struct Row {
    mean: f64,
    sd: f64,
    p01: f64,
    p99: f64,
}

/// Rows of the table that count everybody of a sex, under `sex/measure`.
static ROWS: LazyLock<Vec<(String, Row)>> = LazyLock::new(|| {
    let number = |fields: &[&str], i: usize| fields.get(i)?.parse::<f64>().ok();
    include_str!("../data/anthropometry_ansur2.csv")
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let row = Row {
                mean: number(&fields, 5)?,
                sd: number(&fields, 6)?,
                p01: number(&fields, 7)?,
                p99: number(&fields, 13)?,
            };
            (fields[0] == "all").then(|| (format!("{}/{}", fields[1], fields[3]), row))
        })
        .collect()
});

fn group_row(sex: &str, measure: &str) -> Row {
    let key = format!("{sex}/{measure}");
    ROWS.iter()
        .find(|(name, _)| *name == key)
        .map(|(_, row)| *row)
        .expect("the table in data/ holds both sexes")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ANSUR II men, `head.md` 4: circumference 574.4 (16.0), its correlations 0.82 with length and 0.55 with breadth.
    #[test]
    fn the_circumference_on_skin_keeps_the_survey_s_spread_and_correlations() {
        let survey = Survey::of(Sex::Male);
        let sd = |i: usize| libm::sqrt(survey.covariance_mm2[i][i]);
        assert!((survey.mean_mm[0] - (574.4 - 12.0)).abs() < 0.6, "{}", survey.mean_mm[0]);
        assert!((sd(0) - 16.0).abs() < 0.3, "{}", sd(0));
        for (measure, published) in
            [(Measure::Length, 0.82), (Measure::Breadth, 0.55), (Measure::TragionTop, 0.39)]
        {
            let i = measure as usize;
            let r = survey.covariance_mm2[0][i] / (sd(0) * sd(i));
            assert!((r - published).abs() < 0.05, "{}: {r} against {published}", measure.key());
        }
    }

    /// Bitragion coronal arc of ANSUR 1988: about 353 (13) mm men, 338 (13) women (`head.md` 4).
    #[test]
    fn the_arc_over_the_top_agrees_with_the_older_survey() {
        for (sex, published_mm) in [(Sex::Male, 353.0), (Sex::Female, 338.0)] {
            let survey = Survey::of(sex);
            let i = Measure::TragusArc as usize;
            assert!((survey.mean_mm[i] - published_mm).abs() < 3.0, "{sex:?}: {}", survey.mean_mm[i]);
            assert!((libm::sqrt(survey.covariance_mm2[i][i]) - 13.0).abs() < 1.5);
        }
    }

    /// Men, `head.md` 2.4: length = -7.4 + 0.360 circumference (rms 4.0), breadth 44.7 + 0.191 (4.6), top 45.8 + 0.149 (5.7).
    #[test]
    fn a_circumference_alone_fills_the_rest_as_the_survey_s_regressions_do() {
        let survey = Survey::of(Sex::Male);
        for over_hair_mm in [548.0, 574.4, 601.0] {
            let known = [Some(over_hair_mm - 12.0), None, None, None, None, None];
            let (mean, covariance) = survey.given(&known);
            let rows = [(1, -7.4, 0.360, 4.0), (2, 44.7, 0.191, 4.6), (5, 45.8, 0.149, 5.7)];
            for (i, constant, slope, rms) in rows {
                let expected = constant + slope * over_hair_mm;
                assert!((mean[i] - expected).abs() < 1.0, "{i}: {} against {expected}", mean[i]);
                assert!((libm::sqrt(covariance[i][i]) - rms).abs() < 0.4, "{i}");
            }
        }
    }

    #[test]
    fn each_sex_has_a_proper_distribution_inside_its_limits() {
        for sex in [Sex::Male, Sex::Female, Sex::Unspecified] {
            let survey = Survey::of(sex);
            for i in 0..6 {
                let [low, high] = survey.plausible_mm[i];
                assert!(low < survey.mean_mm[i] && survey.mean_mm[i] < high);
            }
            // Knowing one measure after another never leaves a negative variance.
            let mut known = [None; 6];
            for i in 0..6 {
                let (mean, covariance) = survey.given(&known);
                assert!(covariance[i][i] > 1.0, "{sex:?} {i}: {}", covariance[i][i]);
                known[i] = Some(mean[i] + 5.0);
            }
        }
    }
}
