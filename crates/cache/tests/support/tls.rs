//! A server with TLS, and certificates of a CA of its own.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::server::{Server, free_port};

/// A CA, and its certificates for the server at 127.0.0.1 and for a client.
pub struct Tls {
    pub ca: Vec<u8>,
    pub server: Server,
    directory: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Tls {
    /// `auth_clients` is the server's setting `tls-auth-clients`.
    pub fn start(auth_clients: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut authority = CertificateParams::new(vec![]).expect("no names");
        // With the name of its certificates, these would look like self-signed ones.
        authority.distinguished_name.push(DnType::CommonName, "the CA of these tests");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().expect("a key");
        let ca = authority.self_signed(&authority_key).expect("a certificate").pem();
        let issuer = Issuer::new(authority, authority_key);
        let ca_file = directory.path().join("ca.pem");
        std::fs::write(&ca_file, &ca).expect("a file");
        let (certificate, key) = issue(&issuer, directory.path(), "server", "127.0.0.1");
        let (port, file) = (free_port().to_string(), |path: &Path| path.to_str().expect("a path").to_owned());
        let settings = ["--tls-port", &port, "--tls-auth-clients", auth_clients, "--tls-ca-cert-file", &file(&ca_file)];
        let own = ["--tls-cert-file", &file(&certificate), "--tls-key-file", &file(&key)];
        let server = Server::with(&[&settings[..], &own].concat());
        Self { ca: ca.into_bytes(), server, directory, issuer }
    }

    pub fn port(&self) -> String {
        self.server.person().says::<Vec<String>>("CONFIG GET tls-port")[1].clone()
    }

    /// The files of a certificate and its key for a client of this name.
    pub fn client(&self, name: &str) -> (PathBuf, PathBuf) {
        issue(&self.issuer, self.directory.path(), name, name)
    }
}

fn issue(issuer: &Issuer<'_, KeyPair>, directory: &Path, file: &str, name: &str) -> (PathBuf, PathBuf) {
    let key = KeyPair::generate().expect("a key");
    let own = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    let certificate = own.signed_by(&key, issuer).expect("a certificate").pem();
    let files = (directory.join(format!("{file}.pem")), directory.join(format!("{file}.key")));
    std::fs::write(&files.0, certificate).expect("a file");
    std::fs::write(&files.1, key.serialize_pem()).expect("a file");
    files
}
