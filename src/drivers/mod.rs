//! One folder per broker product; only here are their SDKs named.

pub mod memory;
