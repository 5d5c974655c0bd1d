use crate::error::Error;
use crate::profile::Profile;

/// An option of a profile: its name, what it takes, what it is when nothing is said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// The keyword.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it decides.
    pub summary: &'static str,
}

/// The values an option takes, with the one that it has when nothing is said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Takes {
    /// One of these words; the first is the default.
    OneOf(&'static [&'static str]),
    /// A number.
    Number {
        /// The default.
        default: f64,
        /// The smallest.
        least: f64,
        /// The largest.
        most: f64,
        /// Whether 0 is allowed beside the range, and means off.
        or_off: bool,
    },
    /// Any text; empty by default.
    Text,
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// A word or text.
    Text(String),
    /// A number.
    Number(f64),
}

/// The options of one call, every one of the profile's with its value.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    values: Vec<(&'static str, Setting)>,
}

impl Settings {
    /// Reads the options of a call. O(n) in their texts.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownOption`] and [`Error::BadOption`].
    ///
    /// ```
    /// use qwenlong_scoring::{Setting, Settings, profile};
    ///
    /// let (strict, number) = (profile("strict")?, || Setting::Text("number".to_owned()));
    /// assert!(Settings::read(strict, [("kind", number())]).is_ok());
    /// assert!(Settings::read(strict, [("kid", number())]).is_err());
    /// # Ok::<(), qwenlong_scoring::Error>(())
    /// ```
    pub fn read<'a>(
        profile: &Profile,
        given: impl IntoIterator<Item = (&'a str, Setting)>,
    ) -> Result<Self, Error> {
        let mut values: Vec<_> =
            profile.options.iter().map(|option| (option.name, option.takes.default())).collect();
        for (name, setting) in given {
            let Some(at) = profile.options.iter().position(|option| option.name == name) else {
                let known = profile.options.iter().map(|option| option.name).collect();
                return Err(Error::UnknownOption { profile: profile.name, name: name.to_owned(), known });
            };
            let option = &profile.options[at];
            if !option.takes.allows(&setting) {
                return Err(Error::BadOption { name: option.name, setting, takes: option.takes });
            }
            values[at].1 = setting;
        }
        Ok(Self { values })
    }

    /// The value of an option that takes words or text; empty where the profile has no such option. O(1).
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Setting::Text(text)) => text,
            _ => "",
        }
    }

    /// The value of an option that takes a number.
    pub(crate) fn number(&self, name: &str) -> f64 {
        match self.get(name) {
            Some(Setting::Number(number)) => *number,
            _ => 0.0,
        }
    }

    fn get(&self, name: &str) -> Option<&Setting> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, setting)| setting)
    }
}

impl Takes {
    /// The value when nothing is said. O(1).
    #[must_use]
    pub fn default(self) -> Setting {
        match self {
            Self::OneOf(words) => Setting::Text(words.first().copied().unwrap_or_default().to_owned()),
            Self::Number { default, .. } => Setting::Number(default),
            Self::Text => Setting::Text(String::new()),
        }
    }

    fn allows(self, setting: &Setting) -> bool {
        match (self, setting) {
            (Self::OneOf(words), Setting::Text(text)) => words.contains(&text.as_str()),
            (Self::Number { least, most, or_off, .. }, Setting::Number(number)) => {
                (least..=most).contains(number) || or_off && *number == 0.0
            }
            (Self::Text, Setting::Text(_)) => true,
            _ => false,
        }
    }
}
