//! Every text and number of every message that clients send, over its bound, as the interface's description lists them.

use engine::Engine;
use http::Request;
use http_body_util::{BodyExt, Full};
use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FileDescriptorSet};
use proto::v1::GetStatusRequest;
use tonic::body::Body;

use crate::support::client::{self, Credentials};
use crate::support::keyd::SoftwareKeyd;
use crate::support::{InProcess, client::raw};

/// A client's data: bounded by what the header says, and by the size of a message.
const DATA: [&str; 2] = ["SubmitRequest.chunk", "SubmitRequest.plaintext_chunk"];

/// A field below a message: its name, and the numbers on the way to it.
struct Field {
    name: String,
    path: Vec<i32>,
    is_repeated: bool,
}

/// All texts and numbers in a message and in those within it.
fn fields(set: &FileDescriptorSet, message: &str, path: &[i32]) -> Vec<Field> {
    let found = |m: &&DescriptorProto| format!(".coffer.v1.{}", m.name()) == message;
    let message = set.file[0].message_type.iter().find(found).unwrap();
    let mut all = Vec::new();
    for field in &message.field {
        let path = [path, &[field.number()]].concat();
        match field.r#type() {
            Type::String | Type::Bytes => all.push(Field {
                name: format!("{}.{}", message.name(), field.name()),
                path,
                is_repeated: field.label() == Label::Repeated,
            }),
            Type::Message => all.extend(fields(set, field.type_name(), &path)),
            _ => {}
        }
    }
    all
}

/// The message in which the field, so many times, has these bytes, and nothing else is set.
fn message(path: &[i32], content: &[u8], times: usize) -> Vec<u8> {
    let [number, rest @ ..] = path else { return content.to_vec() };
    let (inner, times) = if rest.is_empty() { (content.to_vec(), times) } else { (message(rest, content, times), 1) };
    let mut one = Vec::new();
    prost::encoding::encode_key(*number as u32, prost::encoding::WireType::LengthDelimited, &mut one);
    prost::encoding::encode_varint(inner.len() as u64, &mut one);
    [one, inner].concat().repeat(times)
}

async fn refused(box_: &InProcess, credentials: Option<&Credentials>, method: &str, message: Vec<u8>) -> (i32, String) {
    let address = if credentials.is_some() { box_.service } else { box_.enrolment };
    let framed = [vec![0], (message.len() as u32).to_be_bytes().to_vec(), message].concat();
    let request = Request::builder().method("POST").uri(format!("http://coffer{method}"));
    let request = request.header("content-type", "application/grpc").header("te", "trailers");
    let response = raw(address, credentials, request.body(Body::new(Full::from(framed))).unwrap()).await;
    let (head, body) = response.into_parts();
    let trailers = body.collect().await.unwrap().trailers().cloned().unwrap_or_default();
    let status = tonic::Status::from_header_map(&head.headers).or(tonic::Status::from_header_map(&trailers)).unwrap();
    (status.code() as i32, status.message().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_too_long_is_refused_by_its_name_and_both_services_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), Engine::without_card("none"));
    let credentials = client::enrol(box_.enrolment, &box_.code("admin"), "admin").await.unwrap();
    let mut admin = client::connect(box_.service, Some(&credentials)).await.unwrap();
    let set = FileDescriptorSet::decode(proto::DESCRIPTOR).unwrap();
    let mut checked = 0;
    for service in &set.file[0].service {
        let is_open = service.name() == "Enrolment";
        for method in &service.method {
            let path = format!("/coffer.v1.{}/{}", service.name(), method.name());
            for field in fields(&set, method.input_type(), &[]) {
                if DATA.contains(&field.name.as_str()) {
                    continue;
                }
                let mut cases = vec![(10_000, 1), (if is_open { 30_000 } else { 100_000 }, 1)];
                // A list that is too long: exponents are as many as the header's shape says.
                if field.is_repeated && field.name != "ModularExponentiation.exponents" {
                    cases.push((7, 2_000));
                }
                for (length, times) in cases {
                    let message = message(&field.path, &vec![b'a'; length], times);
                    let (code, text) = refused(&box_, (!is_open).then_some(&credentials), &path, message).await;
                    let field_name = field.name.rsplit('.').next().unwrap();
                    assert_eq!(code, tonic::Code::InvalidArgument as i32, "{path} {}: {text}", field.name);
                    assert!(text.contains(field_name) && text.len() < 200, "{path} {}: {text}", field.name);
                    checked += 1;
                }
                admin.get_status(GetStatusRequest { with_tpm: true }).await.unwrap();
            }
        }
    }
    assert!(checked > 80, "{checked}");
    assert!(crate::support::log(folder.path()).len() < 100_000);
}
