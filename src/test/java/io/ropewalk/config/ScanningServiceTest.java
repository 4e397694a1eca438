package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole service, which looks for disks in a folder; hard links are the cables. */
class ScanningServiceTest {
    @TempDir
    Path folder;

    private void plug(String name) throws IOException {
        Files.createLink(folder.resolve("by-id").resolve(name), folder.resolve("disk.img"));
    }

    private void unplug(String name) throws IOException {
        Files.delete(folder.resolve("by-id").resolve(name));
    }

    private static void eventually(ThrowingRunnable assertion) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(assertion);
    }

    private static List<String> namesOf(HttpResponse<String> listing) {
        return RunningService.read(listing, "$.items[*].name");
    }

    @Test
    @DisplayName("T4 depart_and_arrive: a disk that is unplugged leaves its geom and comes back to it by itself")
    void disksComeAndGo() throws Exception {
        Files.createDirectory(folder.resolve("by-id"));
        try (RandomAccessFile file =
                new RandomAccessFile(folder.resolve("disk.img").toFile(), "rw")) {
            file.setLength(4 << 20);
        }
        try (RunningService service = RunningService.start(
                folder.resolve("data"),
                "--ropewalk.scan.patterns=" + folder + "/by-id/*",
                "--ropewalk.scan.allow=" + folder + "/by-id/wwn-*",
                "--ropewalk.scan.interval=100ms")) {
            plug("wwn-a");
            plug("wwn-b");
            plug("usb-stick");
            eventually(() -> assertThat(namesOf(service.get("/devices"))).containsExactly("wwn-a", "wwn-b"));

            assertThat(service.post("/geoms", """
                    {"name": "disk1", "type": "AUTOMATIC", "paths": ["wwn-a", "wwn-b"]}""").statusCode()).isEqualTo(201);
            unplug("wwn-a");
            eventually(() -> assertThat(statesOf(service)).containsExactly("LOST", "ACTIVE"));

            plug("wwn-a");
            eventually(() -> assertThat(statesOf(service)).containsExactly("PASSIVE", "ACTIVE"));
            assertThat(RunningService.<String>read(service.get("/geoms/disk1"), "$.state"))
                    .isEqualTo("OPTIMAL");
            assertThat(RunningService.<List<String>>read(service.get("/events?pageSize=1000"), "$.items[*].type"))
                    .containsSubsequence(
                            "device.registered", "geom.created", "device.vanished", "path.lost", "path.added");
        }
    }

    private static List<String> statesOf(RunningService service) {
        return RunningService.read(service.get("/geoms/disk1"), "$.paths[*].state");
    }
}
