//! `cargo xtask schemathesis`: an outside tool reads `/openapi.json` and attacks what it describes, with input that fits
//! the document and input that does not, as anybody, as a user and as an administrator.
//!
//! The tool is a package of PyPI, in an environment of its own. It fails when an answer is a server error or is not as the
//! document says, when bad input is accepted or missing credentials are. Seed and number of examples are fixed.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{Result, server::Server};

/// One release, so that a run finds what the run before it found.
const PACKAGE: &str = "schemathesis==4.32.5";
const SEED: &str = "20261122";
const DEFAULT_EXAMPLES: &str = "40";
const PASSWORD: &str = "a violin in the greenhouse";

/// Operations that end the session that the tool works with, or one that it may pick from a list. They have a run of their
/// own, after all others.
const ENDING: [&str; 12] = [
    "changeOwnPassword",
    "changeUser",
    "deleteOwnUser",
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

/// Rules that no schema can state are refused too: taken names, common passwords, somebody else's version.
const SETTINGS: &str = "\
[checks.positive_data_acceptance]
expected-statuses = [200, 201, 204, 401, 403, 404, 409, 412, 422]
";

/// Who sends the requests.
struct Persona {
    name: &'static str,
    role: Option<&'static str>,
}

const PERSONAS: [Persona; 3] = [
    Persona { name: "anybody", role: None },
    Persona { name: "user", role: Some("user") },
    Persona { name: "administrator", role: Some("admin") },
];

/// A server to attack, and the tool.
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
        let settings = folder.join("schemathesis.toml");
        fs::write(&settings, SETTINGS).map_err(|error| format!("{}: {error}", settings.display()))?;
        let database = format!("sqlite:{}", folder.join("attacked.db").display());
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--database-url", &database];
        // Hashes that cost little: what is tested is everything around them.
        let variables = [
            ("DOORWARD_HASHING__ARGON2_MEMORY_KIB", "64"),
            ("DOORWARD_HASHING__ARGON2_ITERATIONS", "1"),
            ("DOORWARD_LOG__LEVEL", "error"),
        ];
        let server = Server::start(&program, &arguments, &variables, &folder)?;
        server.wait_until_ready()?;
        let attack = Self { program, folder, database, server, examples };
        attack.create("spare", "admin")?;
        Ok(attack)
    }

    fn run(&self) -> Result<()> {
        let mut found = Vec::new();
        for persona in &PERSONAS {
            let token = persona.role.map(|role| self.sign_in(persona.name, role)).transpose()?;
            println!("--- as {}", persona.name);
            if !self.attack("exclude", token.as_deref())? {
                found.push(persona.name);
            }
            if let Some(token) = &token {
                self.require_life(token, persona.name)?;
            }
        }
        for persona in &PERSONAS {
            let name = format!("{} who ends sessions", persona.name);
            let token = persona.role.map(|role| self.sign_in(&name, role)).transpose()?;
            println!("--- as {name}");
            if !self.attack("include", token.as_deref())? {
                found.push(persona.name);
            }
        }
        if found.is_empty() { Ok(()) } else { Err(format!("something was found as: {}", found.join(", "))) }
    }

    /// Whether the tool finds nothing in all operations but [`ENDING`], or in those alone.
    fn attack(&self, which: &str, token: Option<&str>) -> Result<bool> {
        let mut command = Command::new(self.folder.join("python/bin/schemathesis"));
        command.arg("--config-file").arg(self.folder.join("schemathesis.toml")).arg("run");
        command.arg(format!("http://{}/openapi.json", self.server.address));
        command.args(["--checks", "all", "--continue-on-failure", "--workers", "1", "--seed", SEED]);
        command.args(["--max-examples", &self.examples, "--generation-database", "none", "--no-color"]);
        command.args(ENDING.iter().flat_map(|id| [format!("--{which}-operation-id"), (*id).to_owned()]));
        if let Some(token) = token {
            command.args(["--header", &format!("Authorization: Bearer {token}")]);
        }
        let status = command.current_dir(&self.folder).status().map_err(|error| format!("schemathesis: {error}"))?;
        match status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(format!("schemathesis: {status}")),
        }
    }

    /// A new account, and the token of a new session of it.
    fn sign_in(&self, name: &str, role: &str) -> Result<String> {
        self.create(name, role)?;
        let body = format!(r#"{{"name":"{name}","password":"{PASSWORD}","token":"body"}}"#);
        let head = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        let answer = ask(self.server.address, &format!("POST /api/v1/sessions HTTP/1.1\r\n{head}"), &body)?;
        let token = answer.split_once("\"token\":\"").and_then(|(_, rest)| rest.split_once('"'));
        token.map(|(token, _)| token.to_owned()).ok_or_else(|| format!("{name} cannot log in: {answer}"))
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

    /// A session that ended on the way would have made the rest of the run prove nothing.
    fn require_life(&self, token: &str, name: &str) -> Result<()> {
        let head = format!("GET /api/v1/sessions/current HTTP/1.1\r\nAuthorization: Bearer {token}\r\n");
        let answer = ask(self.server.address, &head, "")?;
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(format!("the session of {name} ended: {answer}")) }
    }
}

/// Sends a request and returns the whole answer.
fn ask(address: SocketAddr, head: &str, body: &str) -> Result<String> {
    let exchange = || {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(format!("{head}Host: {address}\r\nConnection: close\r\n\r\n{body}").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    exchange().map_err(|error: std::io::Error| format!("{address}: {error}"))
}

fn succeed(command: &mut Command) -> Result<()> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}
