//! A browser as a careful person uses it: it knows the certificate by the fingerprint on the box's screen, keeps cookies, fills in the forms
//! that a page shows, and goes where an answer sends it. No script, HTTP/1.1, a connection a request. Or it is at a proxy on this machine, and
//! speaks plain HTTP.
#![forbid(unsafe_code)]

mod page;
mod pinned;
mod telephone;

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

pub use page::Page;
use pinned::Pinned;
pub use telephone::Telephone;

/// An emulated box is slow.
const WAIT: Duration = Duration::from_secs(120);
/// Pages that send to other pages, in a row.
const HOPS: usize = 8;

/// One, with its own cookies.
pub struct Browser {
    address: SocketAddr,
    /// Name and port, as it sends them.
    host: String,
    /// None: plain HTTP.
    tls: Option<Arc<ClientConfig>>,
    cookies: BTreeMap<String, String>,
    /// Sent with each request.
    pub headers: Vec<(String, String)>,
    /// The hidden token of the last page that had a form.
    pub token: String,
}

impl Browser {
    /// `fingerprint`: SHA-256 of the certificate, hexadecimal, with blanks or without.
    pub fn new(address: SocketAddr, fingerprint: &str) -> Browser {
        Browser { tls: Some(Arc::new(Pinned::config(fingerprint))), ..Browser::plain(address, &address.to_string()) }
    }

    /// `host`: name and port that lead to this address.
    pub fn plain(address: SocketAddr, host: &str) -> Browser {
        let headers = [("accept-language", "en"), ("sec-fetch-site", "same-origin")];
        Browser {
            address,
            host: host.into(),
            tls: None,
            cookies: BTreeMap::new(),
            headers: headers.map(|(name, value)| (name.to_string(), value.to_string())).to_vec(),
            token: String::new(),
        }
    }

    /// The screen shows another certificate now.
    pub fn look_at_the_screen(&mut self, address: SocketAddr, fingerprint: &str) {
        (self.address, self.host) = (address, address.to_string());
        self.tls = Some(Arc::new(Pinned::config(fingerprint)));
    }

    /// The page at this path, or where it sends to.
    pub fn get(&mut self, path: &str) -> io::Result<Page> {
        self.follow("GET", path, None)
    }

    /// With the token of the page that was seen last.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> io::Result<Page> {
        let body = self.form(fields);
        self.follow("POST", path, Some(body.as_bytes()))
    }

    /// One request, and its answer, wherever that sends to.
    pub fn send(&mut self, method: &str, path: &str, body: Option<&[u8]>) -> io::Result<Page> {
        let stream = TcpStream::connect_timeout(&self.address, WAIT)?;
        stream.set_read_timeout(Some(WAIT))?;
        stream.set_write_timeout(Some(WAIT))?;
        let answer = match &self.tls {
            Some(tls) => {
                let name = ServerName::IpAddress(self.address.ip().into());
                let connection = ClientConnection::new(tls.clone(), name).map_err(io::Error::other)?;
                self.exchange(StreamOwned::new(connection, stream), method, path, body)?
            }
            None => self.exchange(stream, method, path, body)?,
        };
        let page = Page::parse(path, &answer).ok_or(io::ErrorKind::InvalidData)?;
        self.keep(&page);
        Ok(page)
    }

    fn exchange(
        &self,
        mut stream: impl Read + Write,
        method: &str,
        path: &str,
        body: Option<&[u8]>,
    ) -> io::Result<Vec<u8>> {
        stream.write_all(self.request(method, path, body).as_bytes())?;
        if let Some(body) = body {
            stream.write_all(body)?;
        }
        stream.flush()?;
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            // Who closes a connection without saying so has still sent what it sent.
            Err(e) if e.kind() != io::ErrorKind::UnexpectedEof => return Err(e),
            _ => {}
        }
        Ok(answer)
    }

    /// A form's body, with the token.
    pub fn form(&self, fields: &[(&str, &str)]) -> String {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("token", &self.token);
        body.extend_pairs(fields);
        body.finish()
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub fn forget_cookie(&mut self, name: &str) {
        self.cookies.remove(name);
    }

    fn follow(&mut self, method: &str, path: &str, body: Option<&[u8]>) -> io::Result<Page> {
        let mut page = self.send(method, path, body)?;
        for _ in 0..HOPS {
            let Some(next) = page.location() else { return Ok(page) };
            page = self.send("GET", &next, None)?;
        }
        Err(io::Error::other(format!("{path} sends round and round")))
    }

    fn request(&self, method: &str, path: &str, body: Option<&[u8]>) -> String {
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.host);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            text += &format!("cookie: {}\r\n", pairs.join("; "));
        }
        if let Some(body) = body {
            if self.tls.is_none() && !self.headers.iter().any(|(name, _)| name == "origin") {
                text += &format!("origin: http://{}\r\n", self.host);
            }
            let kind = "application/x-www-form-urlencoded";
            text += &format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len());
        }
        text + "\r\n"
    }

    fn keep(&mut self, page: &Page) {
        for cookie in page.all("set-cookie") {
            let Some((name, rest)) = cookie.split_once('=') else { continue };
            let value = rest.split(';').next().unwrap_or_default();
            match rest.contains("Max-Age=0") {
                true => drop(self.cookies.remove(name)),
                false => drop(self.cookies.insert(name.into(), value.into())),
            }
        }
        if let Some(token) = page.hidden("token") {
            self.token = token;
        }
    }
}
