package io.ropewalk.inventory;

import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomReport;
import io.ropewalk.engine.GeomState;
import java.util.List;

/**
 * A geom that runs, for meters.
 *
 * @param absent the paths that it should have and has not, which the geom itself does not know of
 */
public record RunningGeom(Geom geom, List<PathView> absent) {
    public RunningGeom {
        absent = List.copyOf(absent);
    }

    static RunningGeom of(GeomSlot slot) {
        List<PathView> absent = slot.absences().entrySet().stream()
                .map(absence -> absence.getValue().view(absence.getKey()))
                .toList();
        return new RunningGeom(slot.geom(), absent);
    }

    /** How the geom is when it reports so, as views of it say: DEGRADED also for want of a path. */
    public GeomState state(GeomReport report) {
        return GeomWatch.effective(report.state(), absent.size());
    }

    /** Those absent paths that are not on their way in or out, which the report would show too. */
    public List<PathView> absentFrom(GeomReport report) {
        return absent.stream()
                .filter(path -> report.paths().stream()
                        .noneMatch(there -> there.device().equals(path.device())))
                .toList();
    }
}
