//! An answer.

/// What came.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it was asked for.
    pub path: String,
    pub status: u16,
    /// Names are in small letters.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Page {
    pub(crate) fn parse(path: &str, answer: &[u8]) -> Option<Page> {
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&answer[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_string())).collect();
        let mut page = Page { path: path.into(), status, headers, body: answer[end + 4..].to_vec() };
        if page.header("transfer-encoding") == Some("chunked") {
            page.body = joined(&page.body)?;
        }
        Some(page)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn location(&self) -> Option<String> {
        (self.status == 303).then(|| self.header("location").map(String::from)).flatten()
    }

    /// The value of a form's field.
    pub fn hidden(&self, name: &str) -> Option<String> {
        let text = self.text();
        let from = text.find(&format!("name=\"{name}\" value=\""))? + format!("name=\"{name}\" value=\"").len();
        text[from..].split('"').next().map(String::from)
    }

    /// What stands in the first element of this class.
    pub fn of_class(&self, class: &str) -> Option<String> {
        let text = self.text();
        let from = text.find(&format!("class=\"{class}\""))?;
        let from = from + text[from..].find('>')? + 1;
        text[from..].split('<').next().map(|found| found.trim().to_string())
    }

    /// The heading.
    pub fn title(&self) -> String {
        let text = self.text();
        let after = text.split("<h1>").nth(1).unwrap_or_default();
        after.split('<').next().unwrap_or_default().trim().to_string()
    }
}

/// Of a body that came in pieces (RFC 9112, 7.1); `None`: it broke off.
fn joined(mut chunked: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = chunked.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&chunked[..end]).ok()?, 16).ok()?;
        let rest = &chunked[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend(rest.get(..size)?);
        chunked = rest.get(size + 2..)?;
    }
}
