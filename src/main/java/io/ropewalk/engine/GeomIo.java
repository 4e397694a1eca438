package io.ropewalk.engine;

import io.netty.buffer.ByteBuf;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import io.ropewalk.block.Settlement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request of a client on its way through the paths of a geom: which were tried, what they said, what is still out.
 * Pooled by its lane; lane's loop only.
 */
final class GeomIo {
    /** A path that answered with an error of its own; to blame only if another path succeeds (Q5). */
    record Suspect(IoPath path, int epoch, IoError error) {}

    private final Lane lane;

    /** The attempt of all requests but a FLUSH on several paths. */
    final Attempt.OfRequest attempt = new Attempt.OfRequest(this);

    /** Null while in the pool, and when the client no longer waits. */
    @Nullable IoRequest parent;

    @Nullable GeomChannel channel;

    /** Neighbours in the channel's list of what its client waits for. */
    @Nullable GeomIo older;

    @Nullable GeomIo newer;

    /** Its number among the submissions to its channel. */
    long submission;

    long startNanos;
    long firstFailureNanos;
    /** Bits of the paths that were tried. */
    long tried;

    /** Bits of the paths of which a look has told that they are of no use to it, before it was sent there. */
    long passedOver;

    /** Attempts without answer; more than one for a FLUSH on several paths and what is hedged. */
    int out;

    /** A FLUSH reached a path. */
    boolean flushed;

    /** A device said that the request cannot be done. */
    boolean refused;

    /** Of a FLUSH, and of a change with FUA: something was unflushed when it was sent. */
    boolean owed;

    boolean secondChanceTaken;
    boolean hedged;

    /** When it first found no path; 0 when it never did. */
    long parkedNanos;

    /** How many looks at paths it has waited for. */
    int looks;

    /** What it counts for while it waits for a path. */
    long parkedBytes;

    @Nullable IoError error;

    @Nullable FailReason firstFailure;

    /** Of a change that was sent twice, or whose client has gone: settled when nothing of it is under way. */
    @Nullable Settlement copiesAnswered;

    private @Nullable List<Suspect> suspects;

    /** Of a FLUSH: the paths and, in their order, the latest change of each that had been answered when it was sent. */
    private final List<IoPath> covered = new ArrayList<>();

    private long[] coveredChanges = {};

    /** The payload of a client that has given up, while paths still read it. */
    private @Nullable ByteBuf kept;

    GeomIo(Lane lane) {
        this.lane = lane;
    }

    Lane lane() {
        return lane;
    }

    void begin(GeomChannel channel, IoRequest parent, long nowNanos) {
        this.channel = channel;
        this.parent = parent;
        this.startNanos = nowNanos;
        this.tried = 0;
        this.passedOver = 0;
        this.out = 0;
        this.flushed = false;
        this.refused = false;
        this.owed = false;
        this.secondChanceTaken = false;
        this.hedged = false;
        this.looks = 0;
        this.parkedNanos = 0;
        this.error = null;
        this.firstFailure = null;
        this.suspects = null;
    }

    /** Forgets which paths were tried, to begin again. */
    void beginAgain() {
        tried = 0;
        passedOver = 0;
        flushed = false;
        secondChanceTaken = false;
        suspects = null;
    }

    /** Another attempt is answered, and what that means for its path is done. */
    void attemptDecided() {
        out--;
        if (out == 0 && copiesAnswered != null) {
            copiesAnswered.settle();
            copiesAnswered = null;
        }
    }

    /** Its client has gone: it is sent no more. */
    boolean isAbandoned() {
        return channel == null || channel.isAbandoned();
    }

    /** The client no longer waits. It may release its payload now; attempts under way may still need it. */
    void abandon() {
        if (out > 0 && parent != null && parent.op() == IoOp.WRITE) {
            kept = parent.payload().retain();
        }
        parent = null;
        channel = null;
    }

    /** No attempt is under way any more. */
    void over() {
        covered.clear();
        if (kept != null) {
            kept.release();
            kept = null;
        }
    }

    /** A FLUSH is about to be sent: remembers what it covers, on paths that were removed as well. */
    void beginFlush(PathTable table, List<IoPath> gone) {
        covered.clear();
        for (PathEntry entry : table.newestFirst()) {
            covered.add(entry.path());
        }
        covered.addAll(gone);
        if (coveredChanges.length < covered.size()) {
            coveredChanges = new long[covered.size()];
        }
        for (int i = 0; i < covered.size(); i++) {
            coveredChanges[i] = covered.get(i).latestChange();
        }
    }

    /** It has succeeded, and one cache is behind all paths: what each had been answered by then is durable. */
    void coverAll() {
        for (int i = 0; i < covered.size(); i++) {
            covered.get(i).onFlushed(coveredChanges[i]);
        }
    }

    /**
     * The paths of which something that it was to cover is not flushed, and nobody had taken it for lost. Under the geom's
     * mutex.
     */
    List<IoPath> takeUncoveredForLost() {
        List<IoPath> owing = new ArrayList<>();
        for (int i = 0; i < covered.size(); i++) {
            if (covered.get(i).takeForLost(coveredChanges[i])) {
                owing.add(covered.get(i));
            }
        }
        return owing;
    }

    void suspect(LanePath path, int epoch, IoError answered) {
        if (suspects == null) {
            suspects = new ArrayList<>(2);
        }
        suspects.add(new Suspect(path.path, epoch, answered));
    }

    List<Suspect> suspects() {
        return suspects == null ? List.of() : suspects;
    }

    /**
     * Keeps the error that tells most: that the request cannot be done, rather than that a device could not do it, rather
     * than how a way broke; of two of a kind the later (Q10).
     */
    void remember(IoError met, long nowNanos) {
        if (firstFailure == null) {
            firstFailure = FailReason.of(met);
            firstFailureNanos = nowNanos;
        }
        if (error == null || met.kind().scope().compareTo(error.kind().scope()) >= 0) {
            error = met;
        }
    }
}
