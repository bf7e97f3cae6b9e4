//! Photos as telephones make them: marked by a foreign program, cleaned by ours, read back by the foreign program.

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use hairline_studio::files::kind::Kind;
use hairline_studio::files::picture::{Clean, Limits, Pixels, decode};
use hairline_studio::files::{FileId, Files};
use hairline_studio::seal::{DataKey, system_random};
use image::{ExtendedColorType, ImageFormat};

/// Runs ExifTool (Debian: libimage-exiftool-perl; `cargo xtask test` brings it).
fn exiftool(arguments: &[&str], file: &Path) -> String {
    let output = Command::new("exiftool").args(arguments).arg(file).output().expect("exiftool is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A picture of 48 by 32 with one bright corner at the top left and grey elsewhere.
fn marked(kind: Kind) -> Vec<u8> {
    let bright = |i: u32| i % 48 < 16 && i / 48 < 16;
    let pixels: Vec<u8> = (0..48 * 32).flat_map(|i| if bright(i) { [250; 3] } else { [60; 3] }).collect();
    let format = match kind {
        Kind::Jpeg => ImageFormat::Jpeg,
        Kind::Png => ImageFormat::Png,
        _ => ImageFormat::WebP,
    };
    let mut bytes = Cursor::new(Vec::new());
    image::write_buffer_with_format(&mut bytes, &pixels, 48, 32, ExtendedColorType::Rgb8, format)
        .expect("it encodes");
    bytes.into_inner()
}

fn clean(bytes: &[u8]) -> (Pixels, Clean) {
    let pixels = decode(bytes, &Limits::default()).expect("it decodes");
    let clean = pixels.encode().expect("it encodes");
    (pixels, clean)
}

const MARKS: [&str; 14] = [
    "-GPSLatitude=52.5163",
    "-GPSLatitudeRef=N",
    "-GPSLongitude=13.3777",
    "-GPSLongitudeRef=E",
    "-Make=Telephone",
    "-Model=Secretmodel",
    "-DateTimeOriginal=2026:11:01 10:11:12",
    "-Artist=Secretperson",
    "-XMP:Creator=Secretperson",
    "-XMP:City=Secrettown",
    "-XMP:Description=Secretnote",
    "-Comment=Secretcomment",
    "-SerialNumber=Secretserial",
    "-Orientation#=6",
];

/// The frame of the formats themselves: JFIF's version and unit, PNG's header.
const FRAME: [&str; 11] = [
    "JFIFVersion",
    "ResolutionUnit",
    "XResolution",
    "YResolution",
    "ImageWidth",
    "ImageHeight",
    "BitDepth",
    "ColorType",
    "Compression",
    "Filter",
    "Interlace",
];

#[test]
fn nothing_of_where_when_and_who_is_left_in_a_photo() {
    let folder = tempfile::tempdir().expect("a folder");
    for kind in [Kind::Jpeg, Kind::Png, Kind::Webp] {
        let file = folder.path().join(format!("photo.{}", kind.name()));
        std::fs::write(&file, marked(kind)).expect("written");
        let mut arguments = MARKS.to_vec();
        if kind == Kind::Jpeg {
            arguments.extend(["-IPTC:City=Secrettown", "-IPTC:By-line=Secretperson"]);
        }
        arguments.extend(["-q", "-m", "-overwrite_original"]);
        exiftool(&arguments, &file);
        let before = exiftool(&["-a", "-G1", "-s"], &file);
        for tag in ["GPSLatitude", "Secretmodel", "Secretperson", "Secrettown", "DateTimeOriginal"] {
            assert!(before.contains(tag), "{tag} is not in the {kind:?} to begin with:\n{before}");
        }

        let photo = std::fs::read(&file).expect("read");
        let (pixels, clean) = clean(&photo);
        assert_eq!((pixels.width_px, pixels.height_px), (32, 48), "{kind:?} upright");
        assert_eq!(clean.kind(), if kind == Kind::Png { Kind::Png } else { Kind::Jpeg });
        let thumbnail = pixels.within(24).and_then(|p| p.encode()).expect("a thumbnail");
        for picture in [&clean, &thumbnail] {
            let file = folder.path().join("clean");
            std::fs::write(&file, picture.bytes()).expect("written");
            let left =
                exiftool(&["-a", "-s", "-s", "--File:All", "--ExifTool:All", "--Composite:All"], &file);
            assert!(left.contains("XResolution") || left.contains("ImageWidth"), "the reader reads: {left}");
            for line in left.lines() {
                assert!(FRAME.contains(&line.split(':').next().unwrap_or_default()), "{kind:?}: {left}");
            }
            let text = String::from_utf8_lossy(picture.bytes());
            assert!(!text.contains("Secret") && !text.contains("Exif") && !text.contains("2026"), "{kind:?}");
        }
    }
}

#[test]
fn every_orientation_is_turned_upright() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("photo.jpeg");
    // Exif 2.32, tag 0x0112, says where the file's first row and first column are seen; so does its top left corner.
    for (orientation, right, bottom, turned) in [
        (1, false, false, false),
        (2, true, false, false),
        (3, true, true, false),
        (4, false, true, false),
        (5, false, false, true),
        (6, true, false, true),
        (7, true, true, true),
        (8, false, true, true),
    ] {
        std::fs::write(&file, marked(Kind::Jpeg)).expect("written");
        exiftool(&[&format!("-Orientation#={orientation}"), "-q", "-overwrite_original"], &file);
        let (pixels, clean) = clean(&std::fs::read(&file).expect("read"));
        let size = if turned { (32, 48) } else { (48, 32) };
        assert_eq!((pixels.width_px, pixels.height_px), size, "{orientation}");
        assert_eq!((clean.width_px, clean.height_px), size);
        let bright = |x: u32, y: u32| pixels.bytes[((y * pixels.width_px + x) * 3) as usize] > 150;
        for (x, y) in [(false, false), (true, false), (false, true), (true, true)] {
            let at = (if x { size.0 - 4 } else { 3 }, if y { size.1 - 4 } else { 3 });
            assert_eq!(bright(at.0, at.1), (x, y) == (right, bottom), "{orientation}: {at:?}");
        }
    }
}

#[tokio::test]
async fn a_clean_photo_is_kept_and_read_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = Files::in_folder(folder.path()).expect("a folder for files");
    let key = DataKey::new(&mut system_random());
    let (_, clean) = clean(&marked(Kind::Jpeg));
    let stored = files.put_picture(&key, FileId::new([1; 16]), &clean).await.expect("kept");
    assert_eq!(stored.kind, Kind::Jpeg);
    assert_eq!(files.get_whole(&key, &stored).await.ok().as_deref(), Some(clean.bytes()));
}
