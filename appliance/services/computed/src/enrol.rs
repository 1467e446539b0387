//! The enrolment service: a pairing code for a certificate.

use std::sync::Arc;

use ipc::keyd;
use proto::v1::enrolment_server::Enrolment;
use proto::v1::{EnrolRequest, EnrolResponse};
use serde_json::json;
use tonic::{Request, Response, Status};

use crate::audit::now;
use crate::bounds::Bounded;
use crate::clients::Client;
use crate::limits;
use crate::pairing::Attempt;
use crate::shared::{Shared, code_line};
use crate::status::{disk, keyd_status};

pub(crate) struct EnrolmentService(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl Enrolment for EnrolmentService {
    async fn enrol(&self, request: Request<EnrolRequest>) -> Result<Response<EnrolResponse>, Status> {
        let shared = &self.0;
        let request = request.into_inner();
        request.check()?;
        let valid_s = match request.valid_s {
            0 => limits::CLIENT_VALID_DEFAULT_S,
            s if s <= limits::CLIENT_VALID_MAX_S => s,
            _ => return Err(Status::invalid_argument("a certificate is valid for two years at most")),
        };
        if request.certificate_request.is_empty() || request.certificate_request.len() > limits::CSR_MAX {
            return Err(Status::invalid_argument("the certificate request is missing or too long"));
        }
        let _one_at_a_time = shared.enrolling.lock().await;
        // The name before the code, so that a bad name does not use the code up.
        shared.clients.admits(&request.client_name).map_err(Status::invalid_argument)?;
        let attempt = shared.pairing.attempt(&request.pairing_secret).map_err(|e| Status::internal(e.to_string()))?;
        let role = match attempt {
            Attempt::Right(role) => role,
            Attempt::Wrong => return Err(self.refused(&request.client_name, "wrong code").await),
            Attempt::Closed => return Err(self.refused(&request.client_name, "no code is open").await),
            Attempt::Replaced(code) => {
                shared.show(code_line(&code));
                return Err(self.refused(&request.client_name, "wrong code; the box shows a new one").await);
            }
        };
        let issued = shared
            .workshop
            .keyd
            .call(keyd::Request::IssueClientCertificate {
                csr: request.certificate_request,
                client: request.client_name.clone(),
                role: role.name().into(),
                valid_s,
            })
            .await;
        let (der, serial) = match issued {
            Ok(keyd::Reply::Certificate { der, serial }) => (der, serial),
            Ok(_) => return Err(Status::internal("keyd answered something else")),
            Err(e) => {
                // The code is used up: the person at the screen gets another.
                let code = shared.pairing.invite(role).map_err(|e| Status::internal(e.to_string()))?;
                shared.show(code_line(&code));
                return Err(keyd_status(&e));
            }
        };
        let name = request.client_name;
        let detail = json!({ "role": role.name(), "serial": serial, "valid_s": valid_s });
        shared.audit.record(&name, "enrol", detail).await.map_err(|e| disk(&e))?;
        let client = Client { name, role, serial, expires: now() + u64::from(valid_s), revoked: false };
        shared.clients.add(client).await.map_err(|e| disk(&e))?;
        Ok(Response::new(EnrolResponse {
            certificate: der,
            authority: shared.identity.authority.clone(),
            role: role.name().into(),
            device_id: shared.identity.device_id.clone(),
        }))
    }
}

impl EnrolmentService {
    async fn refused(&self, name: &str, why: &str) -> Status {
        // The refusal stands with or without its line.
        let _ = self.0.audit.record(name, "enrolment refused", json!({ "why": why })).await;
        Status::permission_denied(format!("pairing: {why}"))
    }
}
