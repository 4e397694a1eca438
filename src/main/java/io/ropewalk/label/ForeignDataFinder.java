package io.ropewalk.label;

import io.ropewalk.label.LabelReading.Decoded;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Recognises what others keep at the end of a disk. Pure.
 *
 * <p>Known by name: partition tables (GPT), software RAID (mdraid 0.90 and 1.0, DRBD), firmware RAID (Intel, DDF, LSI,
 * NVIDIA), ZFS, NTFS, metadata of other GEOM classes, and labels of our own format. Beyond that, any last sector that is
 * not all zero counts as data of somebody's. LVM, LUKS, bcache and mdraid 1.1 and 1.2 keep their metadata at the start
 * of a disk: they are not looked for, a label does not overwrite them.
 */
final class ForeignDataFinder {
    private static final int SECTOR = 512;
    private static final byte[] MD_LITTLE_ENDIAN = {(byte) 0xfc, 0x4e, 0x2b, (byte) 0xa9};
    private static final byte[] MD_BIG_ENDIAN = {(byte) 0xa9, 0x2b, 0x4e, (byte) 0xfc};
    private static final byte[] DDF = {(byte) 0xde, 0x11, (byte) 0xde, 0x11};
    private static final byte[] DRBD_8 = {(byte) 0x83, 0x74, 0x02, 0x6b};
    private static final byte[] DRBD_9 = {(byte) 0x83, 0x74, 0x02, 0x6d};
    private static final int DRBD_MAGIC_AT = 60;
    private static final String GEOM_CLASS = "GEOM::";

    private static final int ZFS_LABEL = 256 << 10;
    private static final int ZFS_UBERBLOCKS_AT = 128 << 10;
    private static final int ZFS_UBERBLOCK = 1 << 10;
    private static final long ZFS_MAGIC = 0x00bab10cL;

    private final DeviceTail tail;

    private ForeignDataFinder(DeviceTail tail) {
        this.tail = tail;
    }

    /** The first thing found, the most telling names first; empty when the last sector is free. */
    static Optional<ForeignData> find(DeviceTail tail) {
        return new ForeignDataFinder(tail).find().map(ForeignData::new);
    }

    private Optional<String> find() {
        return geomClass().or(this::signature).or(this::zfs).or(this::anythingElse);
    }

    private Optional<String> geomClass() {
        byte[] sector = tail.lastSector();
        if (LabelCodec.hasMagic(sector)) {
            return Optional.of(multipathLabel(sector));
        }
        String magic = new String(sector, 0, 16, StandardCharsets.ISO_8859_1);
        int end = magic.indexOf('\0');
        boolean isGeom = magic.startsWith(GEOM_CLASS)
                && magic.chars().limit(Math.max(end, 0)).allMatch(c -> c > ' ' && c < 127);
        return isGeom
                ? Optional.of("metadata of " + (end < 0 ? "a GEOM class" : magic.substring(0, end)))
                : Optional.empty();
    }

    private static String multipathLabel(byte[] sector) {
        return LabelCodec.decode(sector) instanceof Decoded decoded
                ? "the label of geom " + decoded.label().name() + " ("
                        + decoded.label().uuid() + ")"
                : "a multipath label that is damaged or of another version";
    }

    private Optional<String> signature() {
        return signatures().stream()
                .filter(signature -> tail.holds(signature.offset(), signature.magic()))
                .map(Signature::what)
                .findFirst();
    }

    /** Where on a device of this size which bytes would be whose. */
    private List<Signature> signatures() {
        long size = tail.sizeBytes();
        long sectorSize = tail.geometry().sectorSize();
        long last = size - sectorSize;
        List<Signature> all = new ArrayList<>();
        all.add(Signature.text(last, "EFI PART", "a GPT backup header"));
        all.add(Signature.text(last + 3, "NTFS    ", "an NTFS backup boot sector"));
        all.add(Signature.text(size - 2 * sectorSize, "Intel Raid ISM Cfg Sig. ", "Intel RAID metadata"));
        all.add(new Signature(size - SECTOR, DDF, "DDF RAID metadata"));
        all.add(new Signature(size - 257 * SECTOR, DDF, "DDF RAID metadata"));
        all.add(Signature.text(size - SECTOR, "$XIDE$", "LSI MegaRAID metadata"));
        all.add(Signature.text(size - 2 * SECTOR, "NVIDIA", "NVIDIA RAID metadata"));
        all.add(new Signature(alignDown(size, 64 << 10) - (64 << 10), MD_LITTLE_ENDIAN, "an mdraid 0.90 superblock"));
        all.add(new Signature(alignDown(size, 64 << 10) - (64 << 10), MD_BIG_ENDIAN, "an mdraid 0.90 superblock"));
        all.add(new Signature(alignDown(size - (8 << 10), 4 << 10), MD_LITTLE_ENDIAN, "an mdraid 1.0 superblock"));
        all.add(new Signature(alignDown(size, 4 << 10) - (4 << 10) + DRBD_MAGIC_AT, DRBD_8, "DRBD metadata"));
        all.add(new Signature(alignDown(size, 4 << 10) - (4 << 10) + DRBD_MAGIC_AT, DRBD_9, "DRBD metadata"));
        return all;
    }

    /** The third and fourth label of a pool member: the ring of uberblocks in the second half of each. */
    private Optional<String> zfs() {
        long end = alignDown(tail.sizeBytes(), ZFS_LABEL);
        boolean found = hasUberblock(end - 2 * ZFS_LABEL) || hasUberblock(end - ZFS_LABEL);
        return found ? Optional.of("a ZFS label") : Optional.empty();
    }

    private boolean hasUberblock(long label) {
        for (int at = ZFS_UBERBLOCKS_AT; at < ZFS_LABEL; at += ZFS_UBERBLOCK) {
            if (tail.holds(label + at, bytes(ZFS_MAGIC, ByteOrder.LITTLE_ENDIAN))
                    || tail.holds(label + at, bytes(ZFS_MAGIC, ByteOrder.BIG_ENDIAN))) {
                return true;
            }
        }
        return false;
    }

    private Optional<String> anythingElse() {
        for (byte b : tail.lastSector()) {
            if (b != 0) {
                return Optional.of("data of an unknown kind");
            }
        }
        return Optional.empty();
    }

    private static byte[] bytes(long value, ByteOrder order) {
        return ByteBuffer.allocate(Long.BYTES).order(order).putLong(value).array();
    }

    private static long alignDown(long value, long alignment) {
        return value - Math.floorMod(value, alignment);
    }

    /** Bytes that, found there, mean that. */
    private record Signature(long offset, byte[] magic, String what) {
        static Signature text(long offset, String magic, String what) {
            return new Signature(offset, magic.getBytes(StandardCharsets.US_ASCII), what);
        }
    }
}
