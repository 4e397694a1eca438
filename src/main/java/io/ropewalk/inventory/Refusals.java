package io.ropewalk.inventory;

import io.ropewalk.block.DeviceException;
import io.ropewalk.block.IoError;
import io.ropewalk.engine.Drained;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomRefusal;
import java.time.Duration;

/** Every refusal's words, one wording per condition (Q33). Pure. */
final class Refusals {
    private Refusals() {}

    static InventoryException geomNotFound(String geom) {
        return new InventoryException(
                Problem.GEOM_NOT_FOUND,
                "There is no geom " + quoted(geom) + ".",
                "List the geoms, or create it.",
                geomResource(geom));
    }

    static InventoryException geomExists(String geom) {
        return new InventoryException(
                Problem.GEOM_EXISTS,
                "A geom " + quoted(geom) + " exists.",
                "Choose another name, or stop or destroy that geom first.",
                geomResource(geom));
    }

    static InventoryException exportExists(String export, String geom) {
        return new InventoryException(
                Problem.EXPORT_EXISTS,
                "An export " + quoted(export) + " of geom " + quoted(geom) + " exists.",
                "Choose another name, or delete that export first.",
                exportResource(export));
    }

    static InventoryException geomInUse(String geom, int sessions) {
        return new InventoryException(
                Problem.GEOM_IN_USE,
                "Geom " + quoted(geom) + " is in use: " + sessions + (sessions == 1 ? " session is" : " sessions are")
                        + " open.",
                "Disconnect its clients first, or destroy it with force.",
                geomResource(geom));
    }

    static InventoryException lastPath(String geom, String device) {
        return new InventoryException(
                Problem.LAST_PATH,
                "Device " + quoted(device) + " is the last path of geom " + quoted(geom)
                        + "; removing it would destroy the geom.",
                "Add another path first, or ask for the geom to be destroyed with its last path.",
                pathResource(geom, device));
    }

    static InventoryException lastUsablePath(String geom, String device) {
        return new InventoryException(
                Problem.LAST_PATH,
                "The path over device " + quoted(device) + " is the last usable one of geom " + quoted(geom)
                        + ": requests would go to paths that have failed.",
                "Restore another path first, or ask with force=true for the others to be tried again.",
                pathResource(geom, device));
    }

    static InventoryException nothingToDrainTo(String geom, String device) {
        return new InventoryException(
                Problem.LAST_PATH,
                "The path over device " + quoted(device) + " is the only one of geom " + quoted(geom)
                        + ", and a path that is alone stays in use.",
                "Add another path first, or stop the geom.",
                pathResource(geom, device));
    }

    static InventoryException pathUnflushed(String geom, String device, Drained drained) {
        IoError met = drained.error();
        return new InventoryException(
                Problem.PATH_UNFLUSHED,
                "The path over device " + quoted(device) + " of geom " + quoted(geom) + " is out of use, but "
                        + drained.unflushedBytes() + " bytes that it had acknowledged were not flushed there: "
                        + (met == null ? "it failed while it was drained" : met.message())
                        + ". They may be lost, and each client is told so by an error of its next FLUSH.",
                "Keep the path's server running until it has written back what it holds; the event path.unflushed-lost"
                        + " names the ranges. Drain again to have it flushed, or restore the path.",
                pathResource(geom, device));
    }

    static InventoryException pathInUse(String geom, String device) {
        return new InventoryException(
                Problem.PATH_IN_USE,
                "The path over device " + quoted(device) + " of geom " + quoted(geom)
                        + " was taken into use again while it was drained: somebody restored it, or no other path was left.",
                "See that another path works, then drain it again.",
                pathResource(geom, device));
    }

    static InventoryException pathNotFound(String geom, String device) {
        return new InventoryException(
                Problem.PATH_NOT_FOUND,
                "Geom " + quoted(geom) + " has no path over device " + quoted(device) + ".",
                "List the paths of the geom, or add this one.",
                pathResource(geom, device));
    }

    static InventoryException duplicatePath(String geom, String device) {
        return new InventoryException(
                Problem.PATH_EXISTS,
                "Device " + quoted(device) + " is given more than once as a path of geom " + quoted(geom) + ".",
                "Give every device once.",
                pathResource(geom, device));
    }

    static InventoryException pathNotUsable(String geom, String device, String state) {
        return new InventoryException(
                Problem.PATH_NOT_USABLE,
                "The path over device " + quoted(device) + " in geom " + quoted(geom) + " is " + state
                        + " and cannot become the active one.",
                "Restore the path first, or prefer another.",
                pathResource(geom, device));
    }

    static InventoryException noPathGiven(String geom) {
        return new InventoryException(
                Problem.INVALID_VALUE,
                "Geom " + quoted(geom) + " is given no path.",
                "Give at least one device.",
                geomResource(geom));
    }

    static InventoryException tooManyPaths(String geom, int paths) {
        return new InventoryException(
                Problem.TOO_MANY_PATHS,
                "Geom " + quoted(geom) + " would have " + paths + " paths, more than " + Geom.MAXIMUM_PATHS + ".",
                "Give fewer devices, or remove a path first.",
                geomResource(geom));
    }

    static InventoryException noUsablePath(String geom) {
        return new InventoryException(
                Problem.NO_USABLE_PATH,
                "Geom " + quoted(geom) + " has no usable path.",
                "Restore or add a path first.",
                geomResource(geom));
    }

    static InventoryException deviceNotFound(String device) {
        return new InventoryException(
                Problem.DEVICE_NOT_FOUND,
                "There is no device " + quoted(device) + ".",
                "List the devices, or register it.",
                deviceResource(device));
    }

    static InventoryException deviceExists(String device) {
        return new InventoryException(
                Problem.DEVICE_EXISTS,
                "A device " + quoted(device) + " exists.",
                "Choose another name, or remove that device first.",
                deviceResource(device));
    }

    static InventoryException uriExists(String device, String uri) {
        return new InventoryException(
                Problem.DEVICE_EXISTS,
                "Device " + quoted(device) + " opens " + uri + " already.",
                "Use that device: a second one of the same URI would be the same path twice.",
                deviceResource(device));
    }

    static InventoryException deviceInUse(String device, String geom) {
        return new InventoryException(
                Problem.DEVICE_IN_USE,
                "Device " + quoted(device) + " is a path of geom " + quoted(geom) + ".",
                "Remove it from that geom first.",
                deviceResource(device));
    }

    static InventoryException deviceUnreachable(String device, String why) {
        return new InventoryException(
                Problem.DEVICE_UNREACHABLE,
                "Device " + quoted(device) + " is not open: " + sentence(why),
                "Bring up what is behind its URI, then try again.",
                deviceResource(device));
    }

    /** A device did not open while it was being registered. */
    static InventoryException didNotOpen(String device, DeviceException e) {
        String why = sentence(String.valueOf(e.getMessage()));
        return switch (e.reason()) {
            case INVALID_URI -> invalidUri(device, why);
            case UNREACHABLE ->
                new InventoryException(
                        Problem.DEVICE_UNREACHABLE,
                        why,
                        "Bring up what is behind the URI, or correct the URI, then try again.",
                        deviceResource(device),
                        e);
            case UNSUITABLE -> unsuitable(device, why);
            case IN_USE ->
                new InventoryException(
                        Problem.DEVICE_IN_USE, why, "End the other use of it first.", deviceResource(device), e);
            case NOT_ALLOWED ->
                new InventoryException(
                        Problem.NOT_ALLOWED,
                        why,
                        "Give the service the right to open it, or choose another device.",
                        deviceResource(device),
                        e);
        };
    }

    static InventoryException invalidUri(String device, String why) {
        return new InventoryException(
                Problem.INVALID_URI, why, "Correct the URI, then try again.", deviceResource(device));
    }

    static InventoryException unsuitable(String device, String why) {
        return new InventoryException(
                Problem.UNSUITABLE_DEVICE, why, "Choose a device that can be a path.", deviceResource(device));
    }

    static InventoryException sizeMismatch(String device, long size, String other, long otherSize) {
        return new InventoryException(
                Problem.SIZE_MISMATCH,
                "Device " + quoted(device) + " has " + size + " bytes, but " + other + " has " + otherSize + ".",
                "Give devices that lead to the same disk.",
                deviceResource(device));
    }

    static InventoryException sectorSizeMismatch(String device, int size, String other, int otherSize) {
        return new InventoryException(
                Problem.SECTOR_SIZE_MISMATCH,
                "Device " + quoted(device) + " has sectors of " + size + " bytes, but " + other + " has sectors of "
                        + otherSize + ".",
                "Give devices that lead to the same disk and show it alike.",
                deviceResource(device));
    }

    static InventoryException invalidName(String kind, String name) {
        return new InventoryException(
                Problem.INVALID_NAME,
                quoted(shown(name)) + " is not a name for a " + kind + ".",
                Names.RULE,
                kind + " " + shown(name));
    }

    static InventoryException invalidValue(String geom, IllegalArgumentException e) {
        return new InventoryException(
                Problem.INVALID_VALUE,
                sentence(String.valueOf(e.getMessage())),
                "Correct the value, then try again.",
                geomResource(geom),
                e);
    }

    static InventoryException reasonTooLong(String geom, String device, int length) {
        return new InventoryException(
                Problem.INVALID_VALUE,
                "The reason has " + length + " characters, more than " + GeomRules.LONGEST_REASON + ".",
                "Give a shorter reason.",
                pathResource(geom, device));
    }

    static InventoryException exportNotFound(String export) {
        return new InventoryException(
                Problem.EXPORT_NOT_FOUND,
                "There is no export " + quoted(export) + ".",
                "List the exports.",
                exportResource(export));
    }

    static InventoryException exportInUse(String export, int sessions) {
        return new InventoryException(
                Problem.EXPORT_IN_USE,
                "Export " + quoted(export) + " is in use: " + sessions
                        + (sessions == 1 ? " session is" : " sessions are") + " open.",
                "Disconnect its clients first, or delete it with force.",
                exportResource(export));
    }

    /** The name of another geom would lead its clients astray. */
    static InventoryException nameOfGeom(String export, String geom) {
        return new InventoryException(
                Problem.GEOM_EXISTS,
                "Export " + quoted(export) + " of geom " + quoted(geom) + " would have the name of another geom.",
                "Choose another name.",
                exportResource(export));
    }

    static InventoryException invalidExport(String export, IllegalArgumentException e) {
        return new InventoryException(
                Problem.INVALID_VALUE,
                sentence(String.valueOf(e.getMessage())),
                "Correct the value, then try again.",
                exportResource(export),
                e);
    }

    static InventoryException neverWas(String resource, long asked) {
        return new InventoryException(
                Problem.STALE_ETAG,
                "The change is meant for generation " + asked + ", but there is no " + resource + ".",
                "Leave out the condition to make it.",
                resource);
    }

    static InventoryException sessionNotFound(String export, String id) {
        return new InventoryException(
                Problem.SESSION_NOT_FOUND,
                "Export " + quoted(export) + " has no session " + quoted(shown(id)) + ".",
                "List the sessions of the export.",
                exportResource(export));
    }

    static InventoryException stale(String resource, long asked, long now) {
        return new InventoryException(
                Problem.STALE_ETAG,
                "The change is meant for generation " + asked + ", but " + resource + " is at generation " + now + ".",
                "Read it again, then decide.",
                resource);
    }

    static InventoryException storeFailed(String resource, StoreException e) {
        return new InventoryException(
                Problem.STORE_FAILED,
                "Nothing was changed, because the change cannot be stored: " + sentence(String.valueOf(e.getMessage())),
                "Make the store work again, then try again.",
                resource,
                e);
    }

    static InventoryException notBegun(Duration waited) {
        return new InventoryException(
                Problem.BUSY,
                "Nothing was changed, because earlier changes took longer than " + waited.toMillis() + " ms.",
                "Try again later.",
                "service");
    }

    static InventoryException notFinished(Duration waited) {
        return InventoryException.undecided(
                Problem.BUSY,
                "The change was begun but took longer than " + waited.toMillis()
                        + " ms; whether it happens is not known yet.",
                "Look at the state before trying again.",
                "service");
    }

    static InventoryException interrupted() {
        return InventoryException.undecided(
                Problem.BUSY,
                "The caller was interrupted while the change was under way; whether it happens is not known yet.",
                "Look at the state before trying again.",
                "service");
    }

    static InventoryException geomStopping(String geom) {
        return new InventoryException(
                Problem.STOPPING,
                "Geom " + quoted(geom) + " is stopping.",
                "Wait until it is gone, or create it anew.",
                geomResource(geom));
    }

    static InventoryException stopping() {
        return new InventoryException(
                Problem.STOPPING, "The service is stopping.", "Try again when it is up.", "service");
    }

    /** The engine's own refusal; its message has the numbers. */
    static InventoryException of(String geom, String device, GeomRefusal refusal) {
        String why = sentence(String.valueOf(refusal.getMessage()));
        String resource = pathResource(geom, device);
        return switch (refusal.reason()) {
            case PATH_NOT_FOUND -> pathNotFound(geom, device);
            case PATH_EXISTS -> duplicatePath(geom, device);
            case TOO_MANY_PATHS -> tooManyPaths(geom, Geom.MAXIMUM_PATHS + 1);
            case SIZE_MISMATCH -> engine(Problem.SIZE_MISMATCH, why, resource);
            case SECTOR_SIZE_MISMATCH -> engine(Problem.SECTOR_SIZE_MISMATCH, why, resource);
            case CAPABILITY_MISMATCH -> engine(Problem.CAPABILITY_MISMATCH, why, resource);
            case PATH_NOT_USABLE -> engine(Problem.PATH_NOT_USABLE, why, resource);
            case STOPPING -> geomStopping(geom);
        };
    }

    private static InventoryException engine(Problem problem, String why, String resource) {
        String correction = problem == Problem.PATH_NOT_USABLE
                ? "Restore the path first, or prefer another."
                : "Give devices that lead to the same disk and can do the same.";
        return new InventoryException(problem, why, correction, resource);
    }

    static String geomResource(String name) {
        return "geom " + name;
    }

    static String deviceResource(String name) {
        return "device " + name;
    }

    static String exportResource(String name) {
        return "export " + name;
    }

    static String pathResource(String geom, String device) {
        return "path " + geom + "/" + device;
    }

    /** With a capital at the start and a period at the end. */
    static String sentence(String text) {
        if (text.isEmpty()) {
            return text;
        }
        String ended = text.endsWith(".") ? text : text + ".";
        return Character.toUpperCase(ended.charAt(0)) + ended.substring(1);
    }

    static String quoted(String name) {
        return '"' + name + '"';
    }

    /** What somebody sent, made fit for a log line: no control characters, not longer than a line. */
    static String shown(String text) {
        String clean = text.replaceAll("\\p{Cntrl}", "?");
        return clean.length() <= 80 ? clean : clean.substring(0, 77) + "...";
    }
}
