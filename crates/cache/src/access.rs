//! The login and the certificates of a connection, as they are when the connection is made.
//!
//! Files are read for each connection and never kept, so that a new password or certificate needs no restart.

use std::fmt;
use std::future::Future;
use std::io::{self, Read as _};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use redis::ConnectionInfo;

/// More than any password, token or chain of certificates has: a wrong path may lead to a file without end.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// A user and a password of Redis. The `Debug` form shows no password.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Login {
    /// `None` for the user `default`.
    pub user: Option<String>,
    /// The password, or a token in its place.
    pub password: String,
}

impl Login {
    /// A login with this password, of the user `default` if there is no other.
    pub fn new(user: Option<String>, password: impl Into<String>) -> Self {
        Self { user, password: password.into() }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).field("password", &"***").finish()
    }
}

type Fetching = Pin<Box<dyn Future<Output = Result<Login, String>> + Send>>;

/// A function that gives the login for each connection, such as a token that expires. The `Debug` form does not call it.
///
/// A server may close a connection when its token expires. That is a lost connection: the next one begins with another
/// call of the function, some milliseconds later.
#[derive(Clone)]
pub struct Credentials(Arc<dyn Fn() -> Fetching + Send + Sync>);

impl Credentials {
    /// Calls `fetch` at each attempt to connect, at most [`Deadlines::handshake`](crate::Deadlines::handshake) long;
    /// after that, its future is dropped and the attempt has failed. The text of an error is logged, and must contain
    /// no secret.
    ///
    /// ```
    /// use tabuada_cache::{Credentials, Login, Options};
    ///
    /// let mut options = Options::with_redis("rediss://cache.example");
    /// options.redis_credentials = Some(Credentials::new(|| async {
    ///     let token = std::env::var("TOKEN").map_err(|_| "no TOKEN")?;
    ///     Ok(Login::new(Some("app".to_owned()), token))
    /// }));
    /// ```
    pub fn new<F, W>(fetch: F) -> Self
    where
        F: Fn() -> W + Send + Sync + 'static,
        W: Future<Output = Result<Login, String>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(fetch())))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// Where the password is, if not in the URL.
#[derive(Clone, Default)]
pub(crate) enum PasswordSource {
    #[default]
    Url,
    File(Arc<Path>),
    Function(Credentials),
}

/// The files of a client certificate and its key, in PEM.
#[derive(Clone)]
pub(crate) struct CertificateFiles {
    pub(crate) certificate: Arc<Path>,
    pub(crate) key: Arc<Path>,
}

/// What a connection needs beside its address.
#[derive(Clone, Default)]
pub(crate) struct Access {
    pub(crate) password: PasswordSource,
    /// CA certificates in PEM, in place of the system's trust store.
    pub(crate) ca: Option<Arc<[u8]>>,
    pub(crate) certificate: Option<CertificateFiles>,
}

impl Access {
    /// The same certificates, without a login.
    pub(crate) fn without_login(&self) -> Self {
        Self { password: PasswordSource::Url, ..self.clone() }
    }

    /// Adds the present login and certificates. An error has the reason.
    pub(crate) async fn apply(&self, info: ConnectionInfo) -> Result<ConnectionInfo, String> {
        let info = match &self.password {
            PasswordSource::Url => info,
            PasswordSource::File(file) => {
                let password = read(file.clone(), "the password").await?;
                let password = String::from_utf8(password).map_err(|_| format!("{} is not UTF-8", file.display()))?;
                let login = info.redis_settings().clone().set_password(without_end(&password));
                info.set_redis_settings(login)
            }
            PasswordSource::Function(Credentials(fetch)) => {
                let Login { user, password } = fetch().await.map_err(|error| format!("no credentials: {error}"))?;
                let login = info.redis_settings().clone().set_password(password);
                info.set_redis_settings(match user {
                    Some(user) => login.set_username(user),
                    None => login,
                })
            }
        };
        let Some(CertificateFiles { certificate, key }) = &self.certificate else { return Ok(info) };
        let certificate = read(certificate.clone(), "the client certificate").await?;
        let key = read(key.clone(), "the key of the client certificate").await?;
        with_certificates(info, self.ca.as_deref(), Some((certificate, key)))
    }
}

/// Reads a file on another thread, since the file system may be slow.
async fn read(file: Arc<Path>, what: &'static str) -> Result<Vec<u8>, String> {
    let reading = tokio::task::spawn_blocking(move || {
        read_bounded(&file).map_err(|error| format!("cannot read {what} in {}: {error}", file.display()))
    });
    reading.await.unwrap_or_else(|_| Err(format!("cannot read {what}")))
}

fn read_bounded(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

/// The text without a newline at its end.
fn without_end(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

/// Adds CA certificates, and a client certificate with its key, all in PEM, to a connection with TLS. An error has the
/// reason, without any part of the files.
#[cfg(feature = "tls")]
pub(crate) fn with_certificates(
    info: ConnectionInfo,
    ca: Option<&[u8]>,
    client: Option<(Vec<u8>, Vec<u8>)>,
) -> Result<ConnectionInfo, String> {
    const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";
    // From a text without certificates, the library would make an empty trust store or an empty chain.
    let has_one = |pem: &[u8]| pem.windows(CERTIFICATE.len()).any(|window| window == CERTIFICATE);
    if ca.is_some_and(|ca| !has_one(ca)) {
        return Err("no CA certificate in PEM".to_owned());
    }
    if client.as_ref().is_some_and(|(certificate, _)| !has_one(certificate)) {
        return Err("no client certificate in PEM".to_owned());
    }
    let client_tls = client.map(|(client_cert, client_key)| redis::ClientTlsConfig { client_cert, client_key });
    let certificates = redis::TlsCertificates { client_tls, root_cert: ca.map(<[u8]>::to_vec) };
    let client = redis::Client::build_with_tls(info, certificates).map_err(|error| error.to_string())?;
    Ok(client.get_connection_info().clone())
}

#[cfg(not(feature = "tls"))]
pub(crate) fn with_certificates(
    _: ConnectionInfo,
    _: Option<&[u8]>,
    _: Option<(Vec<u8>, Vec<u8>)>,
) -> Result<ConnectionInfo, String> {
    Err("this build does not support TLS".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> ConnectionInfo {
        redis::IntoConnectionInfo::into_connection_info("redis://h").unwrap()
    }

    #[tokio::test]
    async fn a_password_is_the_content_of_its_file_without_the_end_of_the_line() {
        let directory = tempfile::tempdir().unwrap();
        let file: Arc<Path> = directory.path().join("password").into();
        let access = Access { password: PasswordSource::File(file.clone()), ..Access::default() };
        for (content, password) in
            [("geheim", "geheim"), ("geheim\n", "geheim"), ("geheim\r\n", "geheim"), (" g:/%\n\n", " g:/%\n")]
        {
            std::fs::write(&file, content).unwrap();
            let info = access.apply(info()).await.unwrap();
            assert_eq!(info.redis_settings().password(), Some(password), "{content:?}");
        }
        for content in [&vec![b'x'; (64 << 10) + 1][..], b"\xff"] {
            std::fs::write(&file, content).unwrap();
            let reason = access.apply(info()).await.expect_err("it is refused");
            assert!(reason.contains("password") && reason.len() < 500, "{reason}");
        }
        std::fs::remove_file(&file).unwrap();
        let reason = access.apply(info()).await.expect_err("there is none");
        assert!(reason.starts_with("cannot read the password in "), "{reason}");
    }

    #[tokio::test]
    async fn credentials_are_fetched_for_each_connection_and_not_shown() {
        let calls = std::sync::atomic::AtomicU32::new(0);
        let fetched = Credentials::new(move || {
            let call = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            async move {
                match call {
                    2 => Err("the service is down".to_owned()),
                    _ => Ok(Login::new((call == 1).then(|| "ana".to_owned()), format!("geheim {call}"))),
                }
            }
        });
        assert_eq!(format!("{fetched:?}"), "Credentials(…)");
        assert!(!format!("{:?}", Login::new(None, "geheim")).contains("geheim"));
        let access = Access { password: PasswordSource::Function(fetched), ..Access::default() };
        let first = access.apply(info()).await.unwrap();
        assert_eq!((first.redis_settings().username(), first.redis_settings().password()), (None, Some("geheim 0")));
        let second = access.apply(info()).await.unwrap();
        assert_eq!(second.redis_settings().username(), Some("ana"));
        assert_eq!(second.redis_settings().password(), Some("geheim 1"));
        assert_eq!(access.apply(info()).await.err().as_deref(), Some("no credentials: the service is down"));
    }
}
