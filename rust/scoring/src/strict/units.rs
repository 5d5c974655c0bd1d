//! Words behind a numeral that say what is counted or measured.

/// A unit by its one name, `km` for kilometres, else the word itself in the singular. `None` for a word that counts
/// nothing: `5 in total`.
pub(crate) fn unit(word: &str) -> Option<&str> {
    if is_filler(word) {
        return None;
    }
    let known = match word {
        "km" | "kilometer" | "kilometers" | "kilometre" | "kilometres" => "km",
        "meter" | "meters" | "metre" | "metres" => "meter",
        "cm" | "centimeter" | "centimeters" | "centimetre" | "centimetres" => "cm",
        "mm" | "millimeter" | "millimeters" | "millimetre" | "millimetres" => "mm",
        "mi" | "mile" | "miles" => "mile",
        "ft" | "foot" | "feet" => "foot",
        "inch" | "inches" => "inch",
        "yard" | "yards" | "yd" => "yard",
        "kg" | "kilogram" | "kilograms" | "kilo" | "kilos" => "kg",
        "gram" | "grams" => "gram",
        "mg" | "milligram" | "milligrams" => "mg",
        "lb" | "lbs" | "pound" | "pounds" => "lb",
        "ton" | "tons" | "tonne" | "tonnes" => "ton",
        "l" | "liter" | "liters" | "litre" | "litres" => "liter",
        "ml" | "milliliter" | "milliliters" => "ml",
        "s" | "sec" | "secs" | "second" | "seconds" => "second",
        "min" | "mins" | "minute" | "minutes" => "minute",
        "h" | "hr" | "hrs" | "hour" | "hours" => "hour",
        "yr" | "yrs" | "year" | "years" => "year",
        "people" | "persons" | "person" => "person",
        "men" => "man",
        "women" => "woman",
        "children" => "child",
        "countries" => "country",
        "cities" => "city",
        "companies" => "company",
        _ => word.strip_suffix('s').filter(|stem| stem.len() > 2 && !stem.ends_with('s')).unwrap_or(word),
    };
    Some(known)
}

/// Words of a phrase that names no unit.
pub(crate) fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "in" | "of"
            | "the"
            | "total"
            | "per"
            | "by"
            | "for"
            | "a"
            | "an"
            | "as"
            | "at"
            | "on"
            | "from"
            | "to"
            | "overall"
            | "altogether"
            | "each"
            | "which"
            | "that"
            | "is"
            | "was"
            | "were"
            | "are"
            | "according"
            | "because"
            | "since"
            | "based"
            | "during"
            | "points"
    )
}

/// Words that may open a phrase behind a comma: `5, according to the report`.
pub(crate) fn explains(word: &str) -> bool {
    matches!(
        word,
        "according"
            | "as"
            | "because"
            | "since"
            | "which"
            | "in"
            | "for"
            | "per"
            | "of"
            | "from"
            | "by"
            | "based"
            | "that"
            | "compared"
            | "up"
            | "down"
            | "at"
            | "on"
            | "during"
            | "including"
            | "excluding"
            | "rounded"
            | "where"
            | "with"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_has_one_name() {
        for (word, name) in
            [("kilometres", Some("km")), ("apples", Some("apple")), ("glass", Some("glass")), ("total", None)]
        {
            assert_eq!(unit(word), name, "{word}");
        }
    }
}
