//! The strip of how dots fade.

use hairline_plan::case::{self, EXAMPLES};
use hairline_plan::design::Known;
use hairline_plan::head_source::head_from_measurements;
use hairline_plan::make_plan;
use hairline_view::chart::Swatch;
use hairline_view::forecast::fade_strip;

/// Years make it lighter, and of two clients the one who fades faster is lighter at any time.
#[test]
fn the_strip_fades_from_left_to_right_and_from_top_to_bottom() {
    let (name, text) = EXAMPLES.iter().find(|e| e.0 == "hairline-norwood3").expect("an example");
    let case = case::read(name, text.as_bytes()).expect("it reads");
    let head = head_from_measurements(&case).expect("a head");
    let planned = make_plan(&case, head, &Known::default(), "test", &mut |_| {}).expect("a plan");
    let strip = fade_strip(&planned);
    let light: Vec<Vec<f64>> = strip
        .patches
        .iter()
        .map(|row| {
            let mean = |swatch: &Swatch| match swatch {
                Swatch::Picture(image) => {
                    image.rgb.iter().map(|&v| f64::from(v)).sum::<f64>() / image.rgb.len() as f64
                }
                other => panic!("no picture: {other:?}"),
            };
            row.iter().map(|patch| mean(&patch.swatch)).collect()
        })
        .collect();
    assert_eq!((light.len(), light[0].len()), (3, 5));
    for row in &light {
        assert!(row.windows(2).all(|pair| pair[0] < pair[1]), "{row:?}");
    }
    for rows in light.windows(2) {
        assert!(rows[0].iter().zip(&rows[1]).all(|(slow, fast)| slow < fast), "{rows:?}");
    }
}
