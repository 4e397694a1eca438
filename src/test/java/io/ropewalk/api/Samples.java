package io.ropewalk.api;

import io.ropewalk.block.Capability;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.engine.Policies;
import io.ropewalk.inventory.DeviceState;
import io.ropewalk.inventory.DeviceView;
import io.ropewalk.inventory.EventView;
import io.ropewalk.inventory.ExportView;
import io.ropewalk.inventory.GeomView;
import io.ropewalk.inventory.InventoryException;
import io.ropewalk.inventory.PathView;
import io.ropewalk.inventory.Problem;
import io.ropewalk.inventory.SessionView;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Things that an inventory may tell of. */
final class Samples {
    static final Instant THEN = Instant.parse("2026-01-02T03:04:05.678Z");

    static final PathView ACTIVE = new PathView("d1", PathState.ACTIVE, null, null, THEN, 3);
    static final PathView FAILED =
            new PathView("d2", PathState.FAIL, FailReason.TIMEOUT, "no answer within PT2S", THEN, 0);

    private Samples() {}

    static DeviceView device(String name) {
        return new DeviceView(
                name,
                "nbd://127.0.0.1:10809/" + name,
                DeviceState.OPEN,
                null,
                THEN,
                67_108_864L,
                512,
                List.of(Capability.WRITE, Capability.FLUSH),
                null);
    }

    static DeviceView unreachable(String name) {
        return new DeviceView(
                name,
                "nbd://127.0.0.1:10809/" + name,
                DeviceState.UNREACHABLE,
                "connection refused",
                THEN,
                null,
                null,
                List.of(),
                "disk1");
    }

    static ExportView export(String name) {
        return new ExportView(name, name, false, List.of(), "nbd://127.0.0.1:10809/" + name, 1, 4);
    }

    static GeomView geom(String name) {
        return geom(name, GeomState.DEGRADED, Policies.DEFAULT);
    }

    static GeomView geom(String name, GeomState state, Policies policies) {
        return new GeomView(
                name,
                null,
                GeomType.MANUAL,
                Mode.ACTIVE_PASSIVE,
                state,
                67_108_864,
                512,
                List.of("d1"),
                List.of(ACTIVE, FAILED),
                policies,
                export(name),
                7);
    }

    static SessionView session(String id) {
        return new SessionView(id, "disk1", "127.0.0.1:5000", THEN, false, true, 1, 20, 2, 4096, 512);
    }

    static EventView event(long seq) {
        return new EventView(seq, THEN, "path.failed", "disk1", "d2", Map.of("reason", "TIMEOUT"));
    }

    static InventoryException refusal(Problem problem) {
        return new InventoryException(problem, "It is so.", "Do that.", "geom disk1");
    }
}
