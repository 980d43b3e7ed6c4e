# Builds Doorward into a small image that runs as an unprivileged user with a read-only root.
#
# Untested, because no container engine was available: `docker build` and `docker run`. Tested: the build command of the
# first stage, in a directory with the files that .dockerignore lets through; and the built program, with the user and
# directory of the second stage.

FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo build --profile dist --locked --package doorward --bin doorward

FROM debian:bookworm-slim
# Numbers instead of names, so that an orchestrator can see that this is not root, and can set the owner of a volume.
RUN install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /build/target/dist/doorward /usr/local/bin/doorward
USER 10001:10001
# The directory of doorward.db, the secrets file, and an optional doorward.toml. Nothing else is written.
WORKDIR /data
VOLUME /data
ENV DOORWARD_SERVER__LISTEN=0.0.0.0:5000
EXPOSE 5000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["doorward", "healthcheck"]
ENTRYPOINT ["doorward"]
CMD ["serve"]
