package io.ropewalk.cli;

import io.ropewalk.cli.GeomInfo.PathInfo;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;

/** {@code list}: one block per geom, with its export as the provider and its paths as the consumers. */
final class ListPrinter {
    private final PrintWriter out;
    private final Map<String, DeviceSize> devices;

    /** @param devices by name, those that tell their size */
    ListPrinter(PrintWriter out, Map<String, DeviceSize> devices) {
        this.out = out;
        this.devices = devices;
    }

    record DeviceSize(long sizeBytes, long sectorSize) {}

    void print(List<GeomInfo> geoms) {
        geoms.forEach(this::print);
    }

    private void print(GeomInfo geom) {
        line("Geom name: " + geom.name());
        line("Type: " + geom.type());
        line("Mode: " + geom.mode());
        line("UUID: " + (geom.uuid().isEmpty() ? "(none)" : geom.uuid()));
        line("State: " + geom.state());
        line("Providers:");
        line("1. Name: " + geom.providerName());
        shape(geom.sizeBytes(), geom.sectorSize());
        line("   Mode: " + opens(geom, 0));
        line("   State: " + geom.state());
        line("Consumers:");
        int number = 1;
        for (PathInfo path : geom.paths()) {
            consumer(number++, path, geom);
        }
        line("");
    }

    private void consumer(int number, PathInfo path, GeomInfo geom) {
        DeviceSize size = devices.getOrDefault(path.device(), new DeviceSize(geom.pathSizeBytes(), geom.sectorSize()));
        line(number + ". Name: " + path.device());
        shape(size.sizeBytes(), size.sectorSize());
        line("   Mode: " + opens(geom, 1));
        line("   State: " + path.state());
    }

    private void shape(long sizeBytes, long sectorSize) {
        line("   Mediasize: " + sizeBytes + " (" + HumanSize.of(sizeBytes) + ")");
        line("   Sectorsize: " + sectorSize);
    }

    /** Who has it open for reading, for writing, for itself alone. Sessions count, and the geom holds its own paths. */
    private static String opens(GeomInfo geom, int own) {
        int writers = geom.readOnly() ? 0 : geom.sessions();
        return "r" + (geom.sessions() + own) + "w" + (writers + own) + "e" + own;
    }

    /** Lines end as everywhere on the systems this is for, wherever it runs. */
    private void line(String text) {
        out.print(text + "\n");
    }
}
