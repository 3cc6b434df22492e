# The image contains one static file (its C library is musl, which resolves names from /etc/hosts and /etc/resolv.conf)
# and CA certificates. BuildKit builds it: `docker build`, `docker buildx build --platform linux/amd64,linux/arm64`.
FROM rust:1.95-alpine AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY crates crates
COPY bench bench
# As in crates/tabuada/tests/tools/supply: the binary contains no path of this machine, no date and no symbols.
ENV SOURCE_DATE_EPOCH=0 CARGO_PROFILE_RELEASE_STRIP=symbols RUSTFLAGS="--remap-path-prefix=/usr/local/cargo=/cargo --remap-path-prefix=/src=/tabuada"
# The commit, which the binary prints.
ARG REVISION=unknown
# The caches have explicit names: by default the path is the name, and other projects use the same path. Builds for two
# architectures take turns.
RUN --mount=type=cache,id=tabuada-registry,sharing=locked,target=/usr/local/cargo/registry \
    --mount=type=cache,id=tabuada-target,sharing=locked,target=/src/target \
    TABUADA_COMMIT=$REVISION cargo build --release --locked --package tabuada --bin tabuada && cp target/release/tabuada /tabuada

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Tabuada" \
      org.opencontainers.image.description="A calculator backend that remembers" \
      org.opencontainers.image.source="https://tabuada.example/source" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
# For Redis over TLS (`rediss://`).
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /tabuada /tabuada
# Loopback in a container cannot be reached from outside. As a variable, it stays when arguments are given; a flag or
# `-e TABUADA_LISTEN=…` replaces it, also for the health check.
ENV TABUADA_LISTEN=0.0.0.0:8000
# An unprivileged user: the service reads and writes no file.
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=2s --start-period=2s --retries=3 CMD ["/tabuada", "health"]
ENTRYPOINT ["/tabuada"]
CMD ["serve"]
