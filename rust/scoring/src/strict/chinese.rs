//! What may follow a name in Chinese: a reason from the documents, what its parenthesis says it is.

/// Parts of which a source is made.
const SOURCE: [&str; 30] = [
    "文中", "文章", "文档", "文本", "原文", "上文", "材料", "资料", "段落", "内容", "信息", "明确", "已经",
    "提到", "提及", "指出", "记载", "显示", "说明", "所述", "所示", "出生", "那里", "这里", "中", "里", "有",
    "了", "在", "于",
];

/// Whether a clause is a source and names nothing else: `因为文中提到`, `根据文档2`. O(n).
pub(crate) fn reasons(word: &str) -> bool {
    let Some(mut rest) =
        ["因为", "由于", "根据", "依据", "如"].into_iter().find_map(|lead| word.strip_prefix(lead))
    else {
        return false;
    };
    let whole = rest.len();
    loop {
        let digits = rest.trim_start_matches(|char: char| char.is_ascii_digit());
        match SOURCE.into_iter().find_map(|part| rest.strip_prefix(part)) {
            Some(shorter) => rest = shorter,
            None if digits.len() < rest.len() => rest = digits,
            None => return rest.is_empty() && whole > 0,
        }
    }
}

/// Whether a word says what a place or a work is: `中国首都`, `城市`. O(1).
pub(crate) fn describes(word: &str) -> bool {
    let kinds =
        ["首都", "省会", "首府", "城市", "国家", "电影", "小说", "公司", "导演", "作家", "演员", "歌手"];
    let of = [
        "中国",
        "法国",
        "德国",
        "英国",
        "美国",
        "日本",
        "韩国",
        "俄罗斯",
        "意大利",
        "西班牙",
        "印度",
        "加拿大",
        "",
    ];
    kinds.into_iter().find_map(|kind| word.strip_suffix(kind)).is_some_and(|rest| {
        let rest = rest.strip_suffix('的').unwrap_or(rest);
        of.contains(&rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_and_descriptions_name_nothing_else() {
        assert!(["因为文中提到", "根据文档2", "因为在文中提到了"].into_iter().all(reasons));
        assert!(
            !["因为上海", "因为是上海", "根据上海", "因为文中提到上海", "因为", "上海"]
                .into_iter()
                .any(reasons)
        );
        assert!(["中国首都", "中国的首都", "城市"].into_iter().all(describes));
        assert!(!["上海", "不是首都", "上海首都", "首都上海"].into_iter().any(describes));
    }
}
