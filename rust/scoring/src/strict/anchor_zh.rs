//! Chinese phrases that announce an answer: `答案是`, `最终答案：`.

use crate::strict::anchor::Anchor;
use crate::strict::lines::tail;
use crate::strict::scan::Needle;

const ANSWER: Needle = Needle::new("答案");

/// How far back a clause is looked at, in bytes.
const MAX_LEAD_BYTES: usize = 60;

/// The last phrase that nothing but words of conclusion lead to in its clause. O(n).
pub(crate) fn last(text: &str) -> Option<Anchor> {
    ANSWER.back(text).find_map(|at| {
        let rest = text[at + ANSWER.len()..].trim_start_matches(['*', ' ', '_']);
        let says =
            ["就是", "是", "为", "為", "：", ":"].into_iter().find_map(|verb| rest.strip_prefix(verb))?;
        opens(text, at).then(|| Anchor { start: at, content: text.len() - says.len(), further: None })
    })
}

/// Whether what stands before byte `at` in its clause only leads to a conclusion.
fn opens(text: &str, at: usize) -> bool {
    let lead = tail(&text[..at], MAX_LEAD_BYTES);
    let begin = lead.rfind(['\n', '。', '！', '？', '，', '；', '.', ',', ';', '>']);
    let mut clause = match begin.and_then(|at| lead[at..].chars().next().map(|char| at + char.len_utf8())) {
        Some(at) => &lead[at..],
        None if lead.len() == at => lead,
        None => return false,
    };
    loop {
        clause = clause.trim_start_matches(|char: char| char.is_whitespace() || "*_#：:".contains(char));
        let word = ["所以", "因此", "最终", "最後", "最后", "正确", "正確", "综上", "那么", "故", "的", "则"];
        match word.into_iter().find_map(|word| clause.strip_prefix(word)) {
            Some(rest) => clause = rest,
            None => return clause.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_that_concludes_announces() {
        let rows = [
            ("答案是 5", Some(" 5")),
            ("答案：柏林", Some("柏林")),
            ("所以，最终答案是：柏林", Some("：柏林")),
            ("**答案**: 5", Some(" 5")),
            ("因此答案为柏林", Some("柏林")),
            ("如果答案是 5", None),
            ("不知道答案是 5", None),
            ("答案不是 5", None),
        ];
        for (text, answer) in rows {
            assert_eq!(last(text).map(|anchor| &text[anchor.content..]), answer, "{text}");
        }
    }
}
