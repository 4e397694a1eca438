package io.ropewalk.label;

import io.ropewalk.block.IoError;

/** What a look at the last sector of a device found. */
public sealed interface LabelReading {

    /** A label, in every field as it should be. Whether it fits the device is another question. */
    record Decoded(Label label) implements LabelReading {}

    /** The magic is not there: the sector holds something else, or nothing. */
    record NoLabel() implements LabelReading {}

    /**
     * Our magic, but a version we do not speak.
     *
     * @param version as on disk, unsigned
     */
    record WrongVersion(long version) implements LabelReading {}

    /**
     * Our magic and version, but a field that cannot be right: torn, garbled, or hostile.
     *
     * @param reason one clause for people
     */
    record Damaged(String reason) implements LabelReading {}

    /** The sector could not be read. */
    record Unreadable(IoError error) implements LabelReading {}
}
