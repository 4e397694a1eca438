package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.Extent;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.RequestRules;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The transmission phase of one session: requests in, replies out, on the session's loop.
 *
 * <p><b>A request's way.</b> {@link #decode} reads the header and admits the request when there is room for it (else the
 * session is not read from until half of the room is free again); once its payload is there too it becomes an {@link
 * NbdServerRequest} and goes to the device. {@link #answered} writes the reply; what a loop's turn has brought leaves
 * with one flush in {@link #endOfTurn}. A WRITE's payload is a slice of the receive buffer with its NBD header still
 * before it, as headroom; a READ's reply header goes into the headroom of the device's buffer where there is enough.
 *
 * <p><b>The end.</b> DISC, a client that closes its side, a device that closes and the server's stop let what is in flight
 * finish, then close the connection. Meanwhile a device that has closed refuses what still comes, and a server that stops
 * drops it ({@link #stop}). Where the client goes without DISC, only what is under way is finished ({@link
 * BlockChannel#abandon}): it may come back and repeat what had no answer. In every case the device's channel is closed
 * after the last answer.
 */
final class NbdTransmission implements DeviceListener {
    /** Longer payloads are not even skipped: such a client is not worth the traffic. */
    private static final long MAXIMUM_SKIPPED_PAYLOAD = 2L * Geometry.MAXIMUM_PAYLOAD_BYTES;

    /**
     * The protocol would allow a BLOCK_STATUS answer of 2^20 extents. A client asks again for what is left, so a short one
     * costs little, and what it takes is known before.
     */
    private static final int MAXIMUM_STATUS_BYTES = 64 << 10;

    private static final int MOST_LOOKS_FOR_QUIET = 16;

    /** What a client that others wait for has to take or send between two looks, or else one whole request. */
    private static final long LEAST_PROGRESS_BYTES = 1 << 20;

    private static final IoError EXPORT_GONE = IoError.of(Kind.SHUTTING_DOWN, "the export is gone");
    private static final IoError UNEXPECTED_PAYLOAD = IoError.of(Kind.INVALID, "the request takes no payload");
    private static final IoError TOO_LONG =
            IoError.of(Kind.INVALID, "WRITE is longer than " + Geometry.MAXIMUM_PAYLOAD_BYTES + " bytes");

    private final NbdSession session;
    private final NbdAgreement agreement;
    private final NbdReplyFormat format;
    private final NbdCommandRules rules;
    private final IoLoop loop;
    private final ChannelHandlerContext context;
    private final NbdSessionOutput output;
    private final NbdSessionMemory memory;
    private final BlockChannel device;
    private final int maximumRequests;
    private final long maximumBytes;
    private final Runnable endOfTurn = this::endOfTurn;

    private @Nullable NbdServerRequest freeRequests;
    private int inFlight;
    private boolean turnScheduled;
    private boolean drainWatched;

    private boolean connected = true;
    private boolean saidDisc;
    private boolean ending;
    private boolean closing;
    private long requestsAtLook = -1;
    private long arrivedAtLook;
    private int looksForQuiet;
    private boolean lookScheduled;
    private @Nullable String endOfRequests;
    private boolean finished;

    /** A payload that nobody wants, and the refusal to send when it is over. */
    private long bytesToSkip;

    private long skippedCookie;
    private long skippedOffset;
    private IoError skippedRefusal = TOO_LONG;

    private long requests;
    private long errors;
    private long bytesRead;
    private long bytesWritten;

    private boolean wasOnClient;
    private long stallRequests;
    private long stallTaken;
    private long stallReceived;

    NbdTransmission(
            NbdSession session,
            NbdAgreement agreement,
            IoLoop loop,
            ChannelHandlerContext context,
            NbdServerOptions options,
            NbdServerBudget budget) {
        this.session = session;
        this.agreement = agreement;
        this.format = agreement.format();
        this.rules = new NbdCommandRules(agreement);
        this.loop = loop;
        this.context = context;
        this.output = new NbdSessionOutput(context);
        this.memory = new NbdSessionMemory(options.maxBytesPerSession(), budget, this::onGranted);
        this.maximumRequests = options.maxRequestsPerSession();
        this.maximumBytes = options.maxBytesPerSession();
        this.device = agreement.export().device().open(loop);
        agreement.export().device().addListener(this);
    }

    int inFlight() {
        return inFlight;
    }

    long requests() {
        return requests;
    }

    long errors() {
        return errors;
    }

    long bytesRead() {
        return bytesRead;
    }

    long bytesWritten() {
        return bytesWritten;
    }

    String exportName() {
        return agreement.export().name();
    }

    NbdAgreement agreement() {
        return agreement;
    }

    // Requests

    /** As {@link MessageReceiver#decode}. */
    int decode(ByteBuf in) {
        if (bytesToSkip > 0) {
            return skip(in);
        }
        int headerLength = format.requestLength();
        if (in.readableBytes() < headerLength) {
            return headerLength;
        }
        int start = in.readerIndex();
        if (in.getInt(start) != format.requestMagic()) {
            throw new NbdServerViolation("the client sent a request without its magic number");
        }
        int flags = in.getUnsignedShort(start + 4);
        int type = in.getUnsignedShort(start + 6);
        long length = format == NbdReplyFormat.EXTENDED ? in.getLong(start + 24) : in.getUnsignedInt(start + 24);
        if (type == Nbd.CMD_DISC) {
            saidDisc = true;
            session.stopReceiving();
            end("the client disconnected");
            return 0;
        }
        long payload = rules.hasPayload(type, flags) ? length : 0;
        if (isUnwanted(type, payload)) {
            return isWritable() ? startSkipping(in, type, payload) : MessageReceiver.PAUSE;
        }
        if (!memory.isAdmitted() && !admit(weight(type, length, payload))) {
            return MessageReceiver.PAUSE;
        }
        int whole = headerLength + (int) payload;
        if (in.readableBytes() < whole) {
            return whole;
        }
        in.skipBytes(whole);
        serve(in, start, type, flags, length, whole);
        return 0;
    }

    private static boolean isUnwanted(int type, long payload) {
        return payload != 0 && (type != Nbd.CMD_WRITE || payload < 0 || payload > Geometry.MAXIMUM_PAYLOAD_BYTES);
    }

    /**
     * With extended headers a payload beyond the bound ends the session, as the protocol recommends; with compact ones
     * it recommends nothing, and the session lives on up to twice the bound.
     */
    private int startSkipping(ByteBuf in, int type, long payload) {
        long bound = format == NbdReplyFormat.EXTENDED ? Geometry.MAXIMUM_PAYLOAD_BYTES : MAXIMUM_SKIPPED_PAYLOAD;
        if (payload < 0 || payload > bound) {
            throw new NbdServerViolation("the client sent a payload of " + Long.toUnsignedString(payload) + " bytes");
        }
        int start = in.readerIndex();
        skippedCookie = in.getLong(start + 8);
        skippedOffset = in.getLong(start + 16);
        skippedRefusal = type == Nbd.CMD_WRITE ? TOO_LONG : UNEXPECTED_PAYLOAD;
        bytesToSkip = payload;
        in.skipBytes(format.requestLength());
        return 0;
    }

    private int skip(ByteBuf in) {
        int skipped = (int) Math.min(bytesToSkip, in.readableBytes());
        in.skipBytes(skipped);
        bytesToSkip -= skipped;
        if (bytesToSkip == 0) {
            requests++;
            // The reply comes after the payload: a client may not expect it earlier.
            refuse(skippedCookie, skippedOffset, skippedRefusal);
        }
        return 0;
    }

    /** What the request and its answer will hold in memory. */
    private static long weight(int type, long length, long payload) {
        return switch (type) {
            // What is longer than any device takes is refused, so it holds nothing.
            case Nbd.CMD_READ -> length < 0 || length > Geometry.MAXIMUM_PAYLOAD_BYTES ? 0 : length;
            case Nbd.CMD_BLOCK_STATUS -> MAXIMUM_STATUS_BYTES;
            default -> payload;
        };
    }

    private boolean admit(long bytes) {
        if (inFlight >= maximumRequests || !isWritable()) {
            return false;
        }
        long unsent = output.unsentBytes();
        return memory.admit(bytes, unsent, inFlight == 0 && unsent == 0);
    }

    /** Whether the client takes its answers; those of this turn are flushed before it is blamed. */
    private boolean isWritable() {
        if (!context.channel().isWritable()) {
            output.flush();
        }
        return context.channel().isWritable();
    }

    private void serve(ByteBuf in, int start, int type, int flags, long length, int whole) {
        requests++;
        long cookie = in.getLong(start + 8);
        long offset = in.getLong(start + 16);
        IoError refusal = ending ? EXPORT_GONE : rules.refusal(type, flags, offset, length);
        if (refusal != null) {
            memory.refuse();
            refuse(cookie, offset, refusal);
            return;
        }
        NbdServerRequest request = takeRequest();
        // A length beyond 63 bits is out of range like any other that is too long.
        long effect = length < 0 ? Long.MAX_VALUE : length;
        switch (type) {
            case Nbd.CMD_WRITE -> {
                int header = format.requestLength();
                ByteBuf payload = in.retainedSlice(start, whole).readerIndex(header);
                NbdSessionMemory.Pin pin = memory.startWrite(in, output.unsentBytes());
                request.write(cookie, offset, NbdCommandRules.ioFlags(type, flags), payload, header, pin);
            }
            default ->
                request.other(
                        NbdCommandRules.operation(type),
                        cookie,
                        offset,
                        effect,
                        NbdCommandRules.ioFlags(type, flags),
                        memory.startAnswer());
        }
        BlockDevice exported = device.device();
        if (request.isLong() && RequestRules.check(request, exported.geometry(), exported.capabilities()) == null) {
            request.cutToFirstPiece();
        }
        inFlight++;
        submit(request);
    }

    private void submit(NbdServerRequest request) {
        try {
            device.submit(request);
        } catch (RuntimeException broken) {
            session.fail("the device " + agreement.export().device().name() + " broke", broken);
            if (request.isPending()) {
                request.fail(IoError.of(Kind.IO, "the device broke", broken));
            }
        }
    }

    // Replies

    private void refuse(long cookie, long offset, IoError refusal) {
        replyError(cookie, offset, NbdErrors.errnoOf(refusal.kind(), IoOp.READ, IoFlags.NONE), refusal.message());
        scheduleEndOfTurn();
    }

    /** The device has answered. */
    void answered(NbdServerRequest request) {
        if (request.hasMore() && (connected || saidDisc)) {
            // Not from here: a device that answers at once would come back here each time.
            loop.execute(() -> {
                request.askNextPiece();
                submit(request);
            });
            return;
        }
        inFlight--;
        try {
            reply(request);
        } catch (RuntimeException broken) {
            session.fail("a reply could not be written", broken);
        }
        request.release(memory);
        request.next = freeRequests;
        freeRequests = request;
        scheduleEndOfTurn();
    }

    private void reply(NbdServerRequest request) {
        IoError error = request.error();
        if (error != null) {
            replyError(request, error);
            return;
        }
        switch (request.op()) {
            case READ -> replyData(request, request.takeData());
            case BLOCK_STATUS -> replyExtents(request);
            case WRITE -> {
                bytesWritten += request.length();
                replyDone(request);
            }
            default -> replyDone(request);
        }
    }

    private void replyError(NbdServerRequest request, IoError error) {
        int errno = isTooLongRead(request, error)
                ? Nbd.EOVERFLOW
                : NbdErrors.errnoOf(error.kind(), request.op(), request.flags());
        replyError(request.cookie(), request.start(), errno, error.message());
    }

    /** EOVERFLOW is for READ where replies come in chunks; elsewhere clients do not know it ("Error values"). */
    private boolean isTooLongRead(NbdServerRequest request, IoError error) {
        return error.kind() == Kind.INVALID
                && request.op() == IoOp.READ
                && format != NbdReplyFormat.SIMPLE
                && request.length() > device.device().geometry().maximumPayloadBytes();
    }

    private void replyError(long cookie, long offset, int errno, String message) {
        errors++;
        if (connected) {
            format.writeError(output.room(NbdReplyFormat.MAXIMUM_OVERHEAD), cookie, offset, errno, message);
        }
    }

    private void replyDone(NbdServerRequest request) {
        if (connected) {
            ByteBuf out = output.room(NbdReplyFormat.MAXIMUM_OVERHEAD);
            format.writeDone(out, request.cookie(), request.start());
        }
    }

    private void replyData(NbdServerRequest request, ByteBuf data) {
        int length = data.readableBytes();
        if (length != request.length()) {
            data.release();
            replyError(request.cookie(), request.start(), Nbd.EIO, "the device answered with a wrong length");
            return;
        }
        if (!connected) {
            data.release();
            return;
        }
        bytesRead += length;
        int headerLength = format.dataHeaderLength();
        int start = data.readerIndex() - headerLength;
        if (request.dataHeadroom() >= headerLength && start >= 0) {
            int end = data.writerIndex();
            data.setIndex(start, start);
            format.writeDataHeader(data, request.cookie(), request.start(), length);
            data.writerIndex(end);
        } else {
            ByteBuf out = output.room(headerLength);
            format.writeDataHeader(out, request.cookie(), request.start(), length);
        }
        output.write(data);
    }

    private void replyExtents(NbdServerRequest request) {
        boolean one = (request.flags() & IoFlags.ONE_EXTENT) != 0;
        List<Extent> extents = request.extents();
        int count = format.sayableExtents(extents, one ? 1 : MAXIMUM_STATUS_BYTES / format.extentLength());
        if (count == 0) {
            replyError(request.cookie(), request.start(), Nbd.EIO, "the device answered without an extent");
        } else if (connected) {
            ByteBuf out = output.room(NbdReplyFormat.MAXIMUM_OVERHEAD + count * format.extentLength());
            int context = NbdNegotiation.ALLOCATION_CONTEXT_ID;
            format.writeExtents(out, request.cookie(), request.start(), context, extents, count);
        }
    }

    private NbdServerRequest takeRequest() {
        NbdServerRequest request = freeRequests;
        if (request == null) {
            return new NbdServerRequest(this);
        }
        freeRequests = request.next;
        request.next = null;
        return request;
    }

    // Turns

    private void scheduleEndOfTurn() {
        if (!turnScheduled) {
            turnScheduled = true;
            loop.atEndOfTurn(endOfTurn);
        }
    }

    private void endOfTurn() {
        turnScheduled = false;
        if (!connected) {
            finishWhenIdle();
            return;
        }
        output.flush();
        if (inFlight == 0) {
            session.releaseUnused();
        }
        settle();
        resumeWhenRoomy();
        String ended = endOfRequests;
        if (ended != null && !session.isPaused()) {
            endOfRequests = null;
            clientHasEnded(ended);
        }
        if (ending && inFlight == 0) {
            closeWhenQuiet();
        }
    }

    /**
     * What the client has sent already is read, and refused or dropped, for a while: a connection that is closed over
     * unread bytes is reset, and answers under way may be lost with it.
     */
    private void closeWhenQuiet() {
        if (lookScheduled) {
            return;
        }
        long arrived = session.undecodedBytes() + session.droppedBytes();
        boolean isQuiet = requests == requestsAtLook && arrived == arrivedAtLook;
        if (session.isPaused() || isQuiet || ++looksForQuiet > MOST_LOOKS_FOR_QUIET) {
            closeConnection();
        } else {
            requestsAtLook = requests;
            arrivedAtLook = arrived;
            lookScheduled = true;
            // One look for each time that the loop has read what there is.
            loop.execute(() -> {
                lookScheduled = false;
                scheduleEndOfTurn();
            });
        }
    }

    private void settle() {
        long unsent = output.unsentBytes();
        memory.settle(unsent);
        if (unsent > 0 && !drainWatched) {
            drainWatched = true;
            output.whenDrained(this::onDrained);
        }
    }

    private void onDrained() {
        drainWatched = false;
        scheduleEndOfTurn();
    }

    private void resumeWhenRoomy() {
        if (session.isPaused() && hasRoom()) {
            session.resume(context);
        }
    }

    private boolean hasRoom() {
        if (memory.isWaiting() || !context.channel().isWritable()) {
            return false;
        }
        long unsent = output.unsentBytes();
        boolean idle = inFlight == 0 && unsent == 0;
        return idle || (inFlight <= maximumRequests / 2 && memory.heldBytes() + unsent <= maximumBytes / 2);
    }

    private void onGranted(long bytes) {
        session.onLoop(() -> {
            memory.grant(bytes);
            if (finished) {
                memory.close();
            } else if (connected) {
                // At once, before the next turn's end finds the lease unused and gives it back.
                session.resume(context);
                scheduleEndOfTurn();
            }
        });
    }

    /** The client takes answers again. */
    void onWritabilityChanged() {
        scheduleEndOfTurn();
    }

    // The end

    /** Answers what is in flight, refuses what still comes to be decoded, then closes. */
    private void end(String reason) {
        session.because(reason);
        ending = true;
        scheduleEndOfTurn();
    }

    /** What is gone does not come back: who still asks is told so. */
    @Override
    public void onClosed(BlockDevice closed) {
        session.onLoop(() -> end(EXPORT_GONE.message()));
    }

    /**
     * The server stops: answers what is in flight, drops what is not yet, then closes. A server that stops is often back
     * soon, and a client that connects again (QEMU's) repeats what had no answer; ESHUTDOWN it would hand on as an error.
     */
    void stop(String reason) {
        session.stopReceiving();
        if (connected) {
            // Paused or not: what is dropped must be received, or else the connection would be reset.
            session.resume(context);
        }
        end(reason);
    }

    /**
     * The client sends no more. Where it has said that it goes, what has arrived is done, also where that has to wait for
     * room; else it may be dead, and back elsewhere.
     */
    void clientHasEnded(String reason) {
        if (session.isPaused() && !ending && isDiscLast()) {
            saidDisc = true;
            endOfRequests = reason;
            return;
        }
        session.stopReceiving();
        abandonUnlessDisc();
        end(reason);
    }

    /** Whether DISC waits to be decoded, or what looks like it. */
    private boolean isDiscLast() {
        ByteBuf last = session.lastUndecoded(format.requestLength());
        return last != null
                && last.getInt(last.readerIndex()) == format.requestMagic()
                && last.getUnsignedShort(last.readerIndex() + 6) == Nbd.CMD_DISC;
    }

    /** Whoever says that it goes is entitled to what it has asked for ("NBD_CMD_DISC"). */
    void abandonUnlessDisc() {
        if (!saidDisc) {
            device.abandon();
        }
    }

    private void closeConnection() {
        if (!closing) {
            closing = true;
            session.stopReceiving();
            output.close();
            session.closeLater();
        }
    }

    /** The connection is gone; what is under way is left to the device. */
    void connectionLost() {
        connected = false;
        session.stopReceiving();
        output.discard();
        abandonUnlessDisc();
        finishWhenIdle();
    }

    /** Gives up on what is in flight. */
    void abort() {
        device.close();
    }

    private void finishWhenIdle() {
        if (inFlight > 0 || finished) {
            return;
        }
        finished = true;
        agreement.export().device().removeListener(this);
        device.close();
        memory.close();
        session.finish();
    }

    /**
     * Whether the client has kept memory busy with too little progress since the last time this was asked, though others
     * wait for memory.
     */
    boolean isStalled() {
        long unsent = connected ? output.unsentBytes() : 0;
        boolean onClient = unsent > 0 || memory.isAdmitted();
        long taken = connected ? output.progressBytes() : 0;
        long received = session.undecodedBytes();
        boolean moved = requests != stallRequests
                || taken - stallTaken >= LEAST_PROGRESS_BYTES
                || received - stallReceived >= LEAST_PROGRESS_BYTES;
        boolean stalled = onClient && wasOnClient && !moved;
        wasOnClient = onClient;
        stallRequests = requests;
        stallTaken = taken;
        stallReceived = received;
        return stalled;
    }
}
