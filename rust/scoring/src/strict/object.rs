//! An object of JSON with one answer and fields that explain it: `{"reasoning": "...", "answer": "Berlin"}`.

use crate::strict::tail_words::listed;

/// What an object says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Object<'a> {
    pub(crate) answer: &'a str,
    /// The strings behind the answer, each on a line of its own.
    pub(crate) remarks: String,
}

/// The answer of an object that has exactly one, a string or a number, and whose other fields only explain it. An
/// object within it, an array of answers and any other key refuse. O(n).
pub(crate) fn read(text: &str) -> Option<Object<'_>> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut scan = Scan { rest: inner.trim_start() };
    let (mut answer, mut remarks) = (None, String::new());
    loop {
        let key = folded(scan.string()?);
        scan.mark(':')?;
        if matches!(key.as_str(), "answer" | "final answer" | "finalanswer") {
            let value = scan.answer()?;
            if answer.replace(value).is_some() {
                return None;
            }
        } else if explains(&key) {
            let sure = matches!(key.as_str(), "confidence" | "confidence score");
            let values = scan.values(sure)?;
            if sure && !values.iter().all(|value| is_sure(value)) {
                return None;
            }
            if answer.is_some() && !sure {
                for value in values {
                    remark(value, &mut remarks);
                }
            }
        } else {
            return None;
        }
        if scan.rest.is_empty() {
            return answer.map(|answer| Object { answer, remarks });
        }
        scan.mark(',')?;
    }
}

/// A key in lower case, with spaces for what joins its words; a long one is none that is known.
fn folded(key: &str) -> String {
    let joint = |char: char| if matches!(char, '_' | '-') { ' ' } else { char.to_ascii_lowercase() };
    key.chars().take(32).map(joint).collect()
}

/// Keys of what explains an answer.
fn explains(key: &str) -> bool {
    key.split(' ').all(|word| {
        listed(
            word,
            "reasoning reason reasons explanation rationale thought thoughts thinking analysis evidence source \
             sources citation citations reference references confidence score question query justification \
             context quote quotes supporting chain of step steps document documents id ids",
        )
    })
}

/// Whether a confidence does not hold back.
fn is_sure(value: &str) -> bool {
    let value = value.trim_matches('"').trim();
    value.trim_end_matches('%').parse::<f64>().is_ok_and(|share| share >= 0.5)
        || ["high", "very high", "certain"].iter().any(|known| value.eq_ignore_ascii_case(known))
}

/// Adds what a string says; only its escaped quotes and line ends mean something here.
fn remark(value: &str, remarks: &mut String) {
    let Some(string) = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) else { return };
    remarks.push('\n');
    let mut chars = string.chars();
    while let Some(char) = chars.next() {
        remarks.push(match char {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some(char @ ('"' | '\\' | '/')) => char,
                _ => ' ',
            },
            _ => char,
        });
    }
}

/// Reads an object from its start. Whitespace behind a value or a mark is skipped.
struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    fn mark(&mut self, mark: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(mark)?.trim_start();
        Some(())
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest.trim_start();
        taken
    }

    /// The content of a string, as it is written.
    fn string(&mut self) -> Option<&'a str> {
        let quoted = self.rest.strip_prefix('"')?;
        let mut escaped = false;
        let end = quoted.bytes().position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        })?;
        let all = self.take(end + 2);
        all.get(1..end + 1)
    }

    /// A number or a word.
    fn scalar(&mut self) -> Option<&'a str> {
        let known = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
        let length = self.rest.bytes().take_while(known).count();
        (length > 0).then(|| self.take(length))
    }

    /// The value of an answer: a string of one line without escapes, or a number or a word.
    fn answer(&mut self) -> Option<&'a str> {
        if self.rest.starts_with('"') {
            return self.string().filter(|string| !string.contains(['\\', '\n']));
        }
        self.scalar()
    }

    /// A string with its quotes, a number or a word, or unless it is to be `alone` an array of those.
    fn values(&mut self, alone: bool) -> Option<Vec<&'a str>> {
        if alone || !self.rest.starts_with('[') {
            return self.value().map(|value| vec![value]);
        }
        self.mark('[')?;
        let mut values = Vec::new();
        while !self.rest.starts_with(']') {
            if !values.is_empty() {
                self.mark(',')?;
            }
            values.push(self.value()?);
        }
        self.mark(']')?;
        Some(values)
    }

    fn value(&mut self) -> Option<&'a str> {
        let before = self.rest;
        if before.starts_with('"') {
            let length = self.string()?.len() + 2;
            return Some(&before[..length]);
        }
        self.scalar()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_one_answer_and_what_explains_it() {
        let rows = [
            (r#"{"answer": "Berlin"}"#, Some(("Berlin", ""))),
            (r#"{ "final_answer" : 5 }"#, Some(("5", ""))),
            (r#"{"answer": "Berlin", "reasoning": "a\n\"b\""}"#, Some(("Berlin", "\na\n\"b\""))),
            (r#"{"reasoning": "a \\", "answer": "Berlin", "confidence": 0.9}"#, Some(("Berlin", ""))),
            (r#"{"answer": "Berlin", "sources": ["a", 2], "score": null}"#, Some(("Berlin", "\na"))),
            (r#"{"answer": "Berlin", "sources": []}"#, Some(("Berlin", ""))),
            (r#"{"answer": "Berlin", "answer": "Paris"}"#, None),
            (r#"{"answer": "Berlin", "final answer": "Paris"}"#, None),
            (r#"{"answer": ["Berlin"]}"#, None),
            (r#"{"answer": {"a": "Berlin"}}"#, None),
            (r#"{"answer": "Berlin", "other": "Paris"}"#, None),
            (r#"{"answer": "Berlin", "reasoning": {"answer": "Paris"}}"#, None),
            (r#"{"answer": "Berlin", "confidence": 0.1}"#, None),
            (r#"{"answer": "Berlin", "confidence": "low"}"#, None),
            (r#"{"answer": "Ber\"lin"}"#, None),
            (r#"{"answer": "Berlin",}"#, None),
            (r#"{"answer": "Berlin" "reasoning": "a"}"#, None),
            (r#"{"answer": "Berlin"} {"answer": "Paris"}"#, None),
            (r#"{"answer": "Berlin", "sources": ["a"#, None),
            (r#"{"reasoning": "a"}"#, None),
            ("{}", None),
            ("{", None),
        ];
        for (text, object) in rows {
            let object = object.map(|(answer, remarks)| Object { answer, remarks: remarks.to_owned() });
            assert_eq!(read(text), object, "{text}");
        }
    }
}
