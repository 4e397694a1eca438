package io.ropewalk.inventory;

import static io.ropewalk.inventory.Refusals.deviceResource;
import static io.ropewalk.inventory.Refusals.geomResource;
import static io.ropewalk.inventory.Refusals.pathResource;
import static io.ropewalk.inventory.Refusals.quoted;
import static io.ropewalk.inventory.Refusals.sentence;
import static io.ropewalk.inventory.Refusals.shown;

import io.ropewalk.block.Geometry;
import io.ropewalk.label.Culprit;
import io.ropewalk.label.LabellingResult;
import java.util.List;
import java.util.stream.Collectors;

/** The words of the refusals that labels are about, as {@link Refusals}. Pure. */
final class LabelRefusals {
    private LabelRefusals() {}

    static InventoryException invalidLabelName(String geom) {
        return new InventoryException(
                Problem.INVALID_NAME,
                quoted(shown(geom)) + " is not a name for a labelled geom.",
                "Use 1 to 15 letters, digits, dots, hyphens and underscores; the first one a letter or digit.",
                "geom " + shown(geom));
    }

    static InventoryException noRoomForLabel(String device, Geometry geometry) {
        return Refusals.unsuitable(
                device,
                "Device " + quoted(device) + " has " + geometry.sizeBytes() + " bytes in sectors of "
                        + geometry.sectorSize() + ", no room for a label and data.");
    }

    static InventoryException deviceBusy(String device, String purpose) {
        return new InventoryException(
                Problem.DEVICE_IN_USE,
                "Device " + quoted(device) + " is being " + purpose + ".",
                "Wait until that is done.",
                deviceResource(device));
    }

    static InventoryException carriesLabelOf(String device, String geom) {
        return new InventoryException(
                Problem.DEVICE_IN_USE,
                "Device " + quoted(device) + " leads to the disk of geom " + quoted(geom)
                        + "; clearing its label would take it from that geom.",
                "Destroy that geom first.",
                deviceResource(device));
    }

    static InventoryException noLabel(String device, String what) {
        return new InventoryException(
                Problem.NO_LABEL,
                "Device " + quoted(device) + " " + what + ".",
                "Label it, or look at another device.",
                deviceResource(device));
    }

    static InventoryException labelUnreadable(String device, String why) {
        return new InventoryException(
                Problem.DEVICE_UNREACHABLE,
                "The last sector of device " + quoted(device) + " cannot be read: " + sentence(why),
                "Bring up what is behind its URI, then try again.",
                deviceResource(device));
    }

    /** The device is not, or does not show that it is, a way to the geom's disk. */
    static InventoryException labelMismatch(String geom, String device, String what) {
        return new InventoryException(
                Problem.LABEL_MISMATCH,
                "Device " + quoted(device) + " does not lead to the disk of geom " + quoted(geom) + ": " + what + ".",
                "Give a device that leads to that disk.",
                pathResource(geom, device));
    }

    static InventoryException labelMismatch(String geom, List<Culprit> culprits, LabellingResult.Aftermath aftermath) {
        return new InventoryException(
                Problem.LABEL_MISMATCH,
                "The devices of geom " + quoted(geom) + " do not lead to one disk: " + listed(culprits) + "; "
                        + told(aftermath) + ".",
                aftermath == LabellingResult.Aftermath.UNCERTAIN
                        ? "Clear the label of the other devices, then give devices that lead to the same disk."
                        : "Leave those devices out, or give devices that lead to the same disk; block devices of one disk"
                                + " see each other's writes only when registered without ?direct=false.",
                geomResource(geom));
    }

    static InventoryException shapeMismatch(LabellingResult.ShapeMismatch mismatch) {
        Problem problem = mismatch.kind() == LabellingResult.ShapeMismatch.Kind.SIZE
                ? Problem.SIZE_MISMATCH
                : Problem.SECTOR_SIZE_MISMATCH;
        Culprit culprit = mismatch.culprit();
        return new InventoryException(
                problem,
                "Device " + quoted(culprit.device()) + " " + culprit.reason() + ".",
                "Give devices that lead to the same disk.",
                deviceResource(culprit.device()));
    }

    static InventoryException foreignData(String geom, List<Culprit> culprits) {
        return new InventoryException(
                Problem.FOREIGN_DATA,
                "The disk for geom " + quoted(geom) + " is not blank at its end: " + listed(culprits) + ".",
                "Choose another disk, or force the label over what is there.",
                geomResource(geom));
    }

    static InventoryException readOnly(String device) {
        return new InventoryException(
                Problem.READ_ONLY,
                "Device " + Refusals.quoted(device) + " can only be read, and its label would be written.",
                "Make it writable, then try again.",
                Refusals.deviceResource(device));
    }

    static InventoryException labelNotWritten(String geom, List<Culprit> culprits, LabellingResult.Aftermath after) {
        return new InventoryException(
                Problem.LABEL_NOT_WRITTEN,
                "No device took the label of geom " + quoted(geom) + ": " + listed(culprits) + "; " + told(after) + ".",
                "Make one of the devices writable, then try again.",
                geomResource(geom));
    }

    static InventoryException labelNotChanged(String geom, List<Culprit> culprits) {
        return new InventoryException(
                Problem.LABEL_NOT_WRITTEN,
                "Nothing was changed, because the label of geom " + quoted(geom) + " cannot be changed: "
                        + (culprits.isEmpty() ? "no path is there" : listed(culprits)) + ".",
                "Bring back a path that can write, then try again.",
                geomResource(geom));
    }

    static InventoryException labelNotErased(String geom, List<Culprit> culprits) {
        return new InventoryException(
                Problem.LABEL_NOT_WRITTEN,
                "Geom " + quoted(geom) + " stays, because its label cannot be erased: "
                        + (culprits.isEmpty() ? "no path is there" : listed(culprits)) + ".",
                "Bring back a path that can write, stop the geom instead, or destroy it with force and leave the label.",
                geomResource(geom));
    }

    static InventoryException labelNotCleared(String device, List<Culprit> culprits) {
        return new InventoryException(
                Problem.LABEL_NOT_WRITTEN,
                "The label of device " + quoted(device) + " cannot be erased: " + listed(culprits) + ".",
                "Make the device writable, then try again.",
                deviceResource(device));
    }

    static InventoryException erasedButStored(String geom, InventoryException e) {
        return new InventoryException(
                e.problem(),
                "Geom " + quoted(geom) + " was stopped and its label erased, but the store still knows it: "
                        + e.detail(),
                "Make the store work again, then destroy the geom once more.",
                geomResource(geom),
                e);
    }

    static InventoryException madeAnew(String geom) {
        return new InventoryException(
                Problem.BUSY,
                "Nothing was changed, because geom " + quoted(geom) + " was made anew meanwhile.",
                "Look at the geom, then decide.",
                geomResource(geom));
    }

    private static String listed(List<Culprit> culprits) {
        return culprits.stream()
                .map(culprit -> quoted(culprit.device()) + " " + culprit.reason())
                .collect(Collectors.joining(", "));
    }

    private static String told(LabellingResult.Aftermath aftermath) {
        return switch (aftermath) {
            case NOTHING_WRITTEN -> "nothing was written";
            case TAKEN_BACK -> "the label was taken back";
            case KEPT -> "the label was left there";
            case UNCERTAIN -> "the label may be there still";
        };
    }
}
