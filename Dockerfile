# annod on Debian 12, built from this tree and Debian's packages alone.
#
#   deploy/build_image        makes a base image with mmdebstrap and builds this with buildah
#   docker build -t annod .   does the same where a registry can be reached
#
# Run it with a volume for the data; everything else may be read-only:
#   podman run --read-only -v annod-data:/data -p 7077:7077 -p 9077:9077 annod:0.2.0 \
#     --listen=0.0.0.0:7077 --http_listen=0.0.0.0:9077 --insecure
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
COPY tools/install_packages tools/
RUN tools/install_packages build
COPY . .
RUN tools/run_bazel build //server:annod //client:annodctl \
 && install -D -t /out bazel-bin/server/annod bazel-bin/client/annodctl \
 && strip /out/*

# The programs, the libraries they load, and nothing else.
FROM ${BASE} AS root
RUN apt-get update -q \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
      libabsl20220623 libgrpc++1.51 libhdf5-103-1 libhwy1 libmicrohttpd12 libprometheus-cpp-core1.0 libprotobuf32 libspdlog1.10 libxxhash0 python3 zlib1g
COPY deploy/image /src/deploy/image
COPY --from=build /out /out
ARG SOURCE_DATE_EPOCH=0
RUN mkdir /image /data && PYTHONDONTWRITEBYTECODE=1 /src/deploy/image/make_root /out /image "$SOURCE_DATE_EPOCH"

FROM scratch
COPY --from=root /image /
COPY --from=root --chown=10001:10001 /data /data
ARG REVISION=unknown
LABEL org.opencontainers.image.title="annod" \
      org.opencontainers.image.description="Nearest neighbours of vectors, over gRPC" \
      org.opencontainers.image.version="0.2.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/usr/local/bin:/usr/bin
USER 10001:10001
VOLUME /data
EXPOSE 7077 9077
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["annodctl", "--server=127.0.0.1:7077", "health"]
ENTRYPOINT ["annod", "--data_dir=/data"]
