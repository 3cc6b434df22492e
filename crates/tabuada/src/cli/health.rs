//! `tabuada health`: what a container's health check runs, where there is no other program to run.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use crate::args::HealthArgs;

/// How long each step may take: connecting, sending, each piece of the answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most of an answer that is looked at, in bytes.
const ANSWER_BYTES: u64 = 4096;

/// Prints what the server says of itself: 0 if it is ready, else 1.
pub fn health(args: &HealthArgs) -> ExitCode {
    match ask(&args.address) {
        Ok(answer) => {
            let ready = answer.starts_with("HTTP/1.1 200 ");
            println!("{}", answer.rsplit("\r\n").next().unwrap_or_default());
            if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("tabuada: no answer from {}: {error}", args.address);
            ExitCode::FAILURE
        }
    }
}

/// The answer to `GET /health/ready`, head and body.
fn ask(address: &str) -> io::Result<String> {
    let mut error = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(mut stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                write!(stream, "GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
                let mut answer = String::new();
                stream.take(ANSWER_BYTES).read_to_string(&mut answer)?;
                return Ok(answer);
            }
            Err(refused) => error = refused,
        }
    }
    Err(error)
}
