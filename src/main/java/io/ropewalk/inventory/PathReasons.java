package io.ropewalk.inventory;

import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.PathState;
import io.ropewalk.engine.Policies;
import java.util.List;

/** Says why a path serves what it serves now: R7 to R9 and what keeps a failed path out, in words. Pure. */
final class PathReasons {
    private PathReasons() {}

    static String why(GeomView geom, PathView path) {
        return switch (path.state()) {
            case ACTIVE -> active(geom, path);
            case READ ->
                "It is usable: reads go to the usable path with the least in flight, changes to " + activeOf(geom)
                        + ".";
            case PASSIVE -> passive(geom, path);
            case FAIL -> failed(geom, path);
            case LOST ->
                "It takes no requests: " + (path.detail() == null ? "it is on its way out" : path.detail())
                        + ". It comes back when its device is there and fits.";
            case NEW -> "It is being added.";
        };
    }

    private static String active(GeomView geom, PathView path) {
        String alone = usable(geom).size() == 1 ? " It is the only usable path." : "";
        return switch (geom.mode()) {
            case ACTIVE_PASSIVE -> "It is the active path: every request goes here." + alone;
            case ACTIVE_READ ->
                "It is the active path: every change goes here, and reads while it is the one with the least in flight."
                        + alone;
            case ACTIVE_ACTIVE ->
                "It is usable: each request goes to the usable path with the least in flight, then to the one idle longest."
                        + alone;
        };
    }

    private static String passive(GeomView geom, PathView path) {
        List<String> inLine = usable(geom).reversed().stream()
                .map(PathView::device)
                .filter(device -> !geom.activePaths().contains(device))
                .toList();
        int place = inLine.indexOf(path.device()) + 1;
        return "It is usable and waits: every request goes to " + activeOf(geom) + ". When that fails, it is number "
                + place + " of " + inLine.size() + " in line, the path added last being the first.";
    }

    private static List<PathView> usable(GeomView geom) {
        return geom.paths().stream()
                .filter(path -> path.state() == PathState.ACTIVE
                        || path.state() == PathState.READ
                        || path.state() == PathState.PASSIVE)
                .toList();
    }

    private static String activeOf(GeomView geom) {
        return geom.activePaths().isEmpty() ? "no path" : geom.activePaths().getFirst();
    }

    private static String failed(GeomView geom, PathView path) {
        FailReason reason = path.reason() == null ? FailReason.IO_ERROR : path.reason();
        String until = switch (reason) {
            case OPERATOR -> "Checks do not restore it; :restore does, and the failure of every other path.";
            case FLAPPING -> "It comes back when it has not failed for a while, or when every other path fails.";
            case IDENTITY -> "It comes back when it leads to the geom's disk again.";
            case IO_ERROR, TIMEOUT, DISCONNECTED, CHECKER ->
                geom.policies().restore() == Policies.Restore.AUTO
                        ? "It comes back when it passes a check, or when every other path fails."
                        : "The geom's policy is not to restore by itself; :restore does, and the failure of every"
                                + " other path.";
        };
        return "It is out of use, " + reason + ": " + path.detail() + ". " + until;
    }
}
