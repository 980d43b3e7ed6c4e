//! The name of an export in `--from`: its format and its path, as in `csv:users.csv`.

/// A file of users that another program exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFile {
    pub format: ImportFormat,
    pub path: String,
}

/// The program that wrote an export, or the form of a file that any program may have written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportFormat {
    Csv,
    Json,
    Auth0,
    Firebase,
    Keycloak,
    WordPress,
    Django,
}

/// The place of the users in a JSON file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportLayout {
    /// One after another, or in one array.
    Elements,
    /// In the array `users` of an object.
    Users,
}

impl ImportFormat {
    const WORDS: [(&'static str, Self); 8] = [
        ("csv", Self::Csv),
        ("json", Self::Json),
        ("jsonl", Self::Json),
        ("auth0", Self::Auth0),
        ("firebase", Self::Firebase),
        ("keycloak", Self::Keycloak),
        ("wordpress", Self::WordPress),
        ("django", Self::Django),
    ];

    /// Returns the word before the path.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, format)| *format == self).map_or("", |(word, _)| word)
    }

    /// Returns where a JSON file of this format has its users.
    #[must_use]
    pub fn layout(self) -> ImportLayout {
        match self {
            Self::Firebase | Self::Keycloak => ImportLayout::Users,
            _ => ImportLayout::Elements,
        }
    }

    /// Returns whether the format states which users may log in.
    #[must_use]
    pub fn has_state(self) -> bool {
        !matches!(self, Self::Csv | Self::Json)
    }
}

impl ExportFile {
    /// Reads `FORMAT:PATH`; `None` for anything else, such as a database URL.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (word, path) = text.split_once(':')?;
        let (_, format) = ImportFormat::WORDS.iter().find(|(known, _)| *known == word)?;
        (!path.is_empty()).then(|| Self { format: *format, path: path.to_owned() })
    }

    /// Returns the format and the whole path. The same file always gives the same name.
    #[must_use]
    pub fn place(&self) -> String {
        let path =
            std::fs::canonicalize(&self.path).map_or_else(|_| self.path.clone(), |path| path.display().to_string());
        format!("{}:{path}", self.format.word())
    }
}
