//! A server for tests that says what it is told.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Gives each request, head and body, the answer of `answer`, and hangs up; without one it hangs up at once. The requests are
/// kept.
pub async fn serve<A: Into<Option<String>> + 'static>(
    answer: impl FnMut(&str) -> A + Send + 'static,
) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(Mutex::new(Vec::new()));
    tokio::spawn(run(listener, answer, requests.clone()));
    (address, requests)
}

async fn run<A: Into<Option<String>>>(
    listener: TcpListener,
    mut answer: impl FnMut(&str) -> A,
    requests: Arc<Mutex<Vec<String>>>,
) {
    while let Ok((mut socket, _)) = listener.accept().await {
        let mut request = Vec::new();
        while !is_complete(&request) && socket.read_buf(&mut request).await.is_ok_and(|read| read > 0) {}
        let request = String::from_utf8_lossy(&request).into_owned();
        let answer: Option<String> = answer(&request).into();
        requests.lock().unwrap().push(request);
        if let Some(answer) = answer {
            socket.write_all(answer.as_bytes()).await.ok();
        }
    }
}

fn is_complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |text| text.parse().unwrap());
    body.len() >= length
}

/// A whole answer. `status` as `200 OK`; `headers` end in a line break each.
pub fn reply(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}
