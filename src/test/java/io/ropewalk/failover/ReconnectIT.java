package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * Connections of clients, and to paths, that come and go leave nothing behind in the packaged service: no memory, no thread,
 * no descriptor. {@code -Dreconnects=10000} for how often; the tables grow in {@code target/reconnects-*.md}.
 */
class ReconnectIT {
    private static final int RECONNECTS = Integer.getInteger("reconnects", 300);
    private static final int SAMPLE_EVERY = Math.max(1, RECONNECTS / 12);
    private static final int REQUEST = 4096;
    private static final String GEOM = "rope";

    /** How a client leaves. */
    private enum Leave {
        IN_ORDER,
        CLOSING,
        RESETTING,
        IN_THE_HANDSHAKE,
        WITH_A_REQUEST_IN_FLIGHT
    }

    @Test
    void clientsThatComeAndGoInEveryWayLeaveNothingBehind() throws Exception {
        try (ScratchFolder scratch = ScratchFolder.named("reconnect");
                Backend server = server(scratch);
                PackagedService service = service(scratch, server.uri())) {
            FootprintLog log = new FootprintLog("reconnects-clients.md", "reconnects");
            URI uri = URI.create(service.nbdUri(GEOM));
            Leave[] ways = Leave.values();
            for (int i = 1; i <= RECONNECTS; i++) {
                comeAndGo(uri, ways[i % ways.length]);
                if (i % SAMPLE_EVERY == 0) {
                    sample(service, log, i, 0);
                }
            }
            log.assertFlat();
        }
    }

    private static void comeAndGo(URI uri, Leave how) throws IOException {
        try (PlainClient client = new PlainClient(uri)) {
            if (how == Leave.IN_THE_HANDSHAKE) {
                return;
            }
            client.enter(GEOM).read(REQUEST);
            switch (how) {
                case IN_ORDER -> client.disconnect();
                case RESETTING -> client.reset();
                case WITH_A_REQUEST_IN_FLIGHT -> client.askToRead(REQUEST);
                case CLOSING, IN_THE_HANDSHAKE -> {}
            }
        }
    }

    /** The only path, so that every lost connection is needed again at once; the client notices nothing. */
    @Test
    void aPathThatIsLostAndFoundLeavesNothingBehind() throws Exception {
        try (ScratchFolder scratch = ScratchFolder.named("reconnect");
                Backend server = server(scratch);
                Relay relay = new Relay(server.socket());
                PackagedService service = service(scratch, relay.uri())) {
            FootprintLog log = new FootprintLog("reconnects-paths.md", "reconnects");
            try (PlainClient client = new PlainClient(URI.create(service.nbdUri(GEOM))).enter(GEOM)) {
                for (int i = 1; i <= RECONNECTS; i++) {
                    client.read(REQUEST);
                    relay.drop();
                    if (i % SAMPLE_EVERY == 0) {
                        client.read(REQUEST);
                        sample(service, log, i, 1);
                    }
                }
                client.disconnect();
            }
            log.assertFlat();
            assertThat(service.metric("multipath_geom_io_errors_total"))
                    .as("client errors")
                    .isZero();
        }
    }

    private static Backend server(ScratchFolder scratch) throws IOException {
        Tools.require("nbdkit");
        return new Backend(
                "a",
                scratch.path(),
                List.of("file", Rig.store(scratch.path(), 8 << 20).toString()));
    }

    private static PackagedService service(ScratchFolder scratch, URI path) throws IOException {
        return new PackagedService(
                scratch.path(),
                scratch.path().resolve("service.log"),
                List.of(
                        "--ropewalk.devices.a.uri=" + path,
                        "--ropewalk.geoms." + GEOM + ".paths=a",
                        "--ropewalk.geoms." + GEOM + ".policies.no-path.queue-for=20s"));
    }

    /** Once those who left have been seen off. */
    private static void sample(PackagedService service, FootprintLog log, int count, int sessions) throws Exception {
        Awaitility.await("sessions are over")
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> service.metric("multipath_export_sessions") == sessions);
        log.add(count, Footprint.of(service.pid()));
    }
}
