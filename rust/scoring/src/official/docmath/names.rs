//! The names that `eval` finds where the official scorers call it; any other raises `NameError`.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::python::{decimal, is_word};

/// Whether a word may be a name; a few dozen rare characters pass that Python refuses.
pub(super) fn may_be_name(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(begins_name) && chars.all(continues_name)
}

fn begins_name(char: char) -> bool {
    is_word(char) && decimal(char).is_none() && !is_mere_number(char)
        || matches!(char, '\u{1885}' | '\u{1886}' | '℘' | '℮')
}

fn continues_name(char: char) -> bool {
    is_word(char) && !is_mere_number(char)
        || is_combining_mark(char)
        || matches!(char, '·' | '\u{387}' | '\u{1369}'..='\u{1371}' | '\u{19da}' | '\u{203f}' | '\u{2040}')
        || matches!(
            char,
            '\u{2054}' | '℘' | '℮' | '\u{fe33}' | '\u{fe34}' | '\u{fe4d}'..='\u{fe4f}' | '\u{ff3f}'
        )
}

/// A number that is neither a digit nor, like `Ⅳ`, a letter.
fn is_mere_number(char: char) -> bool {
    let letter = matches!(char, '\u{16ee}'..='\u{16f0}' | '\u{2160}'..='\u{2182}' | '\u{2185}'..='\u{2188}')
        || matches!(char, '\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3038}'..='\u{303a}')
        || matches!(char, '\u{a6e6}'..='\u{a6ef}' | '\u{10140}'..='\u{10174}' | '\u{10341}' | '\u{1034a}')
        || matches!(char, '\u{103d1}'..='\u{103d5}' | '\u{12400}'..='\u{1246e}');
    char.is_numeric() && decimal(char).is_none() && !letter
}

/// Whether a name means something: a builtin of Python 3.11, or one that the module defines.
///
/// Python compares names in their NFKC form. Names that begin with two underscores all count as known: a module has
/// many, and no answer is one.
pub(super) fn is_known(name: &str, module: &[&str]) -> bool {
    if !name.is_ascii() {
        let plain: String = name.nfkc().collect();
        return plain.is_ascii() && is_known(&plain, module);
    }
    name.starts_with("__")
        || BUILTINS.binary_search(&name).is_ok()
        || SHARED.contains(&name)
        || module.contains(&name)
}

/// What QwenLong-L1's reward defines.
#[rustfmt::skip]
pub(super) static TRAINING: &[&str] = &[
    "Dict", "GENERAL_ORM_PROMPT", "ORM_USER_TEMPLATE", "Optional", "Tuple", "call_oai_rm_llm", "call_reward_model",
    "compute_score", "extract_solution", "openai", "os", "parse_model_answer", "time", "validate_response_structure",
];

/// What QwenLong-L1's evaluation defines.
#[rustfmt::skip]
pub(super) static EVALUATION: &[&str] = &[
    "AutoTokenizer", "Counter", "MAX_INPUT_LEN", "MAX_OUTPUT_LEN", "argparse", "args", "csv", "extract_answer",
    "extract_solution", "get_pred", "json", "load_dataset", "main", "mp", "os", "parser", "search_item", "string",
    "template_0shot", "tiktoken", "time", "tqdm",
];

/// What SPELL's reward defines.
#[rustfmt::skip]
pub(super) static SPELL: &[&str] = &[
    "Dict", "Optional", "Tuple", "compute_score", "extract_solution", "last_boxed_only_string", "os",
    "parse_model_answer", "remove_boxed", "validate_response_structure",
];

/// What DocMath-Eval defines.
#[rustfmt::skip]
pub(super) static DOCMATH: &[&str] = &[
    "Any", "AsyncOpenAI", "ClientSession", "OpenAIError", "aiolimiter", "ast", "asyncio", "contain_num_and_str",
    "extract_cot_answers", "faulthandler", "generate_from_openai_chat_completion", "json", "logging", "openai", "os",
    "process_single_pot_output", "random", "reliability_guard", "sleep", "sys", "tqdm", "tqdm_asyncio",
];

/// What all four define, with the two variables of the function that calls `eval`.
#[rustfmt::skip]
static SHARED: [&str; 13] = [
    "Rational", "compare_two_numbers", "get_acc", "is_number", "is_scientific_number", "math", "money", "normalize",
    "np", "prediction", "re", "round_up_to_decimal", "within_eps",
];

#[rustfmt::skip]
static BUILTINS: [&str; 146] = [
    "ArithmeticError", "AssertionError", "AttributeError", "BaseException", "BaseExceptionGroup",
    "BlockingIOError", "BrokenPipeError", "BufferError", "BytesWarning", "ChildProcessError",
    "ConnectionAbortedError", "ConnectionError", "ConnectionRefusedError", "ConnectionResetError",
    "DeprecationWarning", "EOFError", "Ellipsis", "EncodingWarning", "EnvironmentError", "Exception",
    "ExceptionGroup", "FileExistsError", "FileNotFoundError", "FloatingPointError", "FutureWarning",
    "GeneratorExit", "IOError", "ImportError", "ImportWarning", "IndentationError", "IndexError",
    "InterruptedError", "IsADirectoryError", "KeyError", "KeyboardInterrupt", "LookupError",
    "MemoryError", "ModuleNotFoundError", "NameError", "NotADirectoryError", "NotImplemented",
    "NotImplementedError", "OSError", "OverflowError", "PendingDeprecationWarning", "PermissionError",
    "ProcessLookupError", "RecursionError", "ReferenceError", "ResourceWarning", "RuntimeError",
    "RuntimeWarning", "StopAsyncIteration", "StopIteration", "SyntaxError", "SyntaxWarning",
    "SystemError", "SystemExit", "TabError", "TimeoutError", "TypeError", "UnboundLocalError",
    "UnicodeDecodeError", "UnicodeEncodeError", "UnicodeError", "UnicodeTranslateError",
    "UnicodeWarning", "UserWarning", "ValueError", "Warning", "ZeroDivisionError", "abs", "aiter",
    "all", "anext", "any", "ascii", "bin", "bool", "breakpoint", "bytearray", "bytes", "callable",
    "chr", "classmethod", "compile", "complex", "copyright", "credits", "delattr", "dict", "dir",
    "divmod", "enumerate", "eval", "exec", "exit", "filter", "float", "format", "frozenset", "getattr",
    "globals", "hasattr", "hash", "help", "hex", "id", "input", "int", "isinstance", "issubclass",
    "iter", "len", "license", "list", "locals", "map", "max", "memoryview", "min", "next", "object",
    "oct", "open", "ord", "pow", "print", "property", "quit", "range", "repr", "reversed", "round",
    "set", "setattr", "slice", "sorted", "staticmethod", "str", "sum", "super", "tuple", "type", "vars",
    "zip",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_what_only_looks_like_one() {
        for word in ["é", "Ⅳ", "a\u{301}", "a٣", "漢", "〇", "a·", "ª"] {
            assert!(may_be_name(word), "{word}");
        }
        for word in ["½", "५", "a²", "–", "a–b", "“a", "\u{a0}a", "\u{301}", "a\u{200b}"] {
            assert!(!may_be_name(word), "{word}");
        }
    }

    #[test]
    fn names_are_known_where_their_module_defines_them() {
        assert!(BUILTINS.is_sorted());
        for name in ["abs", "zip", "money", "math", "\u{ff4d}ath", "__import__"] {
            assert!(is_known(name, &[]), "{name}");
        }
        for name in ["five", "Math", "pi", "\u{ff4d}aths", "½", "string"] {
            assert!(!is_known(name, TRAINING), "{name}");
        }
        assert!(
            is_known("string", EVALUATION) && is_known("random", DOCMATH) && is_known("remove_boxed", SPELL)
        );
    }
}
