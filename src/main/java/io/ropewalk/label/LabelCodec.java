package io.ropewalk.label;

import io.ropewalk.label.LabelReading.Damaged;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.label.LabelReading.NoLabel;
import io.ropewalk.label.LabelReading.WrongVersion;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The label as bytes, the same both ways as FreeBSD's gmultipath reads and writes it: packed, integers little-endian, at
 * the start of the device's last sector.
 *
 * <pre>
 * offset size field
 *      0   16 magic "GEOM::MULTIPATH" and a NUL
 *     16   40 UUID as text, NUL, padding
 *     56   16 name, NUL, padding
 *     72    4 version: 1
 *     76    4 sector size
 *     80    8 size of the device, label included
 *     88    1 mode: 0 Active/Passive, 1 Active/Active, 2 Active/Read
 *     89      end; the rest of the sector is zero
 * </pre>
 *
 * <p>There is no checksum, so reading is strict about every field (Q30). What follows a NUL is not looked at: FreeBSD
 * leaves garbage there; we write zeroes (Q21). Pure.
 */
public final class LabelCodec {
    private static final byte[] MAGIC = "GEOM::MULTIPATH\0".getBytes(StandardCharsets.US_ASCII);
    private static final int UUID_AT = 16;
    private static final int UUID_BYTES = 40;
    private static final int NAME_AT = 56;
    private static final int NAME_BYTES = 16;
    private static final int VERSION_AT = 72;
    private static final int SECTOR_SIZE_AT = 76;
    private static final int SIZE_AT = 80;
    private static final int MODE_AT = 88;
    private static final int END = 89;

    private LabelCodec() {}

    /** The whole sector, {@link Label#sectorSize()} bytes, zero-filled. */
    public static byte[] encode(Label label) {
        byte[] sector = new byte[label.sectorSize()];
        ByteBuffer.wrap(sector)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(0, MAGIC)
                .put(UUID_AT, label.uuid().getBytes(StandardCharsets.US_ASCII))
                .put(NAME_AT, label.name().getBytes(StandardCharsets.UTF_8))
                .putInt(VERSION_AT, Label.VERSION)
                .putInt(SECTOR_SIZE_AT, label.sectorSize())
                .putLong(SIZE_AT, label.sizeBytes())
                .put(MODE_AT, label.mode().code());
        return sector;
    }

    /**
     * Reads a sector, strictly.
     *
     * @param sector at least 89 bytes; a device's sectors have 512 or more
     */
    public static LabelReading decode(byte[] sector) {
        if (sector.length < END) {
            throw new IllegalArgumentException("A label does not fit into " + sector.length + " bytes");
        }
        if (!hasMagic(sector)) {
            return new NoLabel();
        }
        ByteBuffer fields = ByteBuffer.wrap(sector).order(ByteOrder.LITTLE_ENDIAN);
        int version = fields.getInt(VERSION_AT);
        return version == Label.VERSION
                ? decodeVersion1(sector, fields)
                : new WrongVersion(Integer.toUnsignedLong(version));
    }

    /** Whether the sector starts with all 16 bytes of the magic. */
    public static boolean hasMagic(byte[] sector) {
        return sector.length >= MAGIC.length && Arrays.equals(sector, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    private static LabelReading decodeVersion1(byte[] sector, ByteBuffer fields) {
        String uuid = textUpToNul(sector, UUID_AT, UUID_BYTES);
        if (uuid == null) {
            return new Damaged("the UUID does not end, or is not text");
        }
        String name = textUpToNul(sector, NAME_AT, NAME_BYTES);
        if (name == null) {
            return new Damaged("the name does not end, or is not text");
        }
        LabelMode mode = LabelMode.ofCode(sector[MODE_AT]);
        if (mode == null) {
            return new Damaged("mode " + (sector[MODE_AT] & 0xff) + " does not exist");
        }
        int sectorSize = fields.getInt(SECTOR_SIZE_AT);
        long sizeBytes = fields.getLong(SIZE_AT);
        String problem = Label.problem(name, uuid, sectorSize, sizeBytes);
        return problem == null ? new Decoded(new Label(name, uuid, sectorSize, sizeBytes, mode)) : new Damaged(problem);
    }

    /** Null when there is no NUL within the field, or when what precedes it is not UTF-8. */
    private static @Nullable String textUpToNul(byte[] sector, int at, int bytes) {
        int length = 0;
        while (length < bytes && sector[at + length] != 0) {
            length++;
        }
        return length == bytes ? null : strictUtf8(ByteBuffer.wrap(sector, at, length));
    }

    private static @Nullable String strictUtf8(ByteBuffer bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException notText) {
            return null;
        }
    }
}
