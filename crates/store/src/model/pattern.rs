//! What a password boils down to, when it is made longer by a habit: a word typed again and again, or with a row of
//! keys before or behind it.
//!
//! It knows no list. Invariant: what is left out is a repetition or a run; a password that merely contains one is not
//! touched, and neither is one of blanks or of signs that no keyboard has, which people use as they like (ASVS 6.2.5).

/// Neighbours: digits, the alphabet, rows of keyboards, and the ways in which hands go up and down over them.
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
/// Shortest piece of a row that is a run.
const SHORTEST_RUN: usize = 3;
/// Longest sequence of which any repetition is as good as listed: whoever guesses can try all of them.
pub(super) const SHORT: usize = 4;

/// The sequence that `text` repeats, once and a half at least: the last time perhaps not to its end. Blanks around the
/// sequence do not count.
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

/// `text`, in lower case, without the runs at its end.
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

/// `text`, in lower case, without the runs at its beginning.
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

/// Whether `piece` is one character again and again, or a part of a row in either direction.
fn is_run(piece: &str) -> bool {
    let mut characters = piece.chars();
    let Some(first) = characters.next() else { return false };
    if characters.all(|next| next == first) {
        return is_on_keys(first);
    }
    let backwards = || piece.chars().rev().collect::<String>();
    ROWS.iter().any(|row| row.contains(piece)) || ROWS.iter().any(|row| row.contains(&backwards()))
}

/// Whether it is a letter or digit, or one of the signs that every keyboard has.
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
