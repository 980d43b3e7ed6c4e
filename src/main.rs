//! The program: parses the command line, runs the command, and prints what went wrong once.

use std::process::ExitCode;

fn main() -> ExitCode {
    doorward::cli::main(std::env::args_os())
}
