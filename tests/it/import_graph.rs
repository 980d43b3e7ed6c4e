//! No circle between files: the graph of imports, read from the code itself.
//!
//! An edge leads from a file to each file whose items it names, in `use` lines and inside expressions. A re-export is
//! followed to the file that defines the item. Test code is left out: it may name anything. Invariant: every circle fails
//! the test, with its files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use crate::architecture::{is_word, relative, rust_files, tokens_of};

/// The source folders of the crates.
const CRATES: [&str; 4] = ["src/", "crates/password/src/", "crates/server/src/", "crates/store/src/"];

/// The keywords before the name of a definition.
const DEFINES: [&str; 7] = ["fn", "struct", "enum", "trait", "type", "const", "static"];

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut found = Vec::new();
    for sources in CRATES {
        let files = rust_files(&[sources.trim_end_matches('/')]);
        let files = files.iter().map(|file| (relative(file), fs::read_to_string(file).unwrap()));
        found.extend(circles(&Graph::new(sources, files)));
    }
    let lines: Vec<String> = found.iter().map(|circle| circle.join("\n  -> ")).collect();
    assert!(found.is_empty(), "circles between files:\n{}", lines.join("\n"));
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let is_circle = |files: &[(&str, &str)]| {
        let files = files.iter().map(|(file, code)| (format!("src/{file}"), (*code).to_owned()));
        !circles(&Graph::new("src/", files)).is_empty()
    };
    assert!(is_circle(&[("a.rs", "use crate::b::B;"), ("b.rs", "use super::a::A;")]));
    assert!(is_circle(&[("a.rs", "use super::b; fn f() { b::g() }"), ("b.rs", "fn g() { crate::a::f() }")]));
    assert!(is_circle(&[("a/mod.rs", "mod c; fn f() { c::g() }"), ("a/c.rs", "fn g() { super::f() }")]));
    assert!(is_circle(&[("a/mod.rs", "mod c; pub use c::C; struct A;"), ("a/c.rs", "use super::A; struct C;")]));
    assert!(is_circle(&[
        ("a/mod.rs", "pub use self::c::C as D;"),
        ("a/c.rs", "use crate::b::B; struct C;"),
        ("b.rs", "use crate::a::D;")
    ]));
    assert!(is_circle(&[
        ("a.rs", "use crate::b::*;"),
        ("b.rs", "use crate::c::C;"),
        ("c.rs", "use crate::a;fn f() { a::g() }")
    ]));
    // A child may name what its parent re-exports from a sibling.
    assert!(!is_circle(&[
        ("a/mod.rs", "mod c; mod d; pub use c::C; pub use d::D;"),
        ("a/c.rs", "use super::D; struct C;"),
        ("a/d.rs", "struct D;"),
    ]));
    assert!(!is_circle(&[
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "// crate::a::A\n#[cfg(test)]\nmod tests { use crate::a::A; }")
    ]));
}

/// A path of modules from the root of a crate.
type ModulePath = Vec<String>;

/// A module, which is a file.
struct Module {
    file: String,
    tokens: Vec<String>,
    /// The names that `use` lines bring in, with their paths from the root.
    names: BTreeMap<String, ModulePath>,
    /// The modules that are imported with `*`.
    globs: Vec<ModulePath>,
}

struct Graph {
    modules: BTreeMap<ModulePath, Module>,
}

impl Graph {
    fn new(sources: &str, files: impl Iterator<Item = (String, String)>) -> Self {
        let mut modules = BTreeMap::new();
        for (file, code) in files {
            let inside = file.strip_prefix(sources).unwrap().strip_suffix(".rs").unwrap();
            let path: ModulePath =
                inside.split('/').filter(|part| !matches!(*part, "mod" | "lib")).map(str::to_owned).collect();
            if path.iter().any(|part| part == "tests" || part == "main") {
                continue;
            }
            let tokens = tokens_of(without_tests(&code));
            modules.insert(path, Module { file, tokens, names: BTreeMap::new(), globs: Vec::new() });
        }
        let mut graph = Self { modules };
        let paths: Vec<ModulePath> = graph.modules.keys().cloned().collect();
        for path in paths {
            let (names, globs) = graph.imports(&path);
            let module = graph.modules.get_mut(&path).unwrap();
            (module.names, module.globs) = (names, globs);
        }
        graph
    }

    /// The names and the globs that the `use` lines of a module bring in.
    fn imports(&self, path: &ModulePath) -> (BTreeMap<String, ModulePath>, Vec<ModulePath>) {
        let (mut names, mut globs) = (BTreeMap::new(), Vec::new());
        let tokens = &self.modules[path].tokens;
        for at in tokens.iter().enumerate().filter(|(_, token)| *token == "use").map(|(at, _)| at) {
            let mut trees = Vec::new();
            read_tree(tokens, at + 1, &[], &mut trees);
            for (written, name) in trees {
                let Some(full) = self.absolute(path, &written) else { continue };
                match name.as_str() {
                    "*" => globs.push(full),
                    _ => drop(names.insert(name, full)),
                }
            }
        }
        (names, globs)
    }

    /// The path from the root of the crate; `None` for another crate's.
    fn absolute(&self, here: &ModulePath, written: &[String]) -> Option<ModulePath> {
        let mut full = here.clone();
        for (index, step) in written.iter().enumerate() {
            match step.as_str() {
                "crate" => full.clear(),
                "self" => {}
                "super" => drop(full.pop()),
                name => {
                    let is_relative =
                        index > 0 || self.modules.contains_key(&[here.as_slice(), &[name.to_owned()]].concat());
                    return is_relative.then(|| [full.as_slice(), &written[index..]].concat());
                }
            }
        }
        Some(full)
    }

    /// The file that defines what `path` leads to; `None` for a module as such, and for another crate's item.
    fn definition(&self, path: &[String], depth: usize) -> Option<&str> {
        let mut length = path.len();
        while !self.modules.contains_key(&path[..length]) {
            length = length.checked_sub(1)?;
        }
        let module = &self.modules[&path[..length]];
        let item = path.get(length)?;
        if depth > 0 && !module.defines(item) {
            if let Some(target) = module.names.get(item) {
                let target = [target.as_slice(), &path[length + 1..]].concat();
                return self.definition(&target, depth - 1);
            }
            for glob in &module.globs {
                let target = [glob.as_slice(), &path[length..]].concat();
                if let Some(file) = self.definition(&target, depth - 1).filter(|file| self.file_defines(file, item)) {
                    return Some(file);
                }
            }
            // An item of another crate that the module re-exports.
            if !path.is_empty() && length == 0 {
                return None;
            }
        }
        Some(&module.file)
    }

    fn file_defines(&self, file: &str, item: &str) -> bool {
        self.modules.values().any(|module| module.file == file && module.defines(item))
    }

    /// The files that a module names.
    fn targets(&self, path: &ModulePath) -> BTreeSet<&str> {
        let module = &self.modules[path];
        let mut targets: BTreeSet<&str> = module.names.values().filter_map(|full| self.definition(full, 8)).collect();
        for glob in &module.globs {
            targets.extend(self.modules.get(glob).map(|module| module.file.as_str()));
        }
        for (at, head) in module.tokens.iter().enumerate() {
            let is_head = at == 0 || !matches!(module.tokens[at - 1].as_str(), "::" | "." | "mod" | "use");
            if !is_head || !is_word(head) || module.tokens.get(at + 1).is_none_or(|next| next != "::") {
                continue;
            }
            let written = path_at(&module.tokens, at);
            let full = match module.names.get(head) {
                Some(full) => Some([full.as_slice(), &written[1..]].concat()),
                None => self.absolute(path, &written),
            };
            targets.extend(full.and_then(|full| self.definition(&full, 8)));
        }
        targets.remove(module.file.as_str());
        targets
    }
}

impl Module {
    fn defines(&self, item: &str) -> bool {
        self.tokens.windows(2).any(|pair| pair[1] == item && DEFINES.contains(&pair[0].as_str()))
    }
}

/// The words of the path that begins at `at`.
fn path_at(tokens: &[String], mut at: usize) -> Vec<String> {
    let mut path = vec![tokens[at].clone()];
    while tokens.get(at + 1).is_some_and(|token| token == "::")
        && tokens.get(at + 2).is_some_and(|token| is_word(token))
    {
        at += 2;
        path.push(tokens[at].clone());
    }
    path
}

/// Reads the tree of a `use` line into pairs of a path and the name that it gets. Returns where it ends.
fn read_tree(tokens: &[String], mut at: usize, trunk: &[String], trees: &mut Vec<(Vec<String>, String)>) -> usize {
    let mut path = trunk.to_vec();
    while let Some(token) = tokens.get(at) {
        match token.as_str() {
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at = read_tree(tokens, at, &path, trees);
                    at += usize::from(tokens.get(at).is_some_and(|token| token == ","));
                }
                return at + 1;
            }
            "*" => {
                trees.push((path, "*".to_owned()));
                return at + 1;
            }
            "as" => {
                trees.push((path, tokens[at + 1].clone()));
                return at + 2;
            }
            "::" => at += 1,
            word if is_word(word) => {
                // `a::{self}` is `a`.
                if word != "self" || path.is_empty() {
                    path.push(word.to_owned());
                }
                at += 1;
                if tokens.get(at).is_none_or(|next| next != "::" && next != "as") {
                    let name = path.last().cloned().unwrap_or_default();
                    trees.push((path, name));
                    return at;
                }
            }
            _ => return at + 1,
        }
    }
    at
}

/// The code before the tests at the end of a file.
fn without_tests(code: &str) -> &str {
    code.find("#[cfg(test)]\nmod ").map_or(code, |end| &code[..end])
}

/// Circles, each with its files in order: the shortest one through each file that is in any.
fn circles(graph: &Graph) -> BTreeSet<Vec<String>> {
    let edges: BTreeMap<&str, BTreeSet<&str>> =
        graph.modules.iter().map(|(path, module)| (module.file.as_str(), graph.targets(path))).collect();
    let mut circles = BTreeSet::new();
    for start in edges.keys() {
        // Breadth first, so that the first way back is the shortest.
        let mut ways: Vec<Vec<&str>> = vec![vec![start]];
        let mut seen = BTreeSet::new();
        let mut index = 0;
        while let Some(way) = ways.get(index).cloned() {
            index += 1;
            let targets = edges.get(way[way.len() - 1]).into_iter().flatten();
            for target in targets {
                if target == start {
                    // One circle is found from each of its files: it begins with the first of them.
                    let first = way.iter().enumerate().min_by_key(|(_, file)| **file).unwrap().0;
                    let turned = way[first..].iter().chain(&way[..first]).map(|file| (*file).to_owned());
                    circles.insert(turned.collect());
                    ways.clear();
                    break;
                }
                if seen.insert(*target) {
                    ways.push([way.as_slice(), &[*target]].concat());
                }
            }
        }
    }
    circles
}
