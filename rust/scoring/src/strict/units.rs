//! Words behind a numeral that say what is counted or measured.

use crate::strict::currency::Currency;
use crate::strict::tail_words::listed;

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

/// Whether a unit's name is of a length, a weight, a volume or a time, of which nothing is a percentage.
pub(crate) fn is_measure(name: &str) -> bool {
    listed(name, "km meter cm mm mile foot inch yard kg gram mg lb ton liter ml second minute hour")
}

/// Whether words behind a numeral name what is counted: a unit, or an English plural; of `one`, any noun. Letters of
/// other scripts may be a scale, but for the counters of Chinese.
pub(crate) fn counts(words: &[String], one: bool) -> bool {
    let known = |word: &String| {
        is_plural(word)
            || unit(word).is_some_and(|name| name != word && word.strip_suffix('s') != Some(name))
            || listed(
                word,
                "km meter cm mm mile foot inch yard kg gram mg lb ton liter ml second minute hour year person man \
                 woman child country city company day week month decade century degree star player game goal film \
                 people men women children feet teeth mice geese oxen sheep fish deer aircraft series species \
                 staff m g l s h w v a kw mw gw kwh mwh gwh hz khz mhz ghz kb mb gb tb db mph kmh celsius fahrenheit \
                 kelvin c f k old tall long acre hectare gallon ounce oz pt marks points bit byte watt volt mol \
                 pixel point lbs hrs yrs mins secs yds gpa nm mah layer dimensional vote seat award time token word page employee member",
            )
            || matches!(
                word.as_str(),
                "个" | "人"
                    | "年"
                    | "月"
                    | "天"
                    | "岁"
                    | "次"
                    | "名"
                    | "位"
                    | "本"
                    | "部"
                    | "场"
                    | "元"
                    | "家"
                    | "条"
                    | "项"
                    | "种"
                    | "所"
                    | "座"
                    | "座城市"
                    | "小时"
                    | "分钟"
                    | "公里"
                    | "米"
                    | "岁的"
                    | "个月"
            )
    };
    words
        .iter()
        .all(|word| known(word) || word.chars().all(|char| char.is_ascii() || ('à'..='ÿ').contains(&char)))
        && (words.iter().any(known) || one && words.len() == 1 && words[0].len() > 2)
}

fn is_plural(word: &str) -> bool {
    let money = ["kilo", "mega", "giga", "milli", "micro", "nano", "centi", "tera", "deci", "hecto"]
        .iter()
        .filter_map(|prefix| word.strip_prefix(prefix))
        .any(|stem| Currency::of_name(stem).is_some() || stem == "bucks");
    word.is_ascii()
        && word.len() > 3
        && word.ends_with('s')
        && !(word.ends_with("ss") || word.ends_with("us") || word.ends_with("is"))
        && !money
        && !listed(
            word,
            "always sometimes perhaps besides afterwards nowadays upwards downwards backwards hundreds thousands \
             dozens scores myriads crores lakhs others hers theirs yours ours whereas milliers douzaines dizaines \
             centaines dutzende",
        )
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
