package io.ropewalk.config;

import io.ropewalk.engine.GeomState;
import io.ropewalk.inventory.GeomView;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.PathView;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/** How the geoms are: DOWN when one is BROKEN, or declared and could not be made; DEGRADED when one is; for people, never a reason to restart. */
final class StorageHealth implements HealthIndicator {
    static final Status DEGRADED = new Status("DEGRADED", "Some geom has lost redundancy");

    private final Inventory inventory;

    StorageHealth(Inventory inventory) {
        this.inventory = inventory;
    }

    @Override
    public Health health() {
        List<GeomView> geoms = inventory.geoms();
        Map<String, String> unmade = inventory.unmadeGeoms();
        Health.Builder health = Health.status(unmade.isEmpty() ? worst(geoms) : Status.DOWN);
        geoms.forEach(geom -> health.withDetail(geom.name(), detail(geom)));
        unmade.forEach((name, why) -> health.withDetail(name, Map.of("declared", why)));
        return health.build();
    }

    private static Status worst(List<GeomView> geoms) {
        if (geoms.stream().anyMatch(geom -> geom.state() == GeomState.BROKEN)) {
            return Status.DOWN;
        }
        return geoms.stream().anyMatch(geom -> geom.state() == GeomState.DEGRADED) ? DEGRADED : Status.UP;
    }

    private static Map<String, Object> detail(GeomView geom) {
        Map<String, Object> detail = new LinkedHashMap<>();
        detail.put("state", geom.state());
        for (PathView path : geom.paths()) {
            detail.put(
                    "path " + path.device(), path.reason() == null ? path.state() : path.state() + " " + path.reason());
        }
        return detail;
    }
}
