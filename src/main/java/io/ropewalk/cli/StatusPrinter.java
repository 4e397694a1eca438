package io.ropewalk.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** {@code status}: a table with a line per path. */
final class StatusPrinter {
    private static final String GAP = "  ";

    private final PrintWriter out;
    private final Function<GeomInfo, String> nameOf;

    /** @param geomNames whether geoms are called by their own name, not by their provider's */
    StatusPrinter(PrintWriter out, boolean geomNames) {
        this.out = out;
        this.nameOf = geomNames ? GeomInfo::name : GeomInfo::providerName;
    }

    /** For people: a header, columns in line, name and status once per geom. */
    void printTable(List<GeomInfo> geoms) {
        if (geoms.isEmpty()) {
            return;
        }
        int nameWidth = width("Name", geoms, nameOf);
        int statusWidth = width("Status", geoms, GeomInfo::state);
        row(nameWidth, "Name", statusWidth, "Status", "Components");
        for (GeomInfo geom : geoms) {
            String name = nameOf.apply(geom);
            String status = geom.state();
            for (String component : components(geom)) {
                row(nameWidth, name, statusWidth, status, component);
                name = "";
                status = "";
            }
        }
    }

    /** For scripts: no header, no padding, every line complete. */
    void printScript(List<GeomInfo> geoms) {
        for (GeomInfo geom : geoms) {
            for (String component : components(geom)) {
                row(0, nameOf.apply(geom), 0, geom.state(), component);
            }
        }
    }

    private static int width(String header, List<GeomInfo> geoms, Function<GeomInfo, String> column) {
        return geoms.stream().map(column).mapToInt(String::length).reduce(header.length(), Math::max);
    }

    private static List<String> components(GeomInfo geom) {
        List<String> components = new ArrayList<>();
        geom.paths().forEach(path -> components.add(path.device() + " (" + path.state() + ")"));
        return components.isEmpty() ? List.of("N/A") : components;
    }

    private void row(int nameWidth, String name, int statusWidth, String status, String component) {
        out.print(padded(name, nameWidth) + GAP + padded(status, statusWidth) + GAP + component + "\n");
    }

    private static String padded(String text, int width) {
        return " ".repeat(Math.max(0, width - text.length())) + text;
    }
}
