package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoOp;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NbdErrorsTest {
    /** The only numbers that a server may send. */
    private static final Set<Integer> ALLOWED = Set.of(1, 5, 12, 22, 28, 75, 95, 108);

    @ParameterizedTest
    @CsvSource({
        "1, NOT_PERMITTED",
        "5, IO",
        "6, GONE",
        "12, NO_MEMORY",
        "19, GONE",
        "22, INVALID",
        "28, NO_SPACE",
        "75, INVALID",
        "95, NOT_SUPPORTED",
        "108, GONE",
        "121, IO",
        "-1, IO"
    })
    void everyNumberMeansSomething(int errno, Kind kind) {
        assertThat(NbdErrors.kindOf(errno)).isEqualTo(kind);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void onlyNumbersOfTheProtocolAreSent(Kind kind) {
        for (IoOp op : IoOp.values()) {
            assertThat(ALLOWED).contains(NbdErrors.errnoOf(kind, op, IoFlags.FAST_ONLY));
        }
    }

    @Test
    void outsideTheExportIsNoSpaceForWritesAndInvalidForTheRest() {
        assertThat(NbdErrors.errnoOf(Kind.OUT_OF_RANGE, IoOp.WRITE, 0)).isEqualTo(Nbd.ENOSPC);
        assertThat(NbdErrors.errnoOf(Kind.OUT_OF_RANGE, IoOp.WRITE_ZEROES, 0)).isEqualTo(Nbd.ENOSPC);
        assertThat(NbdErrors.errnoOf(Kind.OUT_OF_RANGE, IoOp.READ, 0)).isEqualTo(Nbd.EINVAL);
        assertThat(NbdErrors.errnoOf(Kind.OUT_OF_RANGE, IoOp.TRIM, 0)).isEqualTo(Nbd.EINVAL);
    }

    @Test
    void notSupportedIsSaidOfFastZeroesOnly() {
        assertThat(NbdErrors.errnoOf(Kind.NOT_SUPPORTED, IoOp.WRITE_ZEROES, IoFlags.FAST_ONLY))
                .isEqualTo(Nbd.ENOTSUP);
        assertThat(NbdErrors.errnoOf(Kind.NOT_SUPPORTED, IoOp.WRITE_ZEROES, 0)).isEqualTo(Nbd.EINVAL);
        assertThat(NbdErrors.errnoOf(Kind.NOT_SUPPORTED, IoOp.TRIM, 0)).isEqualTo(Nbd.EINVAL);
    }

    @Test
    void numbersHaveNames() {
        assertThat(NbdErrors.nameOf(Nbd.ESHUTDOWN)).isEqualTo("ESHUTDOWN");
        assertThat(NbdErrors.nameOf(-1)).isEqualTo("error 4294967295");
    }
}
