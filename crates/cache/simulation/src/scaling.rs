//! What a fleet costs its Redis.
