//! How telephone numbers are dialled in a studio's country.

use hairline_studio::seal::blind::Dialling;

/// The dialling of a country (ISO 3166-1 alpha-2): calling codes and national prefixes of ITU-T E.164 (list of 2016) and
/// E.123, for countries where studios are likely. Elsewhere numbers are found only as typed with their country code.
pub fn dialling(country: &str) -> Dialling {
    let (country, trunk) = match country {
        "US" | "CA" => ("1", "1"),
        "AT" => ("43", "0"),
        "AU" => ("61", "0"),
        "BE" => ("32", "0"),
        "BR" => ("55", "0"),
        "CH" => ("41", "0"),
        "CZ" => ("420", ""),
        "DE" => ("49", "0"),
        "DK" => ("45", ""),
        "ES" => ("34", ""),
        "FI" => ("358", "0"),
        "FR" => ("33", "0"),
        "GB" => ("44", "0"),
        "GR" => ("30", ""),
        "IE" => ("353", "0"),
        "IN" => ("91", "0"),
        "IT" => ("39", ""),
        "JP" => ("81", "0"),
        "NL" => ("31", "0"),
        "NO" => ("47", ""),
        "NP" => ("977", "0"),
        "NZ" => ("64", "0"),
        "PL" => ("48", ""),
        "PT" => ("351", ""),
        "SE" => ("46", "0"),
        "TR" => ("90", "0"),
        "ZA" => ("27", "0"),
        _ => ("", ""),
    };
    Dialling { country, trunk }
}
