package io.ropewalk.failover;

import io.ropewalk.block.IoError;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.Policies;
import io.ropewalk.failover.FaultyPath.Entrance;
import io.ropewalk.failover.Relay.Behavior;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * What can go wrong with one path of two, and what is expected then.
 */
enum Fault {
    REFUSED("refused on reconnect", Entrance.RELAY, behaving(Behavior.REFUSING), FailReason.DISCONNECTED),
    RESET("reset", Entrance.RELAY, behaving(Behavior.RESETTING), FailReason.DISCONNECTED),
    CLOSED("closed", Entrance.RELAY, behaving(Behavior.CLOSING), FailReason.DISCONNECTED),
    KILLED("SIGKILL", Entrance.DIRECT, path -> path.server().kill(), FailReason.DISCONNECTED),
    STOPPED("SIGSTOP", Entrance.DIRECT, path -> path.server().stop(), FailReason.TIMEOUT),
    BLACK_HOLE("black hole", Entrance.RELAY, behaving(Behavior.SILENT), FailReason.TIMEOUT),
    DELAY("delay, +20 ms", Entrance.RELAY, behaving(Behavior.SLOW)),
    IO_ERROR("EIO, 100 %", Entrance.ERRORS, FaultyPath::pullTrigger, FailReason.IO_ERROR),
    SOME_IO_ERRORS("EIO, 50 %", Entrance.SOME_ERRORS, FaultyPath::pullTrigger, FailReason.IO_ERROR),
    NO_SPACE("ENOSPC (both paths)", Entrance.FULL, FaultyPath::pullTrigger),
    RUBBISH("rubbish reply", Entrance.RELAY, behaving(Behavior.BABBLING), FailReason.DISCONNECTED),
    SHORT("short reply", Entrance.RELAY, behaving(Behavior.CUTTING), FailReason.DISCONNECTED),
    WRONG_SIZE("wrong size on reconnect", Entrance.DIRECT, FaultyPath::comeBackHalved, FailReason.IDENTITY),
    READ_ONLY("read-only now", Entrance.DIRECT, FaultyPath::comeBackReadOnly, FailReason.IDENTITY),
    ANOTHER_DISK("another disk", Entrance.DIRECT, FaultyPath::comeBackElsewhere, FailReason.IDENTITY),
    FLAPPING("flap, 1 Hz", Entrance.RELAY, FaultyPath::flap, FailReason.FLAPPING);

    /** Does something to a path. */
    interface Deed {
        void doTo(FaultyPath path) throws Exception;
    }

    private static final Duration PATIENCE = Policies.DEFAULT.attemptTimeout();
    private static final Duration SHORT_PATIENCE = Duration.ofMillis(500);

    final String title;
    final Entrance entrance;

    /** What the path is found to suffer from; none where it stays in use. */
    final Set<FailReason> reasons;

    private final Deed injection;

    Fault(String title, Entrance entrance, Deed injection, FailReason... reasons) {
        this.title = title;
        this.entrance = entrance;
        this.injection = injection;
        this.reasons = EnumSet.noneOf(FailReason.class);
        this.reasons.addAll(Set.of(reasons));
        if (this.reasons.stream().anyMatch(reason -> reason != FailReason.IDENTITY && reason != FailReason.FLAPPING)) {
            // A check may come first.
            this.reasons.add(FailReason.CHECKER);
        }
    }

    private static Deed behaving(Behavior behavior) {
        return path -> path.relay().behave(behavior);
    }

    /** Begins the fault; returns when it is there. */
    void inject(FaultyPath path) throws Exception {
        injection.doTo(path);
    }

    /** Ends it. */
    void heal(FaultyPath path) throws Exception {
        switch (this) {
            case KILLED -> path.server().start();
            case STOPPED -> path.server().resume();
            case IO_ERROR, SOME_IO_ERRORS, NO_SPACE -> path.releaseTrigger();
            case WRONG_SIZE, READ_ONLY, ANOTHER_DISK -> path.comeBackWell();
            case REFUSED, RESET, CLOSED, BLACK_HOLE, DELAY, RUBBISH, SHORT, FLAPPING ->
                path.relay().behave(Behavior.HONEST);
        }
    }

    /** Long enough for a busy machine, but where silence is the fault. */
    Duration attemptTimeout() {
        return this == STOPPED || this == BLACK_HOLE ? SHORT_PATIENCE : PATIENCE;
    }

    boolean makesPathFail() {
        return !reasons.isEmpty();
    }

    /** Errors that clients may see, as they are about the request and not about a path. */
    boolean mayShow(IoError.Kind kind, VerifyingClient.Operation operation) {
        return this == NO_SPACE
                && kind == IoError.Kind.NO_SPACE
                && operation.changesData()
                && operation != VerifyingClient.Operation.TRIM;
    }
}
