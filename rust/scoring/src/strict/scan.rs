//! Short texts, in any case, found by one byte of theirs that is rare in prose: no searcher is built for each search.

use memchr::{Memchr, memchr_iter};

/// A text to look for in upper or lower case, which does not overlap itself. It begins with no letter.
pub(crate) struct Needle {
    bytes: &'static [u8],
    /// The first byte, which is the rare one.
    first: u8,
}

impl Needle {
    /// Not empty.
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { bytes: text.as_bytes(), first: text.as_bytes()[0] }
    }

    pub(crate) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Every place, from the last to the first. O(n).
    pub(crate) fn back<'a>(&'a self, text: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.starts(text).rev().filter(|&at| self.stands(text, at))
    }

    /// The first place. O(n).
    pub(crate) fn find(&self, text: &str) -> Option<usize> {
        self.starts(text).find(|&at| self.stands(text, at))
    }

    /// The last place. O(n), from the tail.
    pub(crate) fn rfind(&self, text: &str) -> Option<usize> {
        self.back(text).next()
    }

    fn starts<'a>(&self, text: &'a str) -> Memchr<'a> {
        memchr_iter(self.first, text.as_bytes())
    }

    /// Whether it stands at a byte.
    pub(crate) fn stands(&self, text: &str, at: usize) -> bool {
        text.as_bytes()[at..].get(..self.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_standard_library() {
        let needle = Needle::new("<a>");
        for text in ["", "<a>", "<<a>b<a>", "<a", "a>", "é<a>é<", "<a><a>"] {
            assert_eq!(needle.find(text), text.find("<a>"), "{text}");
            assert_eq!(needle.rfind(text), text.rfind("<a>"), "{text}");
            let places: Vec<usize> = text.rmatch_indices("<a>").map(|(at, _)| at).collect();
            assert_eq!(needle.back(text).collect::<Vec<_>>(), places, "{text}");
        }
        assert_eq!(needle.find("a<A>"), Some(1));
    }
}
