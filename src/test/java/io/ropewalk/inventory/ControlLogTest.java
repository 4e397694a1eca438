package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ControlLogTest {
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-22T10:00:00Z"));
    private final EventLog events = new EventLog(now::get, 1000);
    private final List<String> lines = new CopyOnWriteArrayList<>();

    private ControlLog log() {
        return new ControlLog(events, (level, line) -> lines.add(level + " " + line));
    }

    @Test
    void linesNameGeomAndPath() {
        try (ControlLog log = log()) {
            events.append("path.failed", "disk", "a", Map.of("reason", "TIMEOUT"));
            events.append("geom.optimal", "disk", null, Map.of());
        }

        assertThat(lines)
                .containsExactly("WARN path.failed geom=disk path=a {reason=TIMEOUT}", "INFO geom.optimal geom=disk");
    }

    @Test
    void q39_linesThatRepeatAreCountedInstead() {
        try (ControlLog log = log()) {
            for (int i = 0; i < 20; i++) {
                events.append("path.failed", "disk", "a", Map.of());
            }
            events.append("path.failed", "disk", "b", Map.of());
        }

        assertThat(lines.stream().filter("WARN path.failed geom=disk path=a"::equals))
                .hasSize(ControlLog.BURST);
        assertThat(lines)
                .contains(
                        "WARN path.failed geom=disk path=b",
                        "INFO path.failed geom=disk path=a: 15 more like it in 10 s");
    }

    @Test
    void aNewWindowBeginsAfterTheOld() {
        try (ControlLog log = log()) {
            for (int i = 0; i < 6; i++) {
                events.append("path.failed", "disk", "a", Map.of());
            }
            eventually(() -> assertThat(lines).hasSize(5));
            now.updateAndGet(before -> before.plusSeconds(11));
            events.append("path.failed", "disk", "a", Map.of());
        }

        assertThat(lines).hasSize(7).last().isEqualTo("WARN path.failed geom=disk path=a");
        assertThat(lines.get(5)).endsWith("1 more like it in 10 s");
    }

    @Test
    void noLineBreaksOutOfItsLine() {
        try (ControlLog log = log()) {
            events.append("path.failed", "disk", "a", Map.of("why", "x\nINFO all is well"));
        }

        assertThat(lines).singleElement().asString().doesNotContain("\n").contains("x?INFO all is well");
    }
}
