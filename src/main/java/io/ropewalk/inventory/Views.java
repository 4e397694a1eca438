package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.engine.GeomReport;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.PathState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes views of slots. Pure, but that it asks the engine and the sessions how things are. */
final class Views {
    private Views() {}

    static DeviceView device(World world, DeviceSlot slot) {
        return device(slot, world.holderOf(slot.name()).orElse(null));
    }

    static DeviceView device(DeviceSlot slot, @Nullable String geom) {
        BlockDevice device = slot.device();
        String uri = slot.desired().uri();
        return device == null
                ? new DeviceView(
                        slot.name(),
                        uri,
                        DeviceState.UNREACHABLE,
                        slot.why(),
                        slot.since(),
                        null,
                        null,
                        List.of(),
                        geom)
                : new DeviceView(
                        slot.name(),
                        uri,
                        DeviceState.OPEN,
                        null,
                        slot.since(),
                        device.geometry().sizeBytes(),
                        device.geometry().sectorSize(),
                        List.copyOf(device.capabilities().asSet()),
                        geom);
    }

    static GeomView geom(World world, GeomSlot slot, SessionPort sessions) {
        DesiredExport export = world.desired().exports().get(slot.name());
        boolean runs = world.geoms().get(slot.name()) == slot;
        if (!runs || export == null || !export.geom().equals(slot.name())) {
            return geom(slot, null);
        }
        return geom(slot, export(export, sessions));
    }

    static GeomView geom(GeomSlot slot, @Nullable ExportView export) {
        GeomReport report = slot.geom().report();
        DesiredGeom desired = slot.desired();
        return new GeomView(
                desired.name(),
                desired.uuid(),
                desired.type(),
                desired.mode(),
                GeomWatch.effective(report.state(), slot.absences().size()),
                report.sizeBytes(),
                report.sectorSize(),
                report.activePaths(),
                paths(slot, report),
                desired.policies(),
                export,
                desired.generation());
    }

    static List<PathView> paths(GeomSlot slot) {
        return paths(slot, slot.geom().report());
    }

    static PathView path(GeomSlot slot, String device) {
        return paths(slot).stream()
                .filter(path -> path.device().equals(device))
                .findFirst()
                .orElseThrow(() -> Refusals.pathNotFound(slot.name(), device));
    }

    /** A path that is not there yet. */
    static PathView newPath(String device, DeviceSlot slot) {
        return new PathView(device, PathState.NEW, null, null, slot.since(), 0);
    }

    /** The desired paths in their order, then those that only drain (R33). */
    private static List<PathView> paths(GeomSlot slot, GeomReport report) {
        Map<String, PathView> attached = new LinkedHashMap<>();
        report.paths().forEach(path -> attached.put(path.device(), of(path)));
        slot.absences().forEach((device, absence) -> attached.put(device, absence.view(device)));
        Map<String, PathView> ordered = new LinkedHashMap<>();
        for (String device : slot.desired().devices()) {
            PathView view = attached.get(device);
            if (view != null) {
                ordered.put(device, view);
            }
        }
        attached.forEach(ordered::putIfAbsent);
        return List.copyOf(ordered.values());
    }

    private static PathView of(PathReport report) {
        return new PathView(
                report.device(), report.state(), report.reason(), report.detail(), report.since(), report.inFlight());
    }

    static ExportView export(DesiredExport export, SessionPort sessions) {
        return new ExportView(
                export.name(),
                export.geom(),
                export.readOnly(),
                export.allowedClients(),
                sessions.uri(export.name()),
                sessions.count(export.name()),
                export.generation());
    }
}
