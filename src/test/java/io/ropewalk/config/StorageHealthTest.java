package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.engine.Policies;
import io.ropewalk.inventory.GeomView;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.PathView;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

class StorageHealthTest {
    private final Inventory inventory = mock(Inventory.class);
    private final StorageHealth health = new StorageHealth(inventory);

    @Test
    void nothingToServeIsWell() {
        assertThat(of().getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void theWorstGeomCounts() {
        assertThat(of(GeomState.OPTIMAL).getStatus()).isEqualTo(Status.UP);
        assertThat(of(GeomState.OPTIMAL, GeomState.DEGRADED).getStatus().getCode())
                .isEqualTo("DEGRADED");
        assertThat(of(GeomState.BROKEN, GeomState.DEGRADED, GeomState.OPTIMAL).getStatus())
                .isEqualTo(Status.DOWN);
        assertThat(of(GeomState.STOPPING).getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void everyGeomSaysHowItsPathsAre() {
        assertThat(of(GeomState.DEGRADED).getDetails())
                .containsEntry(
                        "g0",
                        Map.of("state", GeomState.DEGRADED, "path d1", PathState.ACTIVE, "path d2", "FAIL TIMEOUT"));
    }

    @Test
    void aDeclaredGeomThatDoesNotExistIsDown() {
        when(inventory.unmadeGeoms()).thenReturn(Map.of("disk1", "none of its devices can be opened"));

        Health told = of(GeomState.OPTIMAL);

        assertThat(told.getStatus()).isEqualTo(Status.DOWN);
        assertThat(told.getDetails()).containsEntry("disk1", Map.of("declared", "none of its devices can be opened"));
    }

    private Health of(GeomState... states) {
        List<GeomView> geoms = new java.util.ArrayList<>();
        for (GeomState state : states) {
            geoms.add(geom("g" + geoms.size(), state));
        }
        when(inventory.geoms()).thenReturn(geoms);
        return health.health();
    }

    private static GeomView geom(String name, GeomState state) {
        return new GeomView(
                name,
                null,
                GeomType.MANUAL,
                Mode.ACTIVE_PASSIVE,
                state,
                1 << 20,
                512,
                List.of("d1"),
                List.of(
                        new PathView("d1", PathState.ACTIVE, null, null, Instant.EPOCH, 0),
                        new PathView("d2", PathState.FAIL, FailReason.TIMEOUT, "no answer", Instant.EPOCH, 0)),
                Policies.DEFAULT,
                null,
                1);
    }
}
