package io.ropewalk.label;

import java.util.List;

/** How labelling a disk ended. */
public sealed interface LabellingResult {

    /**
     * The label is on the disk and every device shows it.
     *
     * @param through the device it was written through
     */
    record Labelled(Label label, String through) implements LabellingResult {}

    /** A device has not the shape the label is for; nothing was read or written. */
    record ShapeMismatch(Kind kind, Culprit culprit) implements LabellingResult {

        /** In what. */
        public enum Kind {
            SIZE,
            SECTOR_SIZE
        }
    }

    /** The last sector, or the end of the device, is in use (Q29); nothing was written. */
    record ForeignDataFound(List<Culprit> culprits) implements LabellingResult {
        public ForeignDataFound {
            culprits = List.copyOf(culprits);
        }
    }

    /** These devices do not show the label, or what was there before: they are not that disk, or cannot be asked. */
    record NotTheSameDisk(List<Culprit> culprits, Aftermath aftermath) implements LabellingResult {
        public NotTheSameDisk {
            culprits = List.copyOf(culprits);
        }
    }

    /** No device took the write; here is what each said. */
    record NotWritten(List<Culprit> culprits, Aftermath aftermath) implements LabellingResult {
        public NotWritten {
            culprits = List.copyOf(culprits);
        }
    }

    /** What labelling that failed left on the disk. */
    enum Aftermath {
        /** What was there before: it was not touched. */
        NOTHING_WRITTEN,
        /** What was there before: the label was written, and replaced by it again. */
        TAKEN_BACK,
        /** The label, because the caller wanted it kept. */
        KEPT,
        /** The label may be there: it could not be taken back for certain. */
        UNCERTAIN
    }
}
