//! HTML entities in stored names, as `J&uuml;rgen` for `Jürgen`: their detection and repair.
//!
//! The entities are those of HTML 4, which PHP's `htmlentities` and similar functions write, numeric references and
//! `&apos;`. Invariant: a repair is returned only if an encoder could have written the whole text. An encoder leaves no
//! `&` and no angle bracket.

use super::mojibake::windows_1252;

/// The entities of U+00A0 to U+00FF, in order.
const LATIN_1: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 \
    sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring \
    AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash \
    Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml \
    igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn \
    yuml";

/// The other entities, with their code points.
const OTHERS: &str = "quot=34 amp=38 apos=39 lt=60 gt=62 OElig=338 oelig=339 Scaron=352 scaron=353 Yuml=376 fnof=402 \
    circ=710 tilde=732 Alpha=913 Beta=914 Gamma=915 Delta=916 Epsilon=917 Zeta=918 Eta=919 Theta=920 Iota=921 Kappa=922 \
    Lambda=923 Mu=924 Nu=925 Xi=926 Omicron=927 Pi=928 Rho=929 Sigma=931 Tau=932 Upsilon=933 Phi=934 Chi=935 Psi=936 \
    Omega=937 alpha=945 beta=946 gamma=947 delta=948 epsilon=949 zeta=950 eta=951 theta=952 iota=953 kappa=954 lambda=955 \
    mu=956 nu=957 xi=958 omicron=959 pi=960 rho=961 sigmaf=962 sigma=963 tau=964 upsilon=965 phi=966 chi=967 psi=968 \
    omega=969 thetasym=977 upsih=978 piv=982 ensp=8194 emsp=8195 thinsp=8201 zwnj=8204 zwj=8205 lrm=8206 rlm=8207 \
    ndash=8211 mdash=8212 lsquo=8216 rsquo=8217 sbquo=8218 ldquo=8220 rdquo=8221 bdquo=8222 dagger=8224 Dagger=8225 \
    bull=8226 hellip=8230 permil=8240 prime=8242 Prime=8243 lsaquo=8249 rsaquo=8250 oline=8254 frasl=8260 euro=8364 \
    image=8465 weierp=8472 real=8476 trade=8482 alefsym=8501 larr=8592 uarr=8593 rarr=8594 darr=8595 harr=8596 crarr=8629 \
    lArr=8656 uArr=8657 rArr=8658 dArr=8659 hArr=8660 forall=8704 part=8706 exist=8707 empty=8709 nabla=8711 isin=8712 \
    notin=8713 ni=8715 prod=8719 sum=8721 minus=8722 lowast=8727 radic=8730 prop=8733 infin=8734 ang=8736 and=8743 or=8744 \
    cap=8745 cup=8746 int=8747 there4=8756 sim=8764 cong=8773 asymp=8776 ne=8800 equiv=8801 le=8804 ge=8805 sub=8834 \
    sup=8835 nsub=8836 sube=8838 supe=8839 oplus=8853 otimes=8855 perp=8869 sdot=8901 lceil=8968 rceil=8969 lfloor=8970 \
    rfloor=8971 lang=9001 rang=9002 loz=9674 spades=9824 clubs=9827 hearts=9829 diams=9830";

/// The longest entity, with `&` and `;`.
const LONGEST: usize = 12;

/// Text with entities.
pub(super) struct Encoded {
    /// The text without its entities; `None` if no encoder writes the text.
    pub(super) original: Option<String>,
}

/// Returns the entities of `text`; `None` without any.
pub(super) fn encoded(text: &str) -> Option<Encoded> {
    // Nearly every name ends here.
    if !text.contains('&') {
        return None;
    }
    let (mut original, mut rest) = (String::with_capacity(text.len()), text);
    let (mut entities, mut is_whole) = (0, true);
    while let Some(sign) = rest.chars().next() {
        let (sign, length) = match (sign, entity(rest)) {
            (_, Some(entity)) => {
                entities += 1;
                entity
            }
            (sign, None) => {
                is_whole &= !matches!(sign, '&' | '<' | '>');
                (sign, sign.len_utf8())
            }
        };
        original.push(sign);
        rest = rest.get(length..).unwrap_or_default();
    }
    (entities > 0).then(|| Encoded { original: is_whole.then_some(original) })
}

/// Returns the forms in which encoders write `text`: with the five reserved characters only, with named entities, and with
/// decimal and hexadecimal references.
pub(super) fn encodings(text: &str) -> Vec<String> {
    let apostrophes = ["'", "&#039;", "&#39;", "&apos;", "&#x27;"];
    let others: [fn(char) -> String; 4] = [
        |sign| sign.to_string(),
        |sign| name_of(sign).map_or_else(|| sign.to_string(), |name| format!("&{name};")),
        |sign| format!("&#{};", u32::from(sign)),
        |sign| format!("&#x{:x};", u32::from(sign)),
    ];
    let mut forms = Vec::new();
    for apostrophe in apostrophes.into_iter().take(if text.contains('\'') { apostrophes.len() } else { 1 }) {
        for other in others.iter().take(if text.is_ascii() { 1 } else { others.len() }) {
            let written = |sign: char| match sign {
                '\'' => apostrophe.to_owned(),
                '&' => "&amp;".to_owned(),
                '<' => "&lt;".to_owned(),
                '>' => "&gt;".to_owned(),
                '"' => "&quot;".to_owned(),
                sign if sign.is_ascii() => sign.to_string(),
                sign => other(sign),
            };
            forms.push(text.chars().map(written).collect());
        }
    }
    forms
}

/// Returns the entity at the start of `text`: its character and its length in bytes.
pub(super) fn entity(text: &str) -> Option<(char, usize)> {
    let body = text.strip_prefix('&')?;
    let end = body.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let body = body.get(..end)?;
    let sign = match body.strip_prefix('#') {
        None => character(body)?,
        Some(number) => numbered(number)?,
    };
    Some((sign, end + 2))
}

fn numbered(number: &str) -> Option<char> {
    let hexadecimal = number.strip_prefix(['x', 'X']);
    let (digits, radix) = hexadecimal.map_or((number, 10), |digits| (digits, 16));
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    match u32::from_str_radix(digits, radix).ok()? {
        0 => None,
        // Browsers read these as Windows-1252.
        code @ 0x80..=0x9f => u8::try_from(code).ok().map(windows_1252),
        code => char::from_u32(code),
    }
}

fn character(name: &str) -> Option<char> {
    let latin = || LATIN_1.split_ascii_whitespace().position(|known| known == name);
    let other = || others().find(|(known, _)| *known == name).map(|(_, code)| code);
    latin().and_then(|index| u32::try_from(index + 0xa0).ok()).or_else(other).and_then(char::from_u32)
}

fn name_of(sign: char) -> Option<&'static str> {
    let code = u32::from(sign);
    let index = code.checked_sub(0xa0).and_then(|index| usize::try_from(index).ok());
    let latin = index.and_then(|index| LATIN_1.split_ascii_whitespace().nth(index));
    latin.or_else(|| others().find(|(_, known)| *known == code).map(|(name, _)| name))
}

fn others() -> impl Iterator<Item = (&'static str, u32)> {
    OTHERS.split_ascii_whitespace().filter_map(|pair| {
        let (name, code) = pair.split_once('=')?;
        code.parse().ok().map(|code| (name, code))
    })
}
