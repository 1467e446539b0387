//! The enrolment service: it carries requests to keyd, which alone knows the codes and issues certificates.

use std::net::SocketAddr;
use std::sync::Arc;

use ipc::keyd::{Certificate, Reply, Request as ToKeyd};
use ipc::{Bytes, Name};
use listener::household;
use proto::v1::enrolment_server::Enrolment;
use proto::v1::*;
use tonic::{Request, Response, Status};

use accounts::endpoints::Endpoint;

use crate::bounds::Bounded;
use crate::proofs;
use crate::session::allow_stranger;
use crate::shared::Shared;
use crate::status::keyd_status;

pub(crate) struct EnrolmentService(pub(crate) Arc<Shared>);

/// Where a call comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct From(pub(crate) SocketAddr);

#[tonic::async_trait]
impl Enrolment for EnrolmentService {
    async fn enrol(&self, request: Request<EnrolRequest>) -> Result<Response<EnrolResponse>, Status> {
        allow_stranger(&self.0, Endpoint::Enrol)?;
        let address =
            request.extensions().get::<From>().map_or(String::new(), |from| household(from.0.ip()).to_string());
        let request = request.into_inner();
        request.check()?;
        let wanted = ToKeyd::Enrol {
            name: Name::new("EnrolRequest.client_name", request.client_name).map_err(proofs::too_long)?,
            csr: Bytes::new("EnrolRequest.certificate_request", request.certificate_request)
                .map_err(proofs::too_long)?,
            signature: Bytes::new("EnrolRequest.code_signature", request.code_signature).map_err(proofs::too_long)?,
            valid_s: request.valid_s,
            address: Name::shortened(&address),
        };
        self.certificate(wanted).await
    }

    async fn renew(&self, request: Request<RenewRequest>) -> Result<Response<EnrolResponse>, Status> {
        allow_stranger(&self.0, Endpoint::Renew)?;
        let request = request.into_inner();
        request.check()?;
        let proof = proofs::proof(&request.client_name, request.proof)?;
        let csr = Bytes::new("RenewRequest.certificate_request", request.certificate_request);
        self.certificate(ToKeyd::Renew { csr: csr.map_err(proofs::too_long)?, valid_s: request.valid_s, proof }).await
    }

    async fn get_enrolment_challenge(&self, _: Request<GetChallengeRequest>) -> Result<Response<Challenge>, Status> {
        allow_stranger(&self.0, Endpoint::EnrolmentChallenge)?;
        proofs::challenge(&self.0).await
    }

    async fn get_console_authority(
        &self,
        _: Request<GetConsoleAuthorityRequest>,
    ) -> Result<Response<ConsoleAuthority>, Status> {
        allow_stranger(&self.0, Endpoint::ConsoleAuthority)?;
        // One of those who come together asks, and the others wait for what it hears.
        self.0.console_authority.get_or_try_init(|| self.authority()).await.cloned().map(Response::new)
    }
}

impl EnrolmentService {
    async fn authority(&self) -> Result<ConsoleAuthority, Status> {
        let identity = &self.0.identity;
        match self.0.workshop.keyd.call(ToKeyd::ConsoleAuthority).await.map_err(|e| keyd_status(&e))? {
            Reply::ConsoleAuthority { certificate, signature } => Ok(ConsoleAuthority {
                certificate: certificate.into_vec(),
                host_name: identity.host_name(),
                device_id: identity.device_id.as_str().into(),
                signature: signature.into_vec(),
            }),
            _ => Err(Status::internal("keyd answered something else")),
        }
    }

    async fn certificate(&self, wanted: ToKeyd) -> Result<Response<EnrolResponse>, Status> {
        let shared = &self.0;
        match shared.workshop.keyd.call(wanted).await.map_err(|e| keyd_status(&e))? {
            Reply::Certificate(Certificate { der, client }) => {
                // So that its first use finds it.
                shared.clients.read().await.map_err(|e| keyd_status(&e))?;
                Ok(Response::new(EnrolResponse {
                    certificate: der.into_vec(),
                    authority: shared.identity.authority.clone().into_vec(),
                    role: client.role.into_string(),
                    device_id: shared.identity.device_id.clone().into_string(),
                    client_name: client.name.into_string(),
                }))
            }
            _ => Err(Status::internal("keyd answered something else")),
        }
    }
}
