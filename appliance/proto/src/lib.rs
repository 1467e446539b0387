//! coffer.v1: the network interface of a Coffer box, generated from protobuf
