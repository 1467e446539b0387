//! What one port serves, and how much of it.

use std::sync::Arc;
use std::time::Duration;

use listener::Places;
use proto::v1::coffer_server::CofferServer;
use proto::v1::enrolment_server::EnrolmentServer;
use rustls::ServerConfig;
use tokio::sync::Semaphore;
use tonic::service::Routes;

use crate::common::CofferService;
use crate::enrol::EnrolmentService;
use crate::error::ComputeError;
use crate::limits;
use crate::shared::Shared;
use crate::tls;

#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) shared: Arc<Shared>,
    pub(crate) routes: Routes,
    pub(crate) tls: Arc<ServerConfig>,
    /// Handshakes that are signed at a time.
    pub(crate) signing: Arc<Semaphore>,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// For clients with a certificate.
    Service,
    /// For strangers with a code.
    Enrolment,
}

impl Endpoint {
    pub(crate) fn service(shared: &Arc<Shared>) -> Result<Endpoint, ComputeError> {
        let config = tls::service(&shared.identity, &shared.workshop.keyd)?;
        let server = CofferServer::new(CofferService(shared.clone())).max_decoding_message_size(limits::MESSAGE_MAX);
        Ok(Endpoint::new(shared, Routes::new(server), config, Kind::Service))
    }

    pub(crate) fn enrolment(shared: &Arc<Shared>) -> Result<Endpoint, ComputeError> {
        let config = tls::enrolment(&shared.identity, &shared.workshop.keyd)?;
        let service = EnrolmentService(shared.clone());
        let server = EnrolmentServer::new(service).max_decoding_message_size(4 * limits::CSR_MAX);
        Ok(Endpoint::new(shared, Routes::new(server), config, Kind::Enrolment))
    }

    pub(crate) fn places(&self) -> Places {
        match self.kind {
            Kind::Service => Places {
                all: limits::CONNECTIONS,
                address: limits::CONNECTIONS_ADDRESS,
                client: limits::CONNECTIONS_CLIENT,
            },
            // Strangers have no names.
            Kind::Enrolment => Places { all: limits::ENROLLING, address: limits::ENROLLING_ADDRESS, client: 0 },
        }
    }

    /// The longest that a connection lasts; `None`: as long as its client keeps it.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        (self.kind == Kind::Enrolment).then_some(limits::ENROLLING_TIME)
    }

    /// HTTP/2: calls at a time, and bytes on the way in one call and in a connection.
    pub(crate) fn windows(&self) -> (u32, u32, u32) {
        match self.kind {
            Kind::Service => (limits::STREAMS, limits::STREAM_WINDOW, limits::CONNECTION_WINDOW),
            Kind::Enrolment => (limits::ENROLLING_STREAMS, limits::ENROLLING_WINDOW, limits::ENROLLING_WINDOW),
        }
    }

    fn new(shared: &Arc<Shared>, routes: Routes, config: ServerConfig, kind: Kind) -> Endpoint {
        let (shared, routes, tls) = (shared.clone(), routes.prepare(), Arc::new(config));
        Endpoint { shared, routes, tls, signing: Arc::new(Semaphore::new(limits::SIGNATURES)), kind }
    }
}
