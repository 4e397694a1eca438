package io.ropewalk.engine;

import io.ropewalk.block.BlockDevice;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One way to the disk: a device and its place in a geom. How the path is stands in {@link PathTable}, what runs on it in
 * each lane's {@link LanePath}. Kept here, over all lanes: how many changes were answered, and how many of these a FLUSH
 * has covered. Any thread.
 */
final class IoPath {
    private final BlockDevice device;
    private final int slot;
    private final AtomicLong changes = new AtomicLong();
    private final AtomicLong flushed = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private final AtomicInteger trustedSessions = new AtomicInteger();
    private volatile boolean everHadSession;
    private volatile boolean worksWithoutSession;

    /** Under the geom's mutex: the latest change that is lost if the path has a cache of its own. */
    private long doubtful;

    /** How often something that was answered here was taken for lost; under the geom's mutex. */
    private long losses;

    /** Of the cache that only this path has; under the geom's mutex. */
    final Continuity continuity = new Continuity();

    /**
     * @param slot 0 to 63, unlike that of every other path of the geom: its bit in a request's set of tried paths
     */
    IoPath(BlockDevice device, int slot) {
        this.device = device;
        this.slot = slot;
    }

    BlockDevice device() {
        return device;
    }

    String name() {
        return device.name();
    }

    int slot() {
        return slot;
    }

    long bit() {
        return 1L << slot;
    }

    /** Whether a session that begins now, on a lane that had none before, has to show to which disk it leads. */
    boolean isDoubtfulWhenNew() {
        return everHadSession && trustedSessions.get() == 0;
    }

    void onSession() {
        everHadSession = true;
    }

    /** It has done something while it had no session: its device knows no such thing, and tells of its own losses. */
    void onDoneWithoutSession() {
        if (!worksWithoutSession) {
            worksWithoutSession = true;
        }
    }

    boolean worksWithoutSession() {
        return worksWithoutSession;
    }

    /** {@code change} is 1 for a session that leads to this disk as far as anybody knows, -1 when that ends. */
    void countTrusted(int change) {
        trustedSessions.addAndGet(change);
    }

    /** A change that is not durable by itself was answered; to be told before the client is. Returns its number. */
    long countChange() {
        return changes.incrementAndGet();
    }

    /** The number of the latest change answered: a FLUSH sent from now on covers all up to it. */
    long latestChange() {
        return changes.get();
    }

    /** All changes up to {@code number} are durable. */
    void onFlushed(long number) {
        flushed.accumulateAndGet(number, Math::max);
    }

    long latestFlushed() {
        return flushed.get();
    }

    /** Whether changes were answered here that no FLUSH has covered, and that were not taken for lost before. */
    boolean takeUnflushedForLost() {
        return takeForLost(changes.get());
    }

    /** What was answered so far, and not flushed, may be gone if the path has a cache of its own. */
    void doubt() {
        doubtful = changes.get();
    }

    /** As {@link #takeUnflushedForLost}, of what was doubted. */
    boolean takeDoubtedForLost() {
        return takeForLost(doubtful);
    }

    /** As {@link #takeUnflushedForLost}, of the changes up to {@code latest}. */
    boolean takeForLost(long latest) {
        boolean owed = latest > Math.max(flushed.get(), lost.getAndAccumulate(latest, Math::max));
        losses += owed ? 1 : 0;
        return owed;
    }

    long losses() {
        return losses;
    }

    /** Whether a change was answered here that no FLUSH has covered, and that nobody has taken for lost. */
    boolean owes() {
        return changes.get() > Math.max(flushed.get(), lost.get());
    }

    /** Whether a change was answered here that no FLUSH has covered. */
    boolean isDirty() {
        return changes.get() > flushed.get();
    }

    @Override
    public String toString() {
        return name();
    }
}
