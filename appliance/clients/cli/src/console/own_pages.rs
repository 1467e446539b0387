//! What this proxy itself says to a browser, in Chinese and English.

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, SET_COOKIE};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;

use crate::console::gate::Refusal;
use crate::console::rewrite::LeadsAway;
use crate::console::upstream::UpstreamError;

pub(crate) type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// Why a request got no answer of the console's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Box(#[from] UpstreamError),
    #[error(transparent)]
    Away(#[from] LeadsAway),
    #[error("the request is larger than the console takes")]
    TooLarge,
    #[error("the request did not come in time")]
    TooSlow,
    #[error("the request cannot be read")]
    Request,
}

impl Trouble {
    /// Rather than of the browser.
    pub(crate) fn is_of_the_box(&self) -> bool {
        matches!(self, Trouble::Box(_) | Trouble::Away(_))
    }
}

/// The cookie is there from now on. The page goes on by itself: an answer that sends on at once is followed without the cookie by
/// browsers that came here from another program's page (SameSite).
pub(crate) fn entered(cookie: &str) -> Response<Body> {
    let page = "<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=\"0; url=/\"><title>Coffer</title>\
                <p>证明已通过，正在打开控制台。The box has proven itself; the console opens.</p><p><a href=\"/\">/</a></p>";
    let mut answer = page_of("text/html; charset=utf-8", page.into());
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    answer
}

pub(crate) fn home() -> Response<Body> {
    let mut answer = page_of("text/plain; charset=utf-8", String::new());
    answer.headers_mut().insert(LOCATION, HeaderValue::from_static("/"));
    *answer.status_mut() = StatusCode::SEE_OTHER;
    answer
}

pub(crate) fn refused(why: Refusal) -> Response<Body> {
    let (status, chinese, english) = match why {
        Refusal::Host => (
            StatusCode::MISDIRECTED_REQUEST,
            "此处仅应答 coffer console 打印的名称。",
            "Only the name that coffer console printed is answered here.",
        ),
        Refusal::Method => (StatusCode::METHOD_NOT_ALLOWED, "不支持此方法。", "This method is not for here."),
        Refusal::Foreign => (
            StatusCode::FORBIDDEN,
            "请求来自其他网站的页面，已拒绝。",
            "The request came from another site's page, and was not passed on.",
        ),
        Refusal::NoCookie => (
            StatusCode::FORBIDDEN,
            "请打开 coffer console 打印的完整地址。",
            "Open the whole address that coffer console printed.",
        ),
        Refusal::Token => (
            StatusCode::FORBIDDEN,
            "地址中的口令不正确：请完整复制 coffer console 打印的地址。",
            "The address is not the one that coffer console printed: copy it whole.",
        ),
        Refusal::TokenUsed => (
            StatusCode::FORBIDDEN,
            "此地址已被打开过一次。若不是您本人，请结束 coffer console 并重新开始。",
            "This address was opened before. If that was not you, end coffer console and start it again.",
        ),
        Refusal::Ahead => {
            (StatusCode::SERVICE_UNAVAILABLE, "浏览器的预取不予应答。", "A browser that looks ahead gets no answer.")
        }
    };
    let mut answer = page_of("text/plain; charset=utf-8", format!("{chinese}\n{english}\n"));
    *answer.status_mut() = status;
    if why == Refusal::Method {
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    }
    answer
}

pub(crate) fn troubled(trouble: &Trouble) -> Response<Body> {
    let (status, chinese) = match trouble {
        Trouble::Box(UpstreamError::Unreachable { .. }) => (StatusCode::BAD_GATEWAY, "无法连接设备的控制台。"),
        Trouble::Box(UpstreamError::NotBelieved { .. }) => (
            StatusCode::BAD_GATEWAY,
            "应答方无法证明自己是本设备的控制台：可能有人在中间，或设备更换了证书颁发机构。未发送任何内容。",
        ),
        Trouble::Box(UpstreamError::OtherAddress { .. }) => {
            (StatusCode::BAD_GATEWAY, "控制台的证书属于另一个地址：设备是否已更换地址？")
        }
        Trouble::Box(UpstreamError::BrokeOff { .. }) => (StatusCode::BAD_GATEWAY, "与控制台的连接中断。"),
        Trouble::Box(UpstreamError::Silent { .. }) => (StatusCode::GATEWAY_TIMEOUT, "控制台未及时应答。"),
        Trouble::Away(_) => (StatusCode::BAD_GATEWAY, "控制台将浏览器指向其他地址，已阻止。"),
        Trouble::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "请求超过控制台接受的大小。"),
        Trouble::TooSlow => (StatusCode::REQUEST_TIMEOUT, "请求未及时到达。"),
        Trouble::Request => (StatusCode::BAD_REQUEST, "请求无法读取。"),
    };
    let text = format!("{chinese}\n{}\n", crate::error::chain(trouble));
    let mut answer = page_of("text/plain; charset=utf-8", text);
    *answer.status_mut() = status;
    answer
}

fn page_of(kind: &'static str, text: String) -> Response<Body> {
    let mut answer = Response::new(Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync());
    for (name, value) in [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
        (http::header::REFERRER_POLICY, "no-referrer"),
        (http::header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}
