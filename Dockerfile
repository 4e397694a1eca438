# The service as an image: built from this source, on a JRE of just the modules it uses, with an AOT cache trained on the
# base it runs on. docker build -t ropewalk .    (the target "tools" makes the image for "helm test")
ARG JDK_IMAGE=docker.io/library/eclipse-temurin:25-jdk
ARG RUNTIME_IMAGE=docker.io/library/debian:bookworm-slim

# ---- build: jar, layers, native transports, JRE
FROM ${JDK_IMAGE} AS build
WORKDIR /src
COPY .mvn/ .mvn/
COPY mvnw pom.xml ./
COPY src/main/ src/main/
# Packaged with the service: what it says of each problem.
COPY src/docs/problems.md src/docs/
RUN --mount=type=cache,target=/root/.m2 ./mvnw -B -ntp package -Pimage -Dmaven.test.skip=true -Dcodegen.skip=true -Dspotless.check.skip=true
# Layers by how often they change; the jar of ours names the others in its manifest, so that no loader stands between.
RUN java -Djarmode=tools -jar target/ropewalk-*.jar extract --layers --destination /out/layers --application-filename ropewalk.jar
RUN mkdir -p /out/native /out/health /out/home && cd /out/native \
    && for jar in /out/layers/dependencies/lib/netty-transport-native-*-linux-*.jar; do jar xf "$jar" META-INF/native; done \
    && mv META-INF/native/*.so . && rm -r META-INF
RUN javac --release 25 -d /out/health src/main/docker/Healthcheck.java \
    && javac --release 25 -d /out/training src/main/docker/Training.java
RUN jlink --output /out/jre --no-header-files --no-man-pages --add-modules \
java.base,java.compiler,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,java.prefs,java.scripting,java.security.jgss,java.security.sasl,java.sql,jdk.crypto.cryptoki,jdk.jcmd,jdk.jfr,jdk.management,jdk.naming.dns,jdk.net,jdk.unsupported,jdk.zipfs

# ---- runtime: what train and the image share
FROM ${RUNTIME_IMAGE} AS runtime
ENV JAVA_HOME=/opt/java \
    PATH=/opt/java/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/var/lib/ropewalk \
    LANG=C.UTF-8 \
    SPRING_CONFIG_ADDITIONALLOCATION=file:/opt/ropewalk/defaults/,optional:file:/etc/ropewalk/
WORKDIR /opt/ropewalk
COPY --from=build /out/jre/ /opt/java/
COPY --from=build /out/native/ native/
COPY --from=build /out/health/ health/
COPY src/main/docker/jvm.args ./
# A file and not a variable, which would win over the operator's own file.
COPY src/main/docker/application.yaml defaults/
COPY --from=build /out/layers/dependencies/ ./
COPY --from=build /out/layers/snapshot-dependencies/ ./
COPY --from=build /out/layers/application/ ./

# ---- train: start once, until it is ready and has answered, and remember what was loaded, linked and compiled
FROM runtime AS train
COPY --from=build /out/training/ /tmp/training/
RUN ["java", "-cp", "/tmp/training", "Training", \
    "java", "@/opt/ropewalk/jvm.args", "-Dspring.aot.enabled=true", "-XX:AOTCacheOutput=/opt/ropewalk/ropewalk.aot", "-jar", "/opt/ropewalk/ropewalk.jar", "--ropewalk.data-dir=/tmp/training/data"]

# ---- tools: what "helm test" runs
FROM ${RUNTIME_IMAGE} AS tools
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl libnbd-bin \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log
ENV HOME=/tmp
USER 65532:65532
LABEL org.opencontainers.image.title="Ropewalk tools" \
      org.opencontainers.image.description="curl and nbdinfo, for the Helm chart's tests."

# ---- the image
FROM runtime AS ropewalk
COPY --from=train /opt/ropewalk/ropewalk.aot ./
COPY --from=build --chown=65532:65532 /out/home/ /var/lib/ropewalk/
ARG VERSION=0.1.0-SNAPSHOT
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="Ropewalk" \
      org.opencontainers.image.description="Several paths to one disk, served over NBD as one disk that keeps working while paths fail." \
      org.opencontainers.image.licenses="BSD-2-Clause" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
USER 65532:65532
# Read-only root is fine: nothing else is written to but /tmp (docker run --read-only --tmpfs /tmp).
VOLUME ["/var/lib/ropewalk"]
# 8080 API and Swagger UI, 9090 health and metrics, 10809 NBD. All bind to loopback until you say otherwise.
EXPOSE 8080 9090 10809
# Docker and podman look at this; Kubernetes has probes of its own.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx16m", "-cp", "/opt/ropewalk/health", "Healthcheck", "http://127.0.0.1:9090/actuator/health/readiness"]
# No shell in between: SIGTERM reaches the JVM.
STOPSIGNAL SIGTERM
ENTRYPOINT ["java", "@/opt/ropewalk/jvm.args", "-Dspring.aot.enabled=true", "-XX:AOTCache=/opt/ropewalk/ropewalk.aot", "-jar", "/opt/ropewalk/ropewalk.jar"]
