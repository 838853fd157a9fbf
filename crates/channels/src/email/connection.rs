//! The way to a mail server, encrypted as the settings ask.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll, ready},
    time::Duration,
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};

use super::settings::{Security, Server, certificates};
use crate::ConnectError;

/// Connecting, encrypting and greeting together.
const CONNECT_TIME: Duration = Duration::from_secs(30);

/// A connection to a mail server.
#[derive(Debug)]
pub struct Stream {
    wire: Wire,
    peer: SocketAddr,
    /// Read before anything from the wire: stands in for the greeting that was read in clear before STARTTLS.
    preamble: &'static [u8],
}

#[derive(Debug)]
enum Wire {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Imap,
    Smtp,
}

/// Connects and encrypts. The server's greeting is the next thing to read, except after STARTTLS on IMAP,
/// where the client speaks first.
pub async fn connect(server: &Server, protocol: Protocol) -> Result<Stream, ConnectError> {
    let name = format!("{}:{}", server.host, server.port);
    timeout(CONNECT_TIME, dial(server, protocol))
        .await
        .map_err(|_| temporary(format!("{name} does not answer")))?
        .map_err(|error| match error {
            ConnectError::Settings(reason) => ConnectError::Settings(format!("{name}: {reason}")),
            ConnectError::Temporary { reason, after } => ConnectError::Temporary {
                reason: format!("{name}: {reason}"),
                after,
            },
        })
}

async fn dial(server: &Server, protocol: Protocol) -> Result<Stream, ConnectError> {
    let mut tcp = TcpStream::connect((server.host.as_str(), server.port))
        .await
        .map_err(broken)?;
    tcp.set_nodelay(true).map_err(broken)?;
    let peer = tcp.peer_addr().map_err(broken)?;
    let mut preamble: &[u8] = b"";
    let wire = match server.security {
        Security::None => Wire::Clear(tcp),
        Security::Tls => encrypt(tcp, server).await?,
        Security::Starttls => {
            match protocol {
                Protocol::Imap => starttls_imap(&mut tcp).await?,
                Protocol::Smtp => {
                    starttls_smtp(&mut tcp).await?;
                    preamble = b"220 encrypted\r\n";
                }
            }
            encrypt(tcp, server).await?
        }
    };
    Ok(Stream { wire, peer, preamble })
}

async fn encrypt(tcp: TcpStream, server: &Server) -> Result<Wire, ConnectError> {
    let name = ServerName::try_from(server.host.clone())
        .map_err(|_| ConnectError::Settings("not a host name that a certificate can carry".into()))?;
    let config = tls_config(server.ca.as_deref())?;
    match TlsConnector::from(config).connect(name, tcp).await {
        Ok(stream) => Ok(Wire::Tls(Box::new(stream))),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(ConnectError::Settings(format!("no safe connection: {error}")))
        }
        Err(error) => Err(broken(error)),
    }
}

/// The certificates of the system, read once.
static SYSTEM_ROOTS: LazyLock<RootCertStore> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a certificate of the system cannot be read");
    }
    roots.add_parsable_certificates(found.certs);
    roots
});

fn tls_config(ca: Option<&str>) -> Result<Arc<ClientConfig>, ConnectError> {
    let mut roots = SYSTEM_ROOTS.clone();
    for certificate in ca
        .map(certificates)
        .transpose()
        .map_err(ConnectError::Settings)?
        .unwrap_or_default()
    {
        roots
            .add(certificate)
            .map_err(|error| ConnectError::Settings(format!("the certificate cannot be used: {error}")))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| temporary(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// RFC 9051, 6.2.1. Bytes are read one by one and never beyond the end of the answer: what somebody slipped in
/// after it is then part of the TLS handshake and breaks it, instead of being taken for the server's words.
async fn starttls_imap(tcp: &mut TcpStream) -> Result<(), ConnectError> {
    let greeting = read_line(tcp).await?;
    if !greeting.starts_with("* OK") {
        return Err(temporary(format!("greeted with {greeting:?}")));
    }
    tcp.write_all(b"s STARTTLS\r\n").await.map_err(broken)?;
    for _ in 0..MAX_LINES {
        let line = read_line(tcp).await?;
        if let Some(answer) = line.strip_prefix("s ") {
            let offered = answer.to_ascii_uppercase().starts_with("OK");
            return if offered { Ok(()) } else { Err(no_starttls()) };
        }
    }
    Err(temporary("talks without end".into()))
}

/// RFC 3207, read with the same care.
async fn starttls_smtp(tcp: &mut TcpStream) -> Result<(), ConnectError> {
    expect(tcp, "220").await?;
    tcp.write_all(b"EHLO localhost\r\n").await.map_err(broken)?;
    let offers = expect(tcp, "250").await?;
    if !offers.iter().any(|offer| offer.trim().eq_ignore_ascii_case("STARTTLS")) {
        return Err(no_starttls());
    }
    tcp.write_all(b"STARTTLS\r\n").await.map_err(broken)?;
    expect(tcp, "220").await.map(drop)
}

/// The lines of one SMTP answer, without their code.
async fn expect(tcp: &mut TcpStream, code: &str) -> Result<Vec<String>, ConnectError> {
    let mut lines = Vec::new();
    while lines.len() < MAX_LINES {
        let line = read_line(tcp).await?;
        let rest = line
            .strip_prefix(code)
            .ok_or_else(|| temporary(format!("answered {line:?}")))?;
        let more = rest.starts_with('-');
        lines.push(rest.get(1..).unwrap_or_default().to_owned());
        if !more {
            return Ok(lines);
        }
    }
    Err(temporary("talks without end".into()))
}

const MAX_LINES: usize = 100;
const MAX_LINE_BYTES: usize = 8 * 1024;

async fn read_line(tcp: &mut TcpStream) -> Result<String, ConnectError> {
    let mut line = Vec::new();
    while line.len() < MAX_LINE_BYTES {
        match tcp.read_u8().await.map_err(broken)? {
            b'\n' => return Ok(String::from_utf8_lossy(&line).trim_end().to_owned()),
            byte => line.push(byte),
        }
    }
    Err(temporary("sends lines without end".into()))
}

fn no_starttls() -> ConnectError {
    ConnectError::Settings("the server does not offer STARTTLS".into())
}

fn broken(error: io::Error) -> ConnectError {
    temporary(error.to_string())
}

pub fn temporary(reason: String) -> ConnectError {
    ConnectError::Temporary { reason, after: None }
}

impl AsyncTokioStream for Stream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.preamble.is_empty() {
            let (now, later) = self.preamble.split_at(self.preamble.len().min(buf.remaining()));
            buf.put_slice(now);
            self.preamble = later;
            return Poll::Ready(Ok(()));
        }
        match &mut self.wire {
            Wire::Clear(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Wire::Tls(tls) => {
                let before = buf.filled().len();
                match ready!(Pin::new(tls).poll_read(cx, buf)) {
                    // Many servers close without the farewell of TLS; the protocols above notice what is missing.
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && buf.filled().len() == before => {
                        Poll::Ready(Ok(()))
                    }
                    result => Poll::Ready(result),
                }
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.wire {
            Wire::Clear(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Wire::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Clear(tcp) => Pin::new(tcp).poll_flush(cx),
            Wire::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Clear(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Wire::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A connection to a server that says `words` at once, whatever it hears, and then leaves.
    async fn server(words: &'static str) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(words.as_bytes()).await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        });
        TcpStream::connect(address).await.unwrap()
    }

    /// What follows the consent (CVE-2011-0411 and its kin) is left on the wire, where it breaks the TLS handshake.
    #[tokio::test]
    async fn words_slipped_in_before_encryption_are_not_kept() {
        let mut tcp = server("* OK hello\r\ns OK go\r\n* CAPABILITY forged\r\n").await;
        starttls_imap(&mut tcp).await.unwrap();
        assert_eq!(read_line(&mut tcp).await.unwrap(), "* CAPABILITY forged");

        let mut tcp =
            server("220-mx\r\n220 mx\r\n250-mx\r\n250-SIZE 1\r\n250 StartTLS\r\n220 go\r\n250 AUTH forged\r\n").await;
        starttls_smtp(&mut tcp).await.unwrap();
        assert_eq!(read_line(&mut tcp).await.unwrap(), "250 AUTH forged");
    }

    #[tokio::test]
    async fn refusals_and_endless_talk_end() {
        let mut tcp = server("* OK hello\r\ns NO not here\r\n").await;
        assert!(matches!(starttls_imap(&mut tcp).await, Err(ConnectError::Settings(_))));
        let mut tcp = server("220 mx\r\n250 SIZE 1\r\n").await;
        assert!(matches!(starttls_smtp(&mut tcp).await, Err(ConnectError::Settings(_))));
        let mut tcp = server("554 no\r\n").await;
        assert!(matches!(
            starttls_smtp(&mut tcp).await,
            Err(ConnectError::Temporary { .. })
        ));
        let endless: &'static str = Box::leak("250-x\r\n".repeat(1_000).into_boxed_str());
        assert!(matches!(
            expect(&mut server(endless).await, "250").await,
            Err(ConnectError::Temporary { .. })
        ));
        let long: &'static str = Box::leak("x".repeat(100_000).into_boxed_str());
        assert!(matches!(
            read_line(&mut server(long).await).await,
            Err(ConnectError::Temporary { .. })
        ));
    }
}
