//! The ledger keeps what it was told, over processes and crashes.
