//! The compute service: gRPC over mutual TLS, jobs, audit
