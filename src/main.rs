//! The program: parses the command line, runs the command, and prints what went wrong once.

use std::process::ExitCode;

/// The system's allocator consolidates its lists at every larger request, which shows in the profile of a session check.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    doorward::cli::main(std::env::args_os())
}
