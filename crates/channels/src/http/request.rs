use std::{fmt, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{
    Method, StatusCode,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use super::{Client, Error};

const MAX_REDIRECTS: usize = 5;
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_MAX_BODY: usize = 8 * 1024 * 1024;

/// A request being put together. Mistakes made on the way are told by [`Request::send`].
pub struct Request {
    client: Client,
    method: Method,
    url: Result<Url, Error>,
    headers: HeaderMap,
    body: Body,
    timeout: Duration,
    max_body: usize,
}

enum Body {
    Empty,
    Bytes(Bytes),
    Multipart(Vec<Part>),
}

/// A field of a `multipart/form-data` body; a file when it has a file name.
#[derive(Debug, Clone)]
pub struct Part {
    pub name: &'static str,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub body: Bytes,
}

impl Request {
    pub(super) fn new(client: Client, method: Method, url: &str) -> Self {
        Self {
            client,
            method,
            url: Url::parse(url).map_err(|error| Error::Url(format!("{url}: {error}"))),
            headers: HeaderMap::new(),
            body: Body::Empty,
            timeout: DEFAULT_TIMEOUT,
            max_body: DEFAULT_MAX_BODY,
        }
    }

    /// Time for everything: connecting, redirects, the whole body. 30 s unless set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Largest accepted body in bytes, after decompression. 8 MiB unless set.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(name == header::AUTHORIZATION);
                self.headers.insert(name, value);
            }
            _ => self.fail(format!("the header {name} has characters that cannot be sent")),
        }
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Adds to the query of the URL.
    pub fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        if let (Ok(url), false) = (&mut self.url, pairs.is_empty()) {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        self
    }

    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = Body::Bytes(body.into());
        self.header("content-type", content_type)
    }

    pub fn json(mut self, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.body("application/json", body),
            Err(error) => {
                self.fail(error.to_string());
                self
            }
        }
    }

    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        self.body("application/x-www-form-urlencoded", body)
    }

    pub fn multipart(mut self, parts: Vec<Part>) -> Self {
        self.body = Body::Multipart(parts);
        self
    }

    /// Sends it and reads the whole answer, whatever its status.
    pub async fn send(self) -> Result<Response, Error> {
        let (timeout, limit) = (self.timeout, self.max_body);
        let exchange = async {
            let response = self.exchange().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = read(response, limit).await?;
            Ok(Response { status, headers, body })
        };
        tokio::time::timeout(timeout, exchange)
            .await
            .map_err(|_| Error::Timeout(timeout))?
    }

    /// Sends it and leaves the body to be read as it comes. [`Request::timeout`] is then the time until the head of the
    /// answer, and the longest silence after it.
    pub async fn stream(self) -> Result<Stream, Error> {
        let timeout = self.timeout;
        let response = tokio::time::timeout(timeout, self.exchange())
            .await
            .map_err(|_| Error::Timeout(timeout))??;
        Ok(Stream {
            status: response.status(),
            headers: response.headers().clone(),
            response,
            timeout,
        })
    }

    fn fail(&mut self, reason: String) {
        self.url = Err(Error::Request(reason));
    }

    /// Follows redirects, for GET and HEAD only: repeating a POST would hand its body to a host that nobody named.
    async fn exchange(self) -> Result<reqwest::Response, Error> {
        let Self {
            client,
            method,
            url,
            mut headers,
            mut body,
            ..
        } = self;
        let mut url = url?;
        let follows = matches!(method, Method::GET | Method::HEAD);
        for _ in 0..=MAX_REDIRECTS {
            client.policy.check(&url)?;
            let request = client
                .inner
                .request(method.clone(), url.clone())
                .headers(headers.clone());
            let request = match std::mem::replace(&mut body, Body::Empty) {
                Body::Empty => request,
                Body::Bytes(bytes) => request.body(bytes),
                Body::Multipart(parts) => request.multipart(form(parts)?),
            };
            let response = request.send().await.map_err(Error::from_reqwest)?;
            let Some(next) = redirect(&response, &url).filter(|_| follows) else {
                return Ok(response);
            };
            let next = next?;
            if next.origin() != url.origin() {
                headers.remove(header::AUTHORIZATION);
                headers.remove(header::COOKIE);
            }
            url = next;
        }
        Err(Error::Redirects(MAX_REDIRECTS))
    }
}

fn redirect(response: &reqwest::Response, from: &Url) -> Option<Result<Url, Error>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?;
    let next = location.to_str().ok().and_then(|location| from.join(location).ok());
    Some(next.ok_or_else(|| Error::Url(format!("{from} leads to an unreadable address"))))
}

fn form(parts: Vec<Part>) -> Result<reqwest::multipart::Form, Error> {
    let mut form = reqwest::multipart::Form::new();
    for part in parts {
        let length = part.body.len() as u64;
        let mut field = reqwest::multipart::Part::stream_with_length(part.body, length);
        if let Some(name) = part.file_name {
            field = field.file_name(name);
        }
        if let Some(content_type) = &part.content_type {
            field = field
                .mime_str(content_type)
                .map_err(|error| Error::Request(error.to_string()))?;
        }
        form = form.part(part.name, field);
    }
    Ok(form)
}

async fn read(mut response: reqwest::Response, limit: usize) -> Result<Bytes, Error> {
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(Error::TooLarge(limit));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(Error::from_reqwest)? {
        if body.len() + chunk.len() > limit {
            return Err(Error::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| Error::Answer(error.to_string()))
    }
}

/// An answer whose body comes bit by bit.
pub struct Stream {
    pub status: StatusCode,
    pub headers: HeaderMap,
    response: reqwest::Response,
    timeout: Duration,
}

impl Stream {
    /// The next bytes, `None` at the end. A silence longer than the request's timeout is an error.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let chunk = tokio::time::timeout(self.timeout, self.response.chunk());
        chunk
            .await
            .map_err(|_| Error::Timeout(self.timeout))?
            .map_err(Error::from_reqwest)
    }

    /// Reads the rest as a whole: for the body of an error.
    pub async fn rest(self, max_body: usize) -> Result<Response, Error> {
        let Self {
            status,
            headers,
            response,
            timeout,
        } = self;
        let body = tokio::time::timeout(timeout, read(response, max_body));
        let body = body.await.map_err(|_| Error::Timeout(timeout))??;
        Ok(Response { status, headers, body })
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
