//! `scim-sync completions`: what a shell needs to complete this tool's command line.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Terminal;
use super::project::Failure;
use crate::cli::{Cli, CompletionsArgs, ShellChoice};
use crate::exit::Exit;

pub(super) fn run(args: &CompletionsArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let shell = match args.shell {
        ShellChoice::Bash => Shell::Bash,
        ShellChoice::Zsh => Shell::Zsh,
        ShellChoice::Fish => Shell::Fish,
        ShellChoice::Powershell => Shell::PowerShell,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "scim-sync", &mut script);
    let mut script = String::from_utf8(script).expect("the generators write text");
    if shell == Shell::Bash {
        // clap_complete 4.6.11 spells a name with a hyphen in two ways, and then offers
        // nothing behind a command (clap-rs/clap#6421).
        script = script.replace("scim__subcmd__sync", "scim__sync");
    }
    terminal.print(&script)?;
    Ok(Exit::Success)
}
