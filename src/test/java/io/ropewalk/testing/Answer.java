package io.ropewalk.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.Extent;
import io.ropewalk.block.IoError;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What came back for one request; {@code data} only for a READ that succeeded. */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier: nobody compares two of them
public record Answer(String question, @Nullable IoError error, byte @Nullable [] data, List<Extent> extents) {

    public boolean isSuccess() {
        return error == null;
    }

    public Answer expectSuccess() {
        assertThat(error).as("answer to %s", question).isNull();
        return this;
    }

    public IoError expectError(IoError.Kind... oneOf) {
        assertThat(error).as("answer to %s", question).isNotNull();
        IoError met = Objects.requireNonNull(error);
        assertThat(met.kind()).as("answer to %s: %s", question, met).isIn((Object[]) oneOf);
        return met;
    }

    /** The bytes of a READ, which must have succeeded. */
    public byte[] bytes() {
        return Objects.requireNonNull(expectSuccess().data, "not a READ");
    }
}
