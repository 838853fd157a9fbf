use tokio::net::TcpListener;

use super::{
    testing::{reply, serve as server},
    *,
};

fn ok(body: &str) -> String {
    reply("200 OK", "", body)
}

fn redirect_to(url: &str) -> String {
    reply("302 Found", &format!("Location: {url}\r\n"), "")
}

fn allowing(hosts: &[&str]) -> Client {
    Client::new(Policy {
        allow_private: false,
        allow_hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
    })
}

#[tokio::test]
async fn says_who_it_is_and_reads_the_answer() {
    let (address, heads) = server(|_| ok(r#"{"a":1}"#)).await;
    let client = Client::new(Policy {
        allow_private: true,
        ..Policy::default()
    });
    let response = client
        .get(&format!("http://{address}/x"))
        .query(&[("q", "a b")])
        .send()
        .await
        .unwrap();
    assert_eq!(
        response.json::<serde_json::Value>().unwrap(),
        serde_json::json!({"a": 1})
    );
    let head = heads.lock().unwrap().remove(0).to_lowercase();
    assert!(head.starts_with("get /x?q=a+b "), "{head}");
    assert!(
        head.contains(&format!("user-agent: voce/{}", env!("CARGO_PKG_VERSION"))),
        "{head}"
    );
}

#[tokio::test]
async fn refuses_literal_addresses_and_other_schemes() {
    let client = Client::new(Policy::default());
    for url in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://10.0.0.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://192.168.0.1/",
        "http://224.0.0.1/",
        "http://0.0.0.0/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
    ] {
        let error = client.get(url).send().await.unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{url}: {error}");
        assert!(error.before_sending() && error.is_final());
    }
    for url in [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://example.com/",
        "nonsense",
    ] {
        assert!(
            matches!(client.get(url).send().await.unwrap_err(), Error::Url(_)),
            "{url}"
        );
    }
}

#[tokio::test]
async fn refuses_names_that_resolve_to_this_machine() {
    let (address, heads) = server(|_| ok("secret")).await;
    let client = Client::new(Policy::default());
    let error = client
        .get(&format!("http://localhost:{}/", address.port()))
        .send()
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::Refused(host) if host == "localhost"), "{error}");
    assert!(heads.lock().unwrap().is_empty());
}

#[tokio::test]
async fn refuses_redirects_to_private_addresses() {
    for target in [
        "http://127.0.0.2/",
        "http://[::1]/",
        "http://localhost:1/",
        "http://169.254.169.254/",
    ] {
        let (address, _) = server(move |_| redirect_to(target)).await;
        let error = allowing(&["127.0.0.1"])
            .get(&format!("http://{address}/"))
            .send()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{target}: {error}");
    }
    let (address, _) = server(|_| redirect_to("file:///etc/passwd")).await;
    let error = allowing(&["127.0.0.1"])
        .get(&format!("http://{address}/"))
        .send()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Url(_)), "{error}");
}

#[tokio::test]
async fn keeps_the_token_from_other_hosts() {
    let (other, other_heads) = server(|_| ok("done")).await;
    let (address, heads) = server(move |head| {
        if head.starts_with("GET /same") {
            redirect_to(&format!("http://{other}/"))
        } else {
            redirect_to("/same")
        }
    })
    .await;
    let response = allowing(&["127.0.0.1"])
        .get(&format!("http://{address}/"))
        .bearer("t0k3n")
        .send()
        .await
        .unwrap();
    assert_eq!(&response.body[..], b"done");
    assert!(heads.lock().unwrap().iter().all(|head| head.contains("t0k3n")));
    assert!(!other_heads.lock().unwrap()[0].contains("t0k3n"));
}

#[tokio::test]
async fn follows_five_redirects_and_no_post() {
    let (address, heads) = server(|_| redirect_to("/again")).await;
    let client = allowing(&["127.0.0.1"]);
    let error = client.get(&format!("http://{address}/")).send().await.unwrap_err();
    assert!(matches!(error, Error::Redirects(5)), "{error}");
    assert_eq!(heads.lock().unwrap().len(), 6);
    let response = client
        .post(&format!("http://{address}/"))
        .form(&[("a", "b")])
        .send()
        .await
        .unwrap();
    assert_eq!(response.status, StatusCode::FOUND);
    assert_eq!(heads.lock().unwrap().len(), 7);
}

#[tokio::test]
async fn limits_size_announced_or_not() {
    let client = allowing(&["127.0.0.1"]);
    let (announced, _) = server(|_| ok(&"x".repeat(2000))).await;
    let (endless, _) = server(|_| format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", "x".repeat(2000))).await;
    for address in [announced, endless] {
        let error = client
            .get(&format!("http://{address}/"))
            .max_body(1999)
            .send()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::TooLarge(1999)), "{error}");
        let whole = client
            .get(&format!("http://{address}/"))
            .max_body(2000)
            .send()
            .await
            .unwrap();
        assert_eq!(whole.body.len(), 2000);
    }
}

#[tokio::test]
async fn limits_time_and_tells_a_refused_connection_apart() {
    let client = allowing(&["127.0.0.1"]);
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let error = client
        .get(&url)
        .timeout(Duration::from_millis(50))
        .send()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Timeout(_)) && !error.before_sending(), "{error}");
    drop(silent);
    let error = client.get(&url).send().await.unwrap_err();
    assert!(
        matches!(error, Error::Connect { .. }) && error.before_sending(),
        "{error}"
    );
}

#[tokio::test]
async fn streams() {
    let (address, _) = server(|_| "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nevent: a\n\n".to_owned()).await;
    let mut stream = allowing(&["127.0.0.1"])
        .get(&format!("http://{address}/"))
        .stream()
        .await
        .unwrap();
    let mut all = Vec::new();
    while let Some(chunk) = stream.next().await.unwrap() {
        all.extend_from_slice(&chunk);
    }
    assert_eq!(all, b"event: a\n\n");
}

#[tokio::test]
async fn unsound_headers_are_told() {
    let error = Client::new(Policy::default())
        .get("https://example.com/")
        .header("x", "a\nb")
        .send()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Request(_)), "{error}");
}
