//! An answer without its markup: Markdown emphasis, LaTeX, quotes.

use std::borrow::Cow;

use memchr::{memchr2, memchr3};

use crate::strict::html::without_tags;

/// Plain text. Only pairs of markers go, so that `5*3` stays a product. O(n).
pub(crate) fn plain(text: &str) -> String {
    let mut text = Cow::Borrowed(strip_ends(text));
    if memchr2(b'*', b'`', text.as_bytes()).is_some() && (text.contains("**") || text.contains('`')) {
        text = Cow::Owned(without_emphasis(&text));
    }
    if memchr3(b'\\', b'{', b'$', text.as_bytes()).is_some() {
        text = Cow::Owned(without_latex(&text));
    }
    if memchr::memchr(b'<', text.as_bytes()).is_some() {
        text = Cow::Owned(without_tags(&text));
    }
    match text {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => {
            let bare = strip_ends(&text);
            if bare.len() == text.len() { text } else { bare.to_owned() }
        }
    }
}

/// Strips paired markers, quotes and whitespace around a text.
fn strip_ends(text: &str) -> &str {
    let mut text = text.trim();
    loop {
        let before = text.len();
        let edges = (text.bytes().next(), text.bytes().next_back());
        // `\u{201c}` begins with 0xe2.
        let opens =
            |byte| matches!(byte, b'*' | b'_' | b'`' | b'$' | b'"' | b'\'' | b'\\' | b'#' | b'>' | 0xe2);
        if !edges.0.is_some_and(opens) && !matches!(edges.1, Some(b'*' | b'_')) {
            return text;
        }
        for (open, close) in [
            ("**", "**"),
            ("*", "*"),
            ("__", "__"),
            ("_", "_"),
            ("`", "`"),
            ("$", "$"),
            ("\"", "\""),
            ("\u{201c}", "\u{201d}"),
            ("'", "'"),
            ("\\(", "\\)"),
            ("\\[", "\\]"),
        ] {
            if let Some(inner) = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close))
                && !inner.is_empty()
                && (open != "\"" && open != "'" || !inner.contains(open))
                && (open != "**" || !inner.contains("**"))
            {
                text = inner.trim();
            }
        }
        for marker in ["**", "#", ">", "__"] {
            // An opening marker whose pair was cut off with the rest of the line, or the reverse.
            if let Some(rest) = text.strip_prefix(marker)
                && (marker.len() == 1 || !rest.contains(marker))
                && (marker != ">" || !compares(rest))
                && (marker != "#" || rest.starts_with(['#', ' ']))
            {
                text = rest.trim_start();
            }
        }
        for marker in ["**", "__", "*"] {
            if let Some(rest) = text.strip_suffix(marker)
                && !rest.contains(marker)
                && !rest.is_empty()
            {
                text = rest.trim_end();
            }
        }
        if text.len() == before {
            return text;
        }
    }
}

/// Whether what follows a `>` makes it a comparison rather than the mark of a quotation.
fn compares(rest: &str) -> bool {
    let amount = |char: char| char.is_numeric() || "=-+.$€£¥(<>~\u{2212}".contains(char);
    rest.trim_start().starts_with(amount)
}

/// Drops `**` and backticks at the edges of words; within one, as in `2**3`, they are operators.
fn without_emphasis(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(char) = rest.chars().next() {
        let width = match char {
            '*' if rest.starts_with("**") => 2,
            '`' => 1,
            _ => 0,
        };
        let after = rest[width.max(char.len_utf8())..].chars().next().unwrap_or(' ');
        if width > 0 && !(before.is_alphanumeric() && after.is_alphanumeric()) {
            rest = &rest[width..];
            continue;
        }
        plain.push(char);
        before = char;
        rest = &rest[char.len_utf8()..];
    }
    plain
}

/// What a brace of LaTeX stands for.
enum Brace {
    Group,
    Numerator,
}

/// Drops LaTeX commands that only dress a text, and writes out those that mean a character.
fn without_latex(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut braces = Vec::new();
    let text = without_math(text);
    let mut rest = text.as_str();
    while let Some(char) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("{,}") {
            plain.push(',');
            rest = after;
            continue;
        }
        rest = &rest[char.len_utf8()..];
        match char {
            '\\' => rest = command(rest, &mut plain, &mut braces),
            '{' => {
                braces.push(Brace::Group);
                if !plain.ends_with('/') && !plain.ends_with('^') {
                    plain.push(' ');
                }
            }
            '~' if rest.starts_with('\\') => plain.push(' '),
            '}' => match braces.pop() {
                Some(Brace::Numerator) if rest.starts_with('{') => plain.push('/'),
                _ => plain.push(' '),
            },
            _ => plain.push(char),
        }
    }
    plain
}

/// Reads the command behind a backslash; what follows it is returned.
fn command<'a>(rest: &'a str, plain: &mut String, braces: &mut Vec<Brace>) -> &'a str {
    let name = &rest[..rest.bytes().take_while(u8::is_ascii_alphabetic).count()];
    let after = &rest[name.len()..];
    match name {
        "" => {
            let Some(char) = rest.chars().next() else { return rest };
            match char {
                '$' | '%' | '&' | '#' | '_' => plain.push(char),
                '!' => {}
                ',' | ':' | ';' => plain.push('\u{2009}'),
                _ if char.is_alphanumeric() => plain.extend(['\\', char]),
                _ => plain.push(' '),
            }
            &rest[char.len_utf8()..]
        }
        "boxed" | "text" | "textbf" | "textit" | "mathrm" | "mathbf" | "mathit" | "fbox" | "mbox"
        | "emph" | "mathsf" | "mathtt" | "texttt" | "textrm" | "bf" | "rm" | "operatorname" | "left"
        | "right" | "displaystyle" => after,
        "frac" | "dfrac" | "tfrac" if after.starts_with('{') => {
            plain.push(' ');
            braces.push(Brace::Numerator);
            &after[1..]
        }
        "frac" | "dfrac" | "tfrac"
            if let [above @ b'0'..=b'9', below @ b'0'..=b'9', ..] = *after.as_bytes() =>
        {
            plain.extend([' ', char::from(above), '/', char::from(below), ' ']);
            &after[2..]
        }
        "circ" => {
            plain.truncate(plain.trim_end_matches(['^', ' ']).len());
            replaced(plain, "°", after)
        }
        "times" => replaced(plain, "×", after),
        "cdot" => replaced(plain, "·", after),
        "approx" | "sim" | "simeq" => replaced(plain, "≈", after),
        "pm" => replaced(plain, "±", after),
        "le" | "leq" | "leqslant" => replaced(plain, "≤", after),
        "ge" | "geq" | "geqslant" => replaced(plain, "≥", after),
        "lt" => replaced(plain, "<", after),
        "gt" => replaced(plain, ">", after),
        _ => {
            plain.push(' ');
            plain.push_str(name);
            plain.push(' ');
            after
        }
    }
}

fn replaced<'a>(plain: &mut String, char: &str, after: &'a str) -> &'a str {
    plain.push_str(char);
    after
}

/// Drops dollar signs that delimit mathematics: `$$` anywhere, and a pair of which the second has no amount behind it.
fn without_math(text: &str) -> String {
    let text = text.replace("$$", " ");
    let unescaped = |(at, _): &(usize, &str)| !text[..*at].ends_with('\\');
    let dollars: Vec<usize> = text.match_indices('$').filter(unescaped).map(|(at, _)| at).take(3).collect();
    match dollars[..] {
        [first, second]
            if !text[second + 1..]
                .trim_start()
                .starts_with(|char: char| char.is_ascii_digit() || char == '-') =>
        {
            [&text[..first], " ", &text[first + 1..second], " ", &text[second + 1..]].concat()
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_meaning_stays() {
        let rows = [
            ("**Berlin**", "Berlin"),
            ("** Berlin", "Berlin"),
            ("> Berlin", "Berlin"),
            (">=5", ">=5"),
            ("> 5", "> 5"),
            ("the **Berlin** Wall", "the Berlin Wall"),
            ("5*3", "5*3"),
            ("2**3**4", "2**3**4"),
            ("\u{201c}Berlin\u{201d}", "Berlin"),
            (r"\boxed{32.4}", "32.4"),
            (r"$\boxed{\text{Berlin}}$", "Berlin"),
            (r"\frac{1}{3}", "1/3"),
            (r"\frac12", "1/2"),
            ("# Berlin", "Berlin"),
            ("#5", "#5"),
            (r"\$5{,}000", "$5,000"),
            ("<b>Berlin</b>", "Berlin"),
            ("<P>Berlin</P><p>Paris</p>", "Berlin\n\nParis"),
            ("a<br>b <del>c</del> 1 < 2", "a<br>b <del>c</del> 1 < 2"),
            (r"45\%", "45%"),
            ("$5", "$5"),
            ("$5$", "5"),
            ("$5 or $6", "$5 or $6"),
            (r"1.5 \times 10^{6}", "1.5 ×  10^6"),
        ];
        for (text, bare) in rows {
            assert_eq!(plain(text).replace("  ", " "), bare.replace("  ", " "), "{text}");
        }
    }
}
