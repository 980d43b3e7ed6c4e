# Builds Doorward and puts it alone into a small image that runs as a user without rights, with a read-only root.
#
# Not tried: `docker build` and `docker run`, since there was no container engine where this was written. Tried: the
# build command of the first stage, from a folder that held what .dockerignore lets through; what it built, under the
# user and folder that the second stage gives it.

FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo build --profile dist --locked --package doorward --bin doorward

FROM debian:bookworm-slim
# Numbers and not names, so that an orchestrator can see that this is not root, and a volume can be given to it.
RUN install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /build/target/dist/doorward /usr/local/bin/doorward
USER 10001:10001
# The folder of doorward.db, of the secrets, and of doorward.toml if there is one. Nothing else is written to.
WORKDIR /data
VOLUME /data
ENV DOORWARD_SERVER__LISTEN=0.0.0.0:5000
EXPOSE 5000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["doorward", "healthcheck"]
ENTRYPOINT ["doorward"]
CMD ["serve"]
