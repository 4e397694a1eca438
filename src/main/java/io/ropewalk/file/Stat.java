package io.ropewalk.file;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/**
 * What statx(2) tells of a file. Its struct, unlike that of stat(2), is the same on every architecture. One thread.
 */
final class Stat {
    /** Size of struct statx. */
    static final int BYTES = 256;
    /** STATX_BASIC_STATS and STATX_DIOALIGN. */
    static final int MASK = 0x7ff | 0x2000;

    private static final int DIO_ALIGNMENT = 0x2000;
    private static final int TYPE_MASK = 0xf000;

    private int mask;
    private int mode;
    private int preferredBytes;
    private long inode;
    private long sizeBytes;
    private long deviceNumber;
    private long specialNumber;
    private int directMemoryAlignment;
    private int directOffsetAlignment;

    void read(MemorySegment from) {
        mask = from.get(JAVA_INT, 0x00);
        preferredBytes = from.get(JAVA_INT, 0x04);
        mode = from.get(JAVA_SHORT, 0x1c) & 0xffff;
        inode = from.get(JAVA_LONG, 0x20);
        sizeBytes = from.get(JAVA_LONG, 0x28);
        specialNumber = number(from, 0x80);
        deviceNumber = number(from, 0x88);
        directMemoryAlignment = from.get(JAVA_INT, 0x98);
        directOffsetAlignment = from.get(JAVA_INT, 0x9c);
    }

    private static long number(MemorySegment from, long offset) {
        return (long) from.get(JAVA_INT, offset) << 32 | Integer.toUnsignedLong(from.get(JAVA_INT, offset + 4));
    }

    /** What kind of thing it is. */
    Type type() {
        return switch (mode & TYPE_MASK) {
            case 0x8000 -> Type.REGULAR;
            case 0x6000 -> Type.BLOCK;
            case 0x4000 -> Type.FOLDER;
            case 0x2000 -> Type.CHARACTER;
            case 0x1000 -> Type.PIPE;
            case 0xc000 -> Type.SOCKET;
            default -> Type.OTHER;
        };
    }

    long sizeBytes() {
        return sizeBytes;
    }

    /** stx_blksize: the file system's idea of a good I/O size. */
    int preferredBytes() {
        return preferredBytes;
    }

    /** Whether the kernel said how O_DIRECT must be aligned. */
    boolean knowsDirectAlignment() {
        return (mask & DIO_ALIGNMENT) != 0;
    }

    /** 0 where O_DIRECT does not work. */
    int directMemoryAlignment() {
        return directMemoryAlignment;
    }

    /** 0 where O_DIRECT does not work. */
    int directOffsetAlignment() {
        return directOffsetAlignment;
    }

    /** Equal for two files exactly when they are the same store, whatever their paths. */
    Identity identity() {
        return type() == Type.BLOCK ? new Identity(true, specialNumber, 0) : new Identity(false, deviceNumber, inode);
    }

    /**
     * One store of this machine: for a regular file its file system and inode, for a block device its number.
     *
     * @param device major number in the upper half, minor in the lower
     */
    record Identity(boolean block, long device, long inode) {
        /** "major:minor", as under {@code /sys/dev/block}. */
        String deviceNumbers() {
            return (device >>> 32) + ":" + (device & 0xffffffffL);
        }
    }

    /** Kinds of files. */
    enum Type {
        REGULAR("a regular file"),
        BLOCK("a block device"),
        FOLDER("a folder"),
        CHARACTER("a character device"),
        PIPE("a named pipe"),
        SOCKET("a socket"),
        OTHER("neither a regular file nor a block device");

        private final String text;

        Type(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
