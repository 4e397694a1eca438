package io.ropewalk.engine;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoLoop;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The multipath device. */
public final class Geom implements BlockDevice {
    /** The most paths of one geom. */
    public static final int MAXIMUM_PATHS = 64;

    /**
     * A geom over {@code devices} in that order; the first becomes the active path (R42). All or nothing.
     *
     * @param uuid of the label, null for MANUAL
     * @param known the shape of an earlier life, for a geom whose devices cannot all be reached yet; {@code devices}
     *     may then be empty. Null to learn it from the devices
     */
    public static Geom create(
            String name,
            GeomType type,
            @Nullable String uuid,
            Mode mode,
            Policies policies,
            @Nullable Shape known,
            List<BlockDevice> devices,
            EngineClock clock,
            EngineObserver observer)
            throws GeomRefusal {
        throw new UnsupportedOperationException();
    }

    public GeomReport report() {
        throw new UnsupportedOperationException();
    }

    /** R40, R21–R24. */
    public void add(BlockDevice device) throws GeomRefusal {
        throw new UnsupportedOperationException();
    }

    /** Ready when nothing is in flight on the path any more and its channels are closed (R46). */
    public CompletableFuture<Void> remove(String device) throws GeomRefusal {
        throw new UnsupportedOperationException();
    }

    public void fail(String device, String why) throws GeomRefusal {
        throw new UnsupportedOperationException();
    }

    public void restore(String device, RestoreTrigger trigger) throws GeomRefusal {
        throw new UnsupportedOperationException();
    }

    public void prefer(String device) throws GeomRefusal {
        throw new UnsupportedOperationException();
    }

    /** Makes the next usable path the active one (R49). */
    public void rotate() throws GeomRefusal {
        throw new UnsupportedOperationException();
    }

    public void configure(Mode mode, Policies policies) throws GeomRefusal {
        throw new UnsupportedOperationException();
    }

    /**
     * Tries the path with a read of one sector, aside from the requests of clients. A path that fails it is FAIL
     * CHECKER; a failed one that passes is restored, unless the policies or an operator say no.
     *
     * @return ready with null when it passed, else with what was met
     */
    public CompletableFuture<@Nullable IoError> check(String device) throws GeomRefusal {
        throw new UnsupportedOperationException();
    }

    /** What the geom shows; to be remembered for the next life. */
    public Shape shape() {
        throw new UnsupportedOperationException();
    }

    /** Ends the geom: open channels get SHUTTING_DOWN; ready when nothing is in flight. Idempotent (Q2). */
    public CompletableFuture<Void> stop() {
        throw new UnsupportedOperationException();
    }

    @Override
    public String name() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Geometry geometry() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Capabilities capabilities() {
        throw new UnsupportedOperationException();
    }

    @Override
    public BlockChannel open(IoLoop loop) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void addListener(DeviceListener listener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void removeListener(DeviceListener listener) {
        throw new UnsupportedOperationException();
    }

    /** The same as {@link #stop}, without waiting. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
