package io.ropewalk.engine;

import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One look at whether a path that has a new session still leads to the disk that the trusted paths lead to. A few places
 * of the disk are read through a trusted path, through the suspect, and where they differ through the trusted path again:
 * what a client changes meanwhile differs there, too, and tells nothing. Another disk is what differs {@link #PROOFS}
 * times in a row. A place that one trusted path cannot read is read through the next.
 *
 * <p>One read at a time, beside the requests of clients, each with an attempt's deadline; it begins no read after {@link
 * #TIMEOUTS} time-outs. Lane's loop only.
 */
final class Look {
    /** The beginning and the end of the disk, and some between. */
    private static final int PLACES = 8;

    private static final int PLACE_BYTES = 4096;
    private static final int PROOFS = 3;
    private static final int TRIES = 6;
    private static final int TIMEOUTS = 4;

    /** The most reads of one look, for each trusted path. */
    static final int MOST_READS = PLACES * TRIES * 3;

    /** Parts of the disk's size by which places lie apart, and by which a place moves when it is written all the time. */
    private static final double STRIDE = 0.618_034;

    private static final double SHIFT = 0.414_214;

    /** What came out. */
    sealed interface Finding {
        /** The suspect shows what a trusted path shows, or none of those shows anything that could be compared. */
        record Same() implements Finding {}

        /** {@code where} is for people. */
        record AnotherDisk(String where) implements Finding {}

        /** Nothing could be told this time. */
        record Unclear() implements Finding {}

        /** The suspect does not work. */
        record Broken(int epoch, IoError error) implements Finding {}
    }

    /** Reads through a path, beside the requests of clients. */
    interface Reader {
        void read(LanePath path, long offset, int length, Consumer<Attempt.OfCheck> done);
    }

    private final Geom geom;
    private final LanePath suspect;
    private final List<LanePath> trusted;
    private final Reader reader;
    private final Consumer<Finding> done;
    private final long latestNanos;

    private int place;
    private int reference;
    private int tries;
    private int proofs;
    private int same;
    private int changing;
    private boolean differs;
    private boolean dirtyBefore;
    private byte @Nullable [] expected;
    private @Nullable PathSession session;

    Look(Geom geom, LanePath suspect, List<LanePath> trusted, Reader reader, Consumer<Finding> done) {
        this.geom = geom;
        this.suspect = suspect;
        this.trusted = trusted;
        this.reader = reader;
        this.done = done;
        this.latestNanos = suspect.channel.loop().nanoTime() + TIMEOUTS * geom.attemptTimeoutNanos();
    }

    void begin() {
        if (place == PLACES) {
            end();
        } else if (isInterrupted()) {
            done.accept(new Finding.Unclear());
        } else {
            dirtyBefore = geom.debts().mayCachesDiffer();
            read(reference(), this::onExpected);
        }
    }

    private LanePath reference() {
        return trusted.get(reference);
    }

    private boolean isInterrupted() {
        boolean sessionEnded = session != null && suspect.session() != session;
        return sessionEnded
                || suspect.leaving
                || reference().leaving
                || reference().doubtful
                || geom.table().stopping()
                || suspect.channel.loop().nanoTime() - latestNanos >= 0;
    }

    private void read(LanePath path, Consumer<Attempt.OfCheck> then) {
        Geometry geometry = geom.geometry();
        reader.read(path, offset(geometry), length(geometry), then);
    }

    private static int length(Geometry geometry) {
        long most = Math.min(PLACE_BYTES, geometry.sizeBytes() / PLACES);
        return Math.max(geometry.minimumBlockSize(), (int) (most - most % geometry.minimumBlockSize()));
    }

    private long offset(Geometry geometry) {
        long room = geometry.sizeBytes() - length(geometry);
        if (place < 2 && tries == proofs) {
            return place == 0 ? 0 : room;
        }
        double part = place * STRIDE + (tries - proofs) * SHIFT;
        long offset = (long) (room * (part - Math.floor(part)));
        return offset - offset % geometry.minimumBlockSize();
    }

    private void onExpected(Attempt.OfCheck read) {
        expected = read.takeBytes();
        if (isInterrupted()) {
            done.accept(new Finding.Unclear());
        } else if (expected == null && session != null) {
            nextReference();
        } else {
            read(suspect, this::onShown);
        }
    }

    private void onShown(Attempt.OfCheck read) {
        IoError error = read.error();
        if (error != null && (expected != null || error.kind().scope() == Scope.PATH)) {
            done.accept(new Finding.Broken(read.epoch, error));
            return;
        }
        session = session == null ? suspect.session() : session;
        byte[] shown = read.takeBytes();
        if (expected == null) {
            nextReference();
        } else if (Arrays.equals(expected, shown)) {
            same++;
            next();
        } else if (isInterrupted()) {
            done.accept(new Finding.Unclear());
        } else {
            differs = true;
            read(reference(), this::onExpectedAgain);
        }
    }

    private void onExpectedAgain(Attempt.OfCheck read) {
        byte[] again = read.takeBytes();
        tries++;
        boolean still = Arrays.equals(expected, again);
        if (isInterrupted() || (still && (dirtyBefore || geom.debts().mayCachesDiffer()))) {
            done.accept(new Finding.Unclear());
        } else if (again == null) {
            nextReference();
        } else if (still && ++proofs == PROOFS) {
            String where =
                    suspect.path + " shows other bytes at " + offset(geom.geometry()) + " than " + reference().path;
            done.accept(new Finding.AnotherDisk(where));
        } else if (tries == TRIES) {
            changing++;
            next();
        } else {
            proofs = still ? proofs : 0;
            begin();
        }
    }

    /** This place cannot be read through this one. */
    private void nextReference() {
        tries = 0;
        proofs = 0;
        if (++reference < trusted.size()) {
            begin();
        } else if (differs) {
            done.accept(new Finding.Unclear());
        } else {
            next();
        }
    }

    private void next() {
        place++;
        reference = 0;
        tries = 0;
        proofs = 0;
        differs = false;
        begin();
    }

    private void end() {
        boolean live = suspect.session() != null && (session == null || session == suspect.session());
        done.accept(live && (same > 0 || changing == 0) ? new Finding.Same() : new Finding.Unclear());
    }
}
