# One path: nbdkit over the shared file. The file is in the image, so that the first server to start brings it into the volume.
FROM docker.io/library/debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends nbdkit \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=65532 --group=65532 /disk \
    && truncate --size=256M /disk/disk.img && chown 65532:65532 /disk/disk.img
USER 65532:65532
VOLUME /disk
