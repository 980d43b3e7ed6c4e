//! Names masked for display, so that only their damage shows.

use std::fmt;

use super::html_entities;

/// A name with its ASCII letters and digits masked. Entities and other characters, which show the damage, stay.
pub struct MaskedName<'a>(pub &'a str);

impl fmt::Display for MaskedName<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(sign) = rest.chars().next() {
            let length = match html_entities::entity(rest) {
                Some((_, length)) => {
                    formatter.write_str(rest.get(..length).unwrap_or_default())?;
                    length
                }
                None => {
                    let masked = match sign {
                        'a'..='z' => 'a',
                        'A'..='Z' => 'A',
                        '0'..='9' => '9',
                        sign => sign,
                    };
                    write!(formatter, "{masked}")?;
                    sign.len_utf8()
                }
            };
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_shows_the_damage_and_no_letters() {
        assert_eq!(MaskedName("JÃ¼rgen 7").to_string(), "AÃ¼aaaa 9");
        assert_eq!(MaskedName("J&uuml;rgen & co").to_string(), "A&uuml;aaaa & aa");
    }
}
