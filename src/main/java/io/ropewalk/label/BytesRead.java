package io.ropewalk.label;

import io.ropewalk.block.IoError;

/** The answer to "read these bytes". */
sealed interface BytesRead {

    record Bytes(byte[] bytes) implements BytesRead {}

    record Unread(IoError error) implements BytesRead {}
}
