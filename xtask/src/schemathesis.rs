//! `cargo xtask schemathesis`: an external tool reads `/openapi.json` and tests its operations with valid and invalid
//! input, unauthenticated, as a user and as an administrator.
//!
//! The tool is a PyPI package in its own environment. It fails on a server error, a response that differs from the
//! document, accepted bad input, or accepted missing credentials. Seed and number of examples are fixed.

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{Result, server::Server};

/// A fixed release, so that runs are reproducible.
const PACKAGE: &str = "schemathesis==4.32.5";
const SEED: &str = "20261122";
const DEFAULT_EXAMPLES: &str = "40";
const PASSWORD: &str = "a violin in the greenhouse";

/// Operations in separate parts of the run. Operations that end a session force the tool to log in again; the last part
/// deletes the account itself.
const ENDING: [&str; 11] = [
    "changeOwnPassword",
    "changeUser",
    "deleteUser",
    "disableUser",
    "endOtherSessions",
    "endSession",
    "endSessionOfUser",
    "endSessionsOfUser",
    "logIn",
    "logOut",
    "setPassword",
];
const LAST: &str = "deleteOwnUser";

/// Input may also violate rules that no schema can state: taken names, common passwords, outdated versions.
const SETTINGS: &str = "\
[checks.positive_data_acceptance]
expected-statuses = [200, 201, 204, 401, 403, 404, 409, 412, 422]
";

/// The client that sends the requests.
struct Persona {
    name: &'static str,
    role: &'static str,
    /// The security scheme of the tool's credentials; none for an unauthenticated client.
    scheme: Option<&'static str>,
}

const PERSONAS: [Persona; 3] = [
    Persona { name: "anonymous", role: "user", scheme: None },
    Persona { name: "user", role: "user", scheme: Some("cookie") },
    Persona { name: "administrator", role: "admin", scheme: Some("bearer") },
];

/// A server under test, and the tool.
struct Attack {
    program: PathBuf,
    folder: PathBuf,
    database: String,
    server: Server,
    examples: String,
}

/// Runs `[--examples N]`.
pub fn run(arguments: &[String]) -> Result<()> {
    let examples = match arguments {
        [] => DEFAULT_EXAMPLES.to_owned(),
        [flag, number] if flag == "--examples" && number.parse::<u32>().is_ok() => number.clone(),
        _ => return Err("usage: cargo xtask schemathesis [--examples N]".to_owned()),
    };
    let build = ["build", "--locked", "--package", "doorward", "--bin", "doorward"];
    succeed(Command::new("cargo").args(build))?;
    let target = PathBuf::from(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    let program = std::path::absolute(target).map_err(|error| error.to_string())?.join("debug/doorward");
    let folder = std::env::temp_dir().join(format!("doorward-schemathesis-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let outcome = Attack::prepare(program, folder.clone(), examples).and_then(|attack| attack.run());
    drop(fs::remove_dir_all(&folder));
    outcome
}

impl Attack {
    fn prepare(program: PathBuf, folder: PathBuf, examples: String) -> Result<Self> {
        succeed(Command::new("python3").args(["-m", "venv"]).arg(folder.join("python")))?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE];
        succeed(Command::new(folder.join("python/bin/python")).args(install))?;
        let database = format!("sqlite:{}", folder.join("attacked.db").display());
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--database-url", &database];
        // Cheap hashes: the test covers everything around them.
        let variables = [
            ("DOORWARD_HASHING__ARGON2_MEMORY_KIB", "64"),
            ("DOORWARD_HASHING__ARGON2_ITERATIONS", "1"),
            ("DOORWARD_LOG__LEVEL", "error"),
            // All attempts come from one address.
            ("DOORWARD_THROTTLE__ENABLED", "false"),
        ];
        let server = Server::start(&program, &arguments, &variables, &folder)?;
        server.wait_until_ready()?;
        let attack = Self { program, folder, database, server, examples };
        attack.create("spare", "admin")?;
        Ok(attack)
    }

    fn run(&self) -> Result<()> {
        let others: Vec<(&str, &str)> = ENDING.iter().chain([&LAST]).map(|id| ("exclude", *id)).collect();
        let ending: Vec<(&str, &str)> = ENDING.iter().map(|id| ("include", *id)).collect();
        let last = vec![("include", LAST)];
        let mut found = Vec::new();
        for persona in &PERSONAS {
            self.create(persona.name, persona.role)?;
            for (part, operations) in
                [("most operations", &others), ("operations that end sessions", &ending), ("the last operation", &last)]
            {
                println!("--- as {}: {part}", persona.name);
                // If no request of an administrator succeeds, the session is lost and the rest would prove nothing.
                let must_get_on = persona.role == "admin" && part == "most operations";
                if !self.attack(operations, &settings(persona, must_get_on))? {
                    found.push(format!("{} ({part})", persona.name));
                }
            }
        }
        if found.is_empty() { Ok(()) } else { Err(format!("faults were found as {}", found.join(", "))) }
    }

    /// Returns whether the tool finds nothing in these operations.
    fn attack(&self, operations: &[(&str, &str)], settings: &str) -> Result<bool> {
        let file = self.folder.join("schemathesis.toml");
        fs::write(&file, settings).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut command = Command::new(self.folder.join("python/bin/schemathesis"));
        command.arg("--config-file").arg(file).arg("run");
        command.arg(format!("http://{}/openapi.json", self.server.address));
        command.args(["--checks", "all", "--continue-on-failure", "--workers", "1", "--seed", SEED]);
        command.args(["--max-examples", &self.examples, "--generation-database", "none", "--no-color"]);
        command.args(operations.iter().flat_map(|(which, id)| [format!("--{which}-operation-id"), (*id).to_owned()]));
        if operations == [("include", LAST)] {
            // No other operation leads to it, which the tool reports as an error.
            command.args(["--phases", "examples,coverage,fuzzing"]);
        }
        let status = command.current_dir(&self.folder).status().map_err(|error| format!("schemathesis: {error}"))?;
        match status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(format!("schemathesis: {status}")),
        }
    }

    fn create(&self, name: &str, role: &str) -> Result<()> {
        let arguments = ["user", "create", name, "--role", role, "--password-stdin", "--database-url", &self.database];
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let written = child.stdin.take().map(|mut input| writeln!(input, "{PASSWORD}"));
        let status = child.wait().map_err(|error| format!("{command:?}: {error}"))?;
        match written {
            Some(Ok(())) if status.success() => Ok(()),
            _ => Err(format!("{name} cannot be created: {status}")),
        }
    }
}

/// Returns the tool's settings: its login, repeated when necessary, and the ignored findings.
fn settings(persona: &Persona, must_get_on: bool) -> String {
    let mut text = SETTINGS.to_owned();
    if let Some(scheme) = persona.scheme {
        let name = persona.name;
        text.push_str(&format!(
            "[auth.dynamic.openapi.{scheme}]\npath = \"/api/v1/sessions\"\nextract_selector = \"/token\"\n\
             payload = {{ name = \"{name}\", password = \"{PASSWORD}\", token = \"body\" }}\n"
        ));
    }
    if must_get_on {
        text.push_str("[warnings]\nfail-on = [\"missing_auth\"]\n");
    }
    text
}

fn succeed(command: &mut Command) -> Result<()> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}
