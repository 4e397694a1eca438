package io.ropewalk.engine;

import io.netty.buffer.ByteBuf;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import org.jspecify.annotations.Nullable;

/** One request of the engine on its way to a simulated path and back. */
final class SimOp {
    /** Bytes of a block; each holds its version, over and over. */
    static final int BLOCK_BYTES = 32;

    final long id;
    final IoRequest request;
    final SimChannel channel;

    /** The client's request behind it; null for a check. */
    final @Nullable SimLife life;

    final long submitted;
    final long submittedNanos;
    final IoOp op;
    final int firstBlock;
    final int blocks;
    private final boolean durably;

    @Nullable SimSession session;

    /** It left for the server: from now on it may take effect. */
    boolean sent;

    /** The server is done with it, well or not. */
    boolean served;

    /** When. */
    long servedMoment;

    /** Until then others wait for what may still take effect of it; 0 when nothing may, for all that is known. */
    long fencedUntilNanos;

    /** The engine has its answer. */
    boolean decided;

    /** No answer will come by itself. */
    boolean doomed;

    /** What the server answers; null for success. */
    @Nullable IoError refusal;

    /** By block: what a change writes, what a READ returns. */
    private final long[] versions;

    SimOp(long id, IoRequest request, SimChannel channel, @Nullable SimLife life, long submitted, long submittedNanos) {
        this.id = id;
        this.request = request;
        this.channel = channel;
        this.life = life;
        this.submitted = submitted;
        this.submittedNanos = submittedNanos;
        this.op = request.op();
        this.firstBlock = (int) (request.offset() / BLOCK_BYTES);
        this.blocks = (int) (request.length() / BLOCK_BYTES);
        this.durably = request.isFua();
        this.versions = new long[blocks];
    }

    /** Uses the room before the payload, as one who puts a header there. */
    void markHeadroom() {
        if (op == IoOp.WRITE && request.payloadHeadroom() >= Long.BYTES) {
            ByteBuf payload = request.payload();
            payload.setLong(payload.readerIndex() - Long.BYTES, id);
        }
    }

    /** The bytes leave: from here on the payload is not needed any more. */
    void transmit() {
        sent = true;
        switch (op) {
            case WRITE -> readPayload();
            case WRITE_ZEROES -> java.util.Arrays.fill(versions, SimDisk.ZEROES);
            case TRIM -> java.util.Arrays.fill(versions, SimDisk.TRIMMED);
            default -> {}
        }
    }

    private void readPayload() {
        ByteBuf payload = request.payload();
        if (request.payloadHeadroom() >= Long.BYTES && payload.getLong(payload.readerIndex() - Long.BYTES) != id) {
            throw new SimViolation("the headroom of " + this + " was used by another attempt before it was sent");
        }
        for (int i = 0; i < blocks; i++) {
            versions[i] = versionAt(payload, payload.readerIndex() + i * BLOCK_BYTES);
        }
    }

    /** The version in the block at {@code index}; every part of it must tell the same. */
    static long versionAt(ByteBuf buffer, int index) {
        long version = buffer.getLong(index);
        for (int at = index; at < index + BLOCK_BYTES; at += Long.BYTES) {
            if (buffer.getLong(at) != version) {
                throw new SimViolation("torn block: " + version + " and " + buffer.getLong(at));
            }
        }
        return version;
    }

    static void fill(ByteBuf buffer, int blocks, long version) {
        for (int i = 0; i < blocks * BLOCK_BYTES / Long.BYTES; i++) {
            buffer.writeLong(version);
        }
    }

    /** Takes effect on the disk: wholly. */
    void takeEffect(SimDisk disk, int cache) {
        for (int i = 0; i < blocks; i++) {
            takeEffect(disk, cache, i);
        }
        if (op == IoOp.FLUSH) {
            disk.flush(cache);
        }
    }

    /** Takes effect on the disk: perhaps, in each block by itself. */
    void takeEffectInPart(SimDisk disk, int cache, SimRandom random) {
        for (int i = 0; i < blocks; i++) {
            if (random.chance(0.5)) {
                takeEffect(disk, cache, i);
            }
        }
    }

    private void takeEffect(SimDisk disk, int cache, int index) {
        if (op.changesData()) {
            disk.change(firstBlock + index, versions[index], cache, durably);
        } else {
            versions[index] = disk.version(firstBlock + index);
        }
    }

    /** The answer of a READ. */
    void copyTo(ByteBuf data) {
        for (long version : versions) {
            fill(data, 1, version);
        }
    }

    @Override
    public String toString() {
        return "#" + id + " " + op + (op == IoOp.FLUSH ? "" : " " + firstBlock + "+" + blocks) + " on "
                + channel.path().name() + "/" + channel.loop() + (life == null ? " (check)" : " for " + life);
    }
}
