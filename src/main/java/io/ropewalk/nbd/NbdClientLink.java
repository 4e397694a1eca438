package io.ropewalk.nbd;

import io.ropewalk.block.DeviceException;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoRequest;
import io.ropewalk.block.Settlement;
import io.ropewalk.net.NettyLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * At most one session with a device's server, got when it is needed and got again when it was lost. One or several
 * channels share it. Lives on one loop.
 *
 * <pre>
 *            request, prepare                handshake
 *   IDLE ───────────────────────► CONNECTING ─────────► READY ◄─────────────────────────┐
 *    ▲ ◄── refused: back-off ─────────┘                  │ │ │                          │
 *    ├──────────── lost, aborted ────────────────────────┘ │ └─ new size ─► RENEWING ───┘
 *    └── all answered, lost ── DRAINING ◄── ESHUTDOWN ─────┘        (drains, then connects)
 *                                                          closed from anywhere: CLOSED
 * </pre>
 *
 * <p>Requests wait in order while there is hope of a session (CONNECTING, RENEWING). What was given to the socket and is
 * not answered when the session ends is DISCONNECTED, or PROTOCOL when the server broke the rules; what was not is
 * UNREACHABLE. What was sent and given up may still take effect, until its {@link Settlement} fires: see {@link
 * NbdClientAfterlife}.
 */
final class NbdClientLink implements NbdClientSession.Opener, NbdClientSession.User {
    private static final Logger CONTROL = LoggerFactory.getLogger("io.ropewalk.nbd.control");

    private static final IoError NO_FAILURE = IoError.of(Kind.UNREACHABLE, "not tried yet");

    private enum State {
        IDLE,
        CONNECTING,
        READY,
        RENEWING,
        DRAINING,
        CLOSED
    }

    private final NbdDevice device;
    private final NettyLoop loop;
    private final NbdClientPending pending = new NbdClientPending();
    private final NbdClientBackoff backoff;
    private final List<CompletableFuture<@Nullable Void>> refreshes = new ArrayList<>();
    private final List<NbdDeviceChannel> users = new ArrayList<>();

    private State state = State.IDLE;
    private @Nullable NbdClientDial dial;
    private final NbdClientAfterlife afterlife = new NbdClientAfterlife();
    private @Nullable NbdClientSession session;
    private IoLoop.@Nullable Timer drainTimer;
    private boolean dialAgain;
    private int inFlight;
    private boolean sessionProven;
    private @Nullable NbdClientSlot firstWaiting;
    private @Nullable NbdClientSlot lastWaiting;
    /** What a request is answered while no connection is tried. */
    private IoError refusal = NO_FAILURE;

    /** How many channels use this link. Guarded by the device. */
    int references;

    NbdClientLink(NbdDevice device, NettyLoop loop) {
        this.device = device;
        this.loop = loop;
        this.backoff = new NbdClientBackoff(
                device.options(), () -> ThreadLocalRandom.current().nextDouble());
    }

    NettyLoop loop() {
        return loop;
    }

    /** Whether requests wait for a session with the size that the device has now. */
    boolean isRenewing() {
        return state == State.RENEWING;
    }

    /** {@code user} hears of the sessions from now on. */
    void join(NbdDeviceChannel user) {
        users.add(user);
        if (session != null) {
            user.onSessionBegan();
        }
    }

    /** Sends {@code request}, or lets it wait for a session, or refuses it. */
    void start(IoRequest request, NbdDeviceChannel owner) {
        if (state == State.READY) {
            send(acquire(request, owner));
            return;
        }
        IoError why = refusalNow();
        if (why != null) {
            request.fail(why);
            return;
        }
        letWait(acquire(request, owner));
        if (state == State.IDLE) {
            connect();
        }
    }

    /** Gets a session now, whatever back-off is in force. */
    void prepare() {
        backoff.reset();
        if (state == State.IDLE) {
            connect();
        }
    }

    /** Gives the session up at once and answers everything with {@code error}. */
    void abort(IoError error) {
        if (state != State.CLOSED) {
            IoError sentError = giveUp(error);
            state = State.IDLE;
            completeRefreshes();
            answerAll(sentError, error);
        }
    }

    /** {@code owner} is closing: what it has in flight is answered. */
    void leave(NbdDeviceChannel owner) {
        users.remove(owner);
        IoError error = IoError.of(Kind.DISCONNECTED, "the channel to " + device.server() + " was closed");
        if (!pending.occupied(slot -> slot.owner() == owner && slot.sent).isEmpty()) {
            // whatever may still take effect must not, so the session goes, with what others have in it
            abort(error);
            return;
        }
        unlinkWaiting(owner);
        answer(slot -> slot.owner() == owner, error, error);
    }

    /** Nobody uses the link any more. */
    void close() {
        NbdClientSession current = session;
        if (current != null && inFlight == 0) {
            current.disconnect();
            session = null;
        }
        drop();
        afterlife.closeLater(loop);
        state = State.CLOSED;
        completeRefreshes();
        IoError error = IoError.of(Kind.SHUTTING_DOWN, "the device " + device.name() + " was closed");
        answerAll(error, error);
    }

    /** Gets a new session that tells the device its size; {@code done} completes with it, or when there is none. */
    void refresh(CompletableFuture<@Nullable Void> done) {
        refreshes.add(done);
        backoff.reset();
        switch (state) {
            case IDLE -> connect();
            case READY -> renew();
            // What is being tried may have begun before the server was as it is now: when it fails, once more.
            case CONNECTING -> dialAgain = true;
            case RENEWING -> {}
            case DRAINING, CLOSED -> completeRefreshes();
        }
    }

    /**
     * The device has another size: a session that still speaks of the old one is of no use, and that a server was refused
     * because of its size says nothing any more.
     */
    void onResized() {
        NbdClientSession current = session;
        if (state == State.IDLE) {
            backoff.reset();
            refusal = NO_FAILURE;
        } else if (state == State.READY && current != null && device.differenceOf(current.export()) != null) {
            renew();
        }
    }

    @Override
    public void onReady(NbdClientSession ready, NbdClientExport export) {
        dial = null;
        String difference = refreshes.isEmpty() ? device.differenceOf(export) : device.adopt(export);
        if (difference != null) {
            ready.disconnect();
            failed(IoError.of(Kind.IDENTITY, device.server() + " came back with another export: " + difference));
            return;
        }
        CONTROL.info("{}: connected to {} ({})", device.name(), device.server(), export.style());
        session = ready;
        dialAgain = false;
        sessionProven = false;
        refusal = NO_FAILURE;
        state = State.READY;
        ready.use(pending, this);
        users.forEach(NbdDeviceChannel::onSessionBegan);
        completeRefreshes();
        sendWaiting();
    }

    @Override
    public void onRefused(DeviceException why) {
        dial = null;
        failed(IoError.of(Kind.UNREACHABLE, clause(why), why));
    }

    @Override
    public void onReply(NbdClientSlot slot) {
        long cookie = slot.cookie;
        inFlight--;
        noteHealth();
        if (slot.cookie != cookie) {
            // Who was told that the server goes has given the session up, and what was in it is answered.
            return;
        }
        if (slot.hasRest() && slot.error == null) {
            if (state != State.DRAINING) {
                slot.advance();
                send(slot);
                return;
            }
            slot.error = refusal;
        }
        deliver(slot);
        if (inFlight == 0 && (state == State.DRAINING || state == State.RENEWING)) {
            drained();
        }
    }

    @Override
    public void onEnded(NbdClientSession endedSession, IoError error, NbdClientSession.End how) {
        if (endedSession != session) {
            return;
        }
        boolean wasRenewing = state == State.RENEWING;
        if (state == State.READY || wasRenewing) {
            CONTROL.info("{}: lost the connection: {}", device.name(), error.message());
        }
        IoError sentError = error;
        switch (how) {
            case CLOSED_BY_PEER -> drop();
            case CONNECTED -> sentError = giveUp(error);
            case BROKEN -> {
                drop();
                // Nobody can say what has become of what was sent.
                sentError = error.unsettled(new Settlement());
            }
        }
        state = State.IDLE;
        if (!sessionProven || error.kind() == Kind.PROTOCOL) {
            backOff(error);
        }
        answer(slot -> slot.sent, sentError, error);
        if (wasRenewing && state == State.IDLE) {
            connect();
        }
    }

    private NbdClientSlot acquire(IoRequest request, NbdDeviceChannel owner) {
        return pending.acquire(request, owner);
    }

    private void send(NbdClientSlot slot) {
        NbdClientSession current = session;
        if (current == null) {
            throw new IllegalStateException("no session in state " + state);
        }
        slot.sent = true;
        inFlight++;
        current.send(slot);
    }

    private void letWait(NbdClientSlot slot) {
        NbdClientSlot last = lastWaiting;
        if (last == null) {
            firstWaiting = slot;
        } else {
            last.next = slot;
        }
        lastWaiting = slot;
    }

    private void sendWaiting() {
        NbdClientSlot slot = firstWaiting;
        firstWaiting = null;
        lastWaiting = null;
        while (slot != null) {
            NbdClientSlot next = slot.next;
            slot.next = null;
            send(slot);
            slot = next;
        }
    }

    private void unlinkWaiting(NbdDeviceChannel owner) {
        NbdClientSlot slot = firstWaiting;
        firstWaiting = null;
        lastWaiting = null;
        while (slot != null) {
            NbdClientSlot next = slot.next;
            slot.next = null;
            if (slot.owner() != owner) {
                letWait(slot);
            }
            slot = next;
        }
    }

    private @Nullable IoError refusalNow() {
        return switch (state) {
            case IDLE -> backoff.remainingNanos(loop.nanoTime()) > 0 ? refusal : null;
            case DRAINING -> refusal;
            case CLOSED -> IoError.of(Kind.SHUTTING_DOWN, "the device " + device.name() + " was closed");
            case CONNECTING, READY, RENEWING -> null;
        };
    }

    private void connect() {
        state = State.CONNECTING;
        NbdClientDial started = new NbdClientDial(device.loops(), loop, device.uri(), device.options(), this);
        dial = started;
        started.start();
    }

    /** No session could be had. */
    private void failed(IoError error) {
        if (!error.message().equals(refusal.message())) {
            CONTROL.info("{}: no connection: {}", device.name(), error.message());
        }
        state = State.IDLE;
        backOff(error);
        if (dialAgain) {
            dialAgain = false;
            connect();
        } else {
            completeRefreshes();
            answerAll(error, error);
        }
    }

    private void backOff(IoError error) {
        backoff.failed(loop.nanoTime());
        refusal = error.kind() == Kind.IDENTITY ? error : IoError.of(Kind.UNREACHABLE, error.message(), error.cause());
    }

    private void noteHealth() {
        NbdClientSession current = session;
        if (current != null && current.isServerShuttingDown()) {
            drain();
        } else if (!sessionProven) {
            sessionProven = true;
            backoff.reset();
        }
    }

    /** The server is going away: it gets to answer what it has, and nothing more. */
    private void drain() {
        if (state != State.READY && state != State.RENEWING) {
            return;
        }
        CONTROL.info("{}: {} is shutting down", device.name(), device.server());
        refusal = IoError.of(Kind.GONE, device.server() + " is shutting down");
        boolean wasRenewing = state == State.RENEWING;
        state = State.DRAINING;
        IoError gone = refusal;
        drainTimer = loop.schedule(
                () -> drainTimedOut(gone), device.options().handshakeTimeout().toNanos());
        completeRefreshes();
        if (wasRenewing) {
            firstWaiting = null;
            lastWaiting = null;
            answer(slot -> !slot.sent, gone, gone);
        }
    }

    private void drainTimedOut(IoError gone) {
        if (state == State.DRAINING) {
            IoError sentError = giveUp(gone);
            state = State.IDLE;
            backOff(gone);
            answerAll(sentError, gone);
        }
    }

    private void renew() {
        state = State.RENEWING;
        if (inFlight == 0) {
            drained();
        }
    }

    /** Nothing is in flight any more in a session that is to end. */
    private void drained() {
        boolean renewing = state == State.RENEWING;
        NbdClientSession current = session;
        session = null;
        tellEnded();
        drop();
        if (!renewing) {
            state = State.IDLE;
            backOff(refusal);
        }
        if (current != null) {
            current.disconnect().addListener(closed -> renewed());
        }
    }

    /** The old connection is gone, so that a new one is not the second. */
    private void renewed() {
        if (state == State.RENEWING && session == null) {
            state = State.IDLE;
            if (firstWaiting != null || !refreshes.isEmpty()) {
                connect();
            }
        }
    }

    /** As {@link #drop}, but what was sent may still take effect: returns {@code error} with the proof to wait for. */
    private IoError giveUp(IoError error) {
        NbdClientSession current = session;
        IoError sentError = error;
        if (current != null && inFlight > 0) {
            session = null;
            tellEnded();
            sentError = error.unsettled(afterlife.take(current));
        }
        drop();
        return sentError;
    }

    /** Lets go of connection and dial; nothing is answered. */
    private void drop() {
        NbdClientSession current = session;
        session = null;
        if (current != null) {
            tellEnded();
            current.close();
        }
        NbdClientDial dialing = dial;
        dial = null;
        if (dialing != null) {
            dialing.cancel();
        }
        if (drainTimer != null) {
            drainTimer.cancel();
            drainTimer = null;
        }
        inFlight = 0;
    }

    private void tellEnded() {
        users.forEach(NbdDeviceChannel::onSessionEnded);
    }

    private void completeRefreshes() {
        List<CompletableFuture<@Nullable Void>> done = List.copyOf(refreshes);
        refreshes.clear();
        done.forEach(refresh -> refresh.complete(null));
    }

    private void answerAll(IoError sentError, IoError unsentError) {
        firstWaiting = null;
        lastWaiting = null;
        answer(slot -> true, sentError, unsentError);
    }

    /** Answers those of {@code which}; they are out of the table before the first of them can ask anew. */
    private void answer(Predicate<NbdClientSlot> which, IoError sentError, IoError unsentError) {
        record Answer(IoRequest request, IoError error) {}
        List<Answer> answers = new ArrayList<>();
        for (NbdClientSlot slot : pending.occupied(which)) {
            answers.add(new Answer(slot.request(), slot.sent ? sentError : unsentError));
            pending.release(slot);
        }
        answers.forEach(answer -> answer.request.fail(answer.error));
    }

    private void deliver(NbdClientSlot slot) {
        IoRequest request = slot.request();
        IoError error = slot.error;
        if (error != null) {
            pending.release(slot);
            request.fail(error);
            return;
        }
        switch (slot.op) {
            case READ -> deliverData(slot, request);
            case BLOCK_STATUS -> {
                var extents = slot.extents;
                pending.release(slot);
                request.succeed(extents == null ? List.of() : extents);
            }
            default -> {
                pending.release(slot);
                request.succeed();
            }
        }
    }

    private void deliverData(NbdClientSlot slot, IoRequest request) {
        var data = slot.data;
        int headroom = slot.dataHeadroom;
        if (data == null) {
            throw new IllegalStateException("a READ without data was taken for a success");
        }
        slot.data = null;
        pending.release(slot);
        request.succeed(data, headroom);
    }

    private static String clause(DeviceException why) {
        String message = String.valueOf(why.getMessage());
        return message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
    }
}
