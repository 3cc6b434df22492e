# The image's C library is musl, so that what is built here is one static file that needs nothing beside it; musl
# resolves names (`redis`) from /etc/hosts and /etc/resolv.conf, which the engine puts into every container.
FROM rust:1.95-alpine AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY crates crates
COPY bench bench
# As crates/tabuada/tests/tools/supply builds it: no path of this machine in the binary, and no date.
ENV SOURCE_DATE_EPOCH=0 RUSTFLAGS="--remap-path-prefix=/usr/local/cargo=/cargo --remap-path-prefix=/src=/tabuada"
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package tabuada --bin tabuada && cp target/release/tabuada /tabuada

FROM scratch
COPY --from=build /tabuada /tabuada
# Nobody: the service reads and writes no file.
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=2s --start-period=2s --retries=3 CMD ["/tabuada", "health"]
ENTRYPOINT ["/tabuada"]
# In a container, loopback is out of reach.
CMD ["serve", "--listen", "0.0.0.0:8000"]
