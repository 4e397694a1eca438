package io.ropewalk.nbd;

import io.ropewalk.block.BlockDevice;
import java.nio.charset.StandardCharsets;

/**
 * A device as the server offers it.
 *
 * @param name what clients ask for; 1 to 4096 bytes of UTF-8 without NUL
 * @param device what is behind it
 * @param readOnly whether to refuse what changes data even where the device would do it
 * @param description for people; may be empty, at most 4096 bytes of UTF-8
 */
public record NbdExport(String name, BlockDevice device, boolean readOnly, String description) {
    public NbdExport {
        if (name.isEmpty() || !isNbdString(name)) {
            throw new IllegalArgumentException("An export's name is 1 to 4096 bytes of UTF-8 without NUL");
        }
        if (!isNbdString(description)) {
            throw new IllegalArgumentException("An export's description is at most 4096 bytes of UTF-8 without NUL");
        }
    }

    private static boolean isNbdString(String text) {
        return text.indexOf('\0') < 0 && text.getBytes(StandardCharsets.UTF_8).length <= Nbd.MAXIMUM_STRING;
    }
}
