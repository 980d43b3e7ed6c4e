//! nginx and HAProxy in front of Doorward. `cargo xtask test` installs both.
//!
//! Both reuse their connections to Doorward for several clients, so the next client would get the answer to a hidden
//! request. Invariant: each client gets exactly the answers to its own requests.

use doorward_test_macros::async_test;
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use super::{Watched, corpus::rows, targets};
use crate::support::{Site, eventually, program::PATIENCE};

const VICTIM: &str = "GET /version?victim HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// Passes on as much as possible without repairing or buffering it.
const NGINX: &str = "
daemon off;
master_process off;
pid FOLDER/pid;
error_log FOLDER/log;
events {}
http {
    access_log off;
    client_body_temp_path FOLDER/body;
    proxy_temp_path FOLDER/proxy;
    fastcgi_temp_path FOLDER/fastcgi;
    uwsgi_temp_path FOLDER/uwsgi;
    scgi_temp_path FOLDER/scgi;
    client_header_timeout 2s;
    client_body_timeout 2s;
    ignore_invalid_headers off;
    underscores_in_headers on;
    upstream doorward { server DOORWARD; keepalive 4; }
    server {
        listen 127.0.0.1:PORT;
        location / {
            proxy_pass http://doorward;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_set_header Host $http_host;
            proxy_request_buffering off;
            proxy_ignore_client_abort on;
        }
    }
}
";

const HAPROXY: &str = "
defaults
    mode http
    timeout connect 5s
    timeout client 2s
    timeout http-request 2s
    timeout server 30s
    option http-keep-alive
    http-reuse always
frontend clients
    bind 127.0.0.1:PORT
    MORE
    default_backend doorward
backend doorward
    server doorward DOORWARD
";

/// A proxy that runs until it is dropped. It is one process, so that killing it leaves no children.
struct Proxy {
    process: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Proxy {
    fn start(program: &str, arguments: &[&str], configuration: &str, doorward: SocketAddr) -> Self {
        let folder = TempDir::new().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let file = folder.path().join("configuration");
        let text = configuration
            .replace("FOLDER", folder.path().to_str().unwrap())
            .replace("PORT", &address.port().to_string())
            .replace("DOORWARD", &doorward.to_string());
        std::fs::write(&file, text).unwrap();
        let process = Command::new(format!("/usr/sbin/{program}"))
            .args(arguments)
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("this test needs nginx and HAProxy: install them, or run `cargo xtask test`, which does");
        let proxy = Self { process, address, _folder: folder };
        eventually("the proxy to listen", || TcpStream::connect(address).ok());
        proxy
    }

    fn nginx(doorward: SocketAddr) -> Self {
        Self::start("nginx", &["-c"], NGINX, doorward)
    }

    fn haproxy(doorward: SocketAddr, more: &str) -> Self {
        Self::start("haproxy", &["-db", "-f"], &HAPROXY.replace("MORE", more), doorward)
    }

    /// Sends `bytes` and returns the answer up to the end of the connection.
    fn send(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        drop(stream.write_all(bytes));
        let mut answer = Vec::new();
        // A reset also ends the answer.
        drop(stream.read_to_end(&mut answer));
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

async fn agree(start: impl FnOnce(SocketAddr) -> Proxy) {
    let site = Site::new().await;
    let watched = Watched::new(&site).await;
    let proxy = start(watched.door.address);
    let (mut wrong, mut passed_on) = (Vec::new(), 0);
    for row in rows() {
        let answer = proxy.send(&row.bytes);
        let victims = [proxy.send(VICTIM.as_bytes()), proxy.send(VICTIM.as_bytes())];
        let of_victims: Vec<_> = victims.iter().flat_map(|answer| targets(answer)).collect();
        let received = [targets(&answer), of_victims.clone()].concat();
        let answered = watched.answered();
        passed_on += usize::from(answered.len() > 2);
        if of_victims != ["/version?victim", "/version?victim"] || received != answered {
            let text = String::from_utf8_lossy(&row.bytes);
            wrong.push(format!("{text:?}: answered {answered:?}: {answer:?}, {victims:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // With fewer rows passed on, the comparison would prove little.
    assert!(passed_on > 15, "only {passed_on} rows were passed on");
}

#[async_test]
async fn nginx_and_doorward_count_the_same_requests() {
    agree(Proxy::nginx).await;
}

#[async_test]
async fn haproxy_and_doorward_count_the_same_requests() {
    agree(|doorward| Proxy::haproxy(doorward, "")).await;
}

#[async_test]
async fn a_lenient_haproxy_and_doorward_count_the_same_requests() {
    agree(|doorward| Proxy::haproxy(doorward, "option accept-invalid-http-request")).await;
}
