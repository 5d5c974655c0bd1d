//! The normaliser that most official scorers share, and the comparisons of normal forms.

pub(crate) use super::overlap::{Overlap, contains, overlap};
use crate::python::{is_space, is_word, lower};

/// What becomes of a byte: its lower case, [`DELETED`], [`SPACE`] or [`ODD`].
static BYTES: [u8; 256] = bytes();

/// ASCII punctuation.
const DELETED: u8 = 0;
/// Beyond ASCII, or a control character that is neither a space nor a letter: read as a character, with its piece.
const ODD: u8 = 1;
/// What Python calls a space.
const SPACE: u8 = b' ';

#[allow(clippy::cast_possible_truncation, reason = "the index is a byte")]
const fn bytes() -> [u8; 256] {
    let mut table = [ODD; 256];
    let mut byte = 0;
    while byte < 0x80 {
        table[byte] = match byte as u8 {
            b'\t'..=b'\r' | 0x1c..=b' ' => SPACE,
            byte if byte.is_ascii_punctuation() => DELETED,
            byte if byte.is_ascii_alphanumeric() => byte.to_ascii_lowercase(),
            _ => ODD,
        };
        byte += 1;
    }
    table
}

/// `lower`, ASCII punctuation deleted, articles as whole words to spaces, whitespace collapsed. O(n).
///
/// What stands between two spaces is a piece, and no rule looks beyond it: the lower case of a sigma, the bounds of a
/// word and the deletion of punctuation all end there. A piece of plain ASCII is one word at most, so it takes one
/// look-up per byte; any other is read by its characters.
pub(crate) fn normal(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Words { bytes: vec![0; bytes.len() + 1], start: 0, end: 0 };
    let (mut at, mut piece) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        let class = BYTES[usize::from(byte)];
        out.bytes[out.end] = class;
        out.end += usize::from(class != DELETED);
        at += 1;
        if class.wrapping_sub(ODD) < SPACE {
            out.end -= 1;
            if class == ODD {
                at = out.read(text, piece, at - 1);
            }
            out.finish();
            piece = at;
        }
    }
    out.finish();
    out.bytes.truncate(out.start.saturating_sub(1));
    // Whole characters of a text were copied or lowered, nothing else.
    String::from_utf8(out.bytes).unwrap_or_default()
}

/// Normal words, each with a space behind it. The last is still being written; there is always room for one byte more
/// than is left to read.
struct Words {
    bytes: Vec<u8>,
    /// Where the last word starts.
    start: usize,
    end: usize,
}

impl Words {
    /// Ends the last word; an article or nothing is none.
    fn finish(&mut self) {
        if is_dropped(&self.bytes[self.start..self.end]) {
            self.end = self.start;
            return;
        }
        self.bytes[self.end] = b' ';
        self.end += 1;
        self.start = self.end;
    }

    /// Reads the character at an odd byte: a space, or else all of its piece. The rest of the text starts at what is
    /// returned.
    fn read(&mut self, text: &str, piece: usize, at: usize) -> usize {
        let mut rest = text[at..].char_indices();
        if let Some((_, space)) = rest.next().filter(|&(_, char)| is_space(char)) {
            return at + space.len_utf8();
        }
        let after = rest.find(|&(_, char)| is_space(char)).map_or(text.len(), |(length, _)| at + length);
        let lowered = lower(&text[piece..after]);
        self.end = self.start;
        let room = self.end + lowered.len() + (text.len() - after) + 1;
        self.bytes.resize(room.max(self.bytes.len()), 0);
        self.spell(&lowered);
        after
    }

    /// Adds a piece in lower case: a run of word characters that is an article leaves a space.
    fn spell(&mut self, piece: &str) {
        let mut run = self.end;
        for char in piece.chars().filter(|char| !char.is_ascii_punctuation()) {
            let is_word = is_word(char);
            if !is_word {
                self.leave(run);
            }
            let after = self.end + char.len_utf8();
            char.encode_utf8(&mut self.bytes[self.end..after]);
            self.end = after;
            if !is_word {
                run = after;
            }
        }
        self.leave(run);
    }

    fn leave(&mut self, run: usize) {
        if run < self.end && is_dropped(&self.bytes[run..self.end]) {
            self.end = run;
            self.finish();
        }
    }
}

fn is_dropped(word: &[u8]) -> bool {
    matches!(word, b"" | b"a" | b"an" | b"the")
}

/// `re.sub(r"\b(a|an|the)\b", " ", text)`. O(n).
pub(crate) fn without_articles(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let end = rest[start..].find(|char| !is_word(char)).map_or(rest.len(), |length| start + length);
        out.push_str(&rest[..start]);
        out.push_str(if matches!(&rest[start..end], "a" | "an" | "the") { " " } else { &rest[start..end] });
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_form_is_the_official_one() {
        let rows = [
            ("The U.S.  of\tA.", "us of"),
            ("10,000 3.5 mother-in-law", "10000 35 motherinlaw"),
            ("a\u{b2} an\u{661} “the” x", "a\u{b2} an\u{661} “ ” x"),
            ("a\u{0}b the\u{7f}", "\u{0}b \u{7f}"),
            ("Cafe\u{301} İ", "cafe\u{301} i\u{307}"),
            ("A\u{1c}b", "b"),
            ("The", ""),
            ("a_b _a_", "ab"),
        ];
        for (text, form) in rows {
            assert_eq!(normal(text), form, "{text:?}");
        }
    }
}
