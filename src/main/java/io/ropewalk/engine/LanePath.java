package io.ropewalk.engine;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockChannel.SessionListener;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One path as one lane uses it: the lane's own channel, what is in flight there, R9's idle count. Touched by the lane's
 * loop only, but for {@link #stats}, {@link #rests}, {@link #inFlightSeen} and the size of {@link #unflushed}, which others may ask.
 *
 * <p>What is in flight stands in a list in the order it was sent. As every attempt of a geom has the same time to live,
 * the head is always the first to miss its deadline.
 */
final class LanePath implements SessionListener {
    private static final VarHandle IN_FLIGHT;

    static {
        try {
            IN_FLIGHT = MethodHandles.lookup().findVarHandle(LanePath.class, "inFlight", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** What may be in flight here in bytes, or one request that is longer: as much as a session may have. */
    static final long MOST_BYTES = 64L << 20;

    /** What a request weighs at least, in bytes: below, its bytes are not what takes time. */
    static final long LEAST_WEIGHT = 4096;

    final IoPath path;
    final Debts debts;
    final long bit;
    final BlockChannel channel;
    final IoStats stats = new IoStats();

    final UnflushedLog unflushed = new UnflushedLog();
    int inFlight;

    long idle;

    /** What it has answered, for its {@link Pace}. */
    final Pace.Tally answered = new Pace.Tally();

    /** How often it was left to rest. Any thread may ask. */
    final LongAdder rests = new LongAdder();

    /** It lagged a moment ago. */
    boolean resting;

    /** It lagged the last time that it answered. */
    boolean onTrial;

    int epoch;
    boolean leaving;

    /** The epoch whose end was reported with its unflushed changes. */
    int reportedEpoch = -1;

    private final Lane lane;
    /**
     * Its session, or the one to come, began anew, and has not shown yet that it leads to the disk: not to be used while
     * there is a path that has.
     */
    boolean doubtful;

    /** That is being found out. */
    boolean looking;

    private boolean countedAsTrusted;
    private long bytesInFlight;
    private @Nullable PathSession session;
    private @Nullable Attempt oldest;
    private @Nullable Attempt newest;

    LanePath(Lane lane, IoPath path, Debts debts, BlockChannel channel, int epoch) {
        this.lane = lane;
        this.path = path;
        this.debts = debts;
        this.bit = path.bit();
        this.channel = channel;
        this.epoch = epoch;
        this.doubtful = path.isDoubtfulWhenNew();
    }

    // ---- its session, if it has such a thing

    @Override
    public void onSessionBegan() {
        // The first of this lane may begin when the other lanes' have ended.
        doubtful |= path.isDoubtfulWhenNew();
        session = debts.began(lane, this);
        path.onSession();
        countTrusted();
        lane.onSessionsChanged();
    }

    @Override
    public void onSessionEnded() {
        PathSession ended = session;
        session = null;
        if (ended != null) {
            doubtful = true;
            countTrusted();
            debts.ended(ended);
            lane.onSessionsChanged();
        }
    }

    /** It leads to the disk. */
    void trust() {
        doubtful = false;
        countTrusted();
    }

    private void countTrusted() {
        boolean trusted = session != null && !doubtful;
        if (trusted != countedAsTrusted) {
            countedAsTrusted = trusted;
            path.countTrusted(trusted ? 1 : -1);
        }
    }

    /** Null for a device without sessions, and between them. */
    @Nullable PathSession session() {
        return session;
    }

    /** The server has answered {@code attempt}, whatever it said: it was alive after that was sent. */
    void noteAnswered(Attempt attempt) {
        PathSession now = session;
        if (now == null && attempt.error() == null) {
            path.onDoneWithoutSession();
        }
        if (now != null && attempt.moment > now.told && debts.answered(now, attempt.moment)) {
            now.told = attempt.moment;
        }
    }

    /**
     * Before a request is sent: a session that was refused a while ago is tried again now, for this may be the only path
     * left to the request, and a refusal without a try would cost it that one.
     */
    void prepare() {
        if (session == null) {
            channel.prepare();
        }
    }

    // ---- what is in flight

    @Nullable Attempt oldest() {
        return oldest;
    }

    void enlist(Attempt attempt) {
        attempt.older = newest;
        attempt.newer = null;
        if (newest == null) {
            oldest = attempt;
        } else {
            newest.newer = attempt;
        }
        newest = attempt;
        inFlight++;
        bytesInFlight += bytesHeldBy(attempt);
    }

    void strike(Attempt attempt) {
        if (attempt.older == null) {
            oldest = attempt.newer;
        } else {
            attempt.older.newer = attempt.newer;
        }
        if (attempt.newer == null) {
            newest = attempt.older;
        } else {
            attempt.newer.older = attempt.older;
        }
        attempt.older = null;
        attempt.newer = null;
        inFlight--;
        bytesInFlight -= bytesHeldBy(attempt);
    }

    /** Whether the others go first, by its {@link Pace}. */
    boolean standsBack() {
        return resting || (onTrial && inFlight > 0);
    }

    long bytesInFlight() {
        return bytesInFlight;
    }

    /** Whether {@code request} may be sent before others have been answered. */
    boolean hasRoomFor(IoRequest request) {
        return bytesInFlight == 0 || bytesInFlight + bytesHeldBy(request) <= MOST_BYTES;
    }

    /** What moves with a request: nothing with a TRIM, however long. */
    static long bytesHeldBy(IoRequest request) {
        return request.op() == IoOp.READ || request.op() == IoOp.WRITE ? request.length() : 0;
    }

    /** How much of a path's time {@code request} takes, in bytes. */
    static long weightOf(IoRequest request) {
        return Math.max(bytesHeldBy(request), LEAST_WEIGHT);
    }

    /** What was in flight a moment ago. Any thread. */
    int inFlightSeen() {
        return (int) IN_FLIGHT.getOpaque(this);
    }

    /** A change was answered here; to be told before the client is. */
    void countChange(IoRequest change) {
        if (!change.isFua()) {
            unflushed.add(path.countChange(), change.offset(), change.length(), path.latestFlushed());
        }
    }

    /** A FLUSH covers the changes up to {@code number}. */
    void onFlushed(long number) {
        path.onFlushed(number);
        unflushed.forget(number);
    }

    @Override
    public String toString() {
        return path.name() + "[" + inFlight + " in flight]";
    }
}
