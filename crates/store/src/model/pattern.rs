//! The core of a password that was lengthened by a habit: a repeated word, or a row of keys before or after it.
//!
//! This module uses no list. Invariant: only repetitions and runs are removed. A password with a run in its middle
//! stays unchanged. Blanks and characters outside the keyboard also stay, because users may use them freely (ASVS
//! 6.2.5).

/// Sequences of neighbours: digits, the alphabet, keyboard rows, and common zigzags across them.
const ROWS: [&str; 14] = [
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
];
/// The length of the shortest run.
const SHORTEST_RUN: usize = 3;
/// The longest sequence whose repetitions are all forbidden, because an attacker can try all of them.
pub(super) const SHORT: usize = 4;

/// Returns the sequence that `text` repeats at least one and a half times. The last repetition may be incomplete.
/// Blanks around the sequence are ignored.
pub(super) fn repeated(text: &str) -> Option<&str> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let longest = characters.len() * 2 / 3;
    let period = (1..=longest).find(|period| {
        let shifted = characters.iter().skip(*period);
        shifted.zip(&characters).all(|((_, later), (_, earlier))| later == earlier)
    })?;
    let (end, _) = characters.get(period)?;
    text.get(..*end).map(str::trim).filter(|unit| unit.chars().any(is_on_keys))
}

/// Returns `text`, in lower case, without trailing runs.
pub(super) fn without_runs_behind(mut text: &str) -> &str {
    loop {
        let starts = text.char_indices().rev().map(|(start, _)| start);
        let runs = starts.map(|start| text.split_at(start)).take_while(|(_, run)| is_run(run));
        match runs.enumerate().filter(|(at, _)| at + 1 >= SHORTEST_RUN).last() {
            Some((_, (rest, _))) => text = rest,
            None => return text,
        }
    }
}

/// Returns `text`, in lower case, without leading runs.
pub(super) fn without_runs_before(mut text: &str) -> &str {
    loop {
        let ends = text.char_indices().map(|(start, character)| start + character.len_utf8());
        let runs = ends.map(|end| text.split_at(end)).take_while(|(run, _)| is_run(run));
        match runs.enumerate().filter(|(at, _)| at + 1 >= SHORTEST_RUN).last() {
            Some((_, (_, rest))) => text = rest,
            None => return text,
        }
    }
}

/// Returns whether `piece` is one repeated character, or a part of a row in either direction.
fn is_run(piece: &str) -> bool {
    let mut characters = piece.chars();
    let Some(first) = characters.next() else { return false };
    if characters.all(|next| next == first) {
        return is_on_keys(first);
    }
    let backwards = || piece.chars().rev().collect::<String>();
    ROWS.iter().any(|row| row.contains(piece)) || ROWS.iter().any(|row| row.contains(&backwards()))
}

/// Returns whether the character is a letter, a digit, or a symbol that every keyboard has.
fn is_on_keys(character: char) -> bool {
    character.is_alphanumeric() || character.is_ascii_graphic()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_is_found_with_what_it_repeats() {
        for (text, unit) in [
            ("passwordpassword", Some("password")),
            ("passwordpasswor", Some("password")),
            ("passwordpass", Some("password")),
            ("passwordpas", None),
            ("password password", Some("password")),
            ("passwordpasswordpass", Some("password")),
            ("abcabcabcabcab", Some("abc")),
            ("aaaa", Some("a")),
            ("ééé", Some("é")),
            ("üaüaüa", Some("üa")),
            ("abab ", None),
            ("xabcabc", None),
            ("    ", None),
            ("\u{a0}\u{a0}", None),
            ("\u{1f980}\u{1f980}", None),
            ("a", None),
            ("", None),
        ] {
            assert_eq!(repeated(text), unit, "{text:?}");
        }
    }

    #[test]
    fn runs_are_taken_off_at_either_end() {
        for (text, rest) in [
            ("dragon1234567890", "dragon"),
            ("dragon987", "dragon"),
            ("dragon98", "dragon98"),
            ("dragonasdfg", "dragon"),
            ("dragon1111", "dragon"),
            ("dragon!!!!", "dragon"),
            ("dragon\u{1f980}\u{1f980}\u{1f980}", "dragon\u{1f980}\u{1f980}\u{1f980}"),
            ("dragon   ", "dragon   "),
            ("qwertyuiop12345", ""),
            ("12345678900987654321", ""),
            ("zaq12wsxcde34rfv", ""),
            ("1qaz2wsx3edc4rfv", ""),
            ("1q2w3e4r5t6y7u8i", ""),
            ("", ""),
        ] {
            assert_eq!(without_runs_behind(text), rest, "{text}");
        }
        for (text, rest) in
            [("123456dragon", "dragon"), ("qwertyuiop12345", ""), ("12dragon", "12dragon"), ("aaaéxé", "éxé")]
        {
            assert_eq!(without_runs_before(text), rest, "{text}");
        }
    }
}
